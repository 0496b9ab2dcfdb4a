from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from dvnb.events import CellFinished, CellOutput, CellStarted, Event, ignore_events
from dvnb.notebooks.running.relay import VARIABLE, Receiver, is_rich, receiving, relayed, shown_data
from dvnb.pipeline.running.command import environment

PICTURE = {"output_type": "display_data", "data": {"text/plain": "<Figure>", "image/png": "aGk="}, "metadata": {}}


def sent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a process writes that runs a notebook."""
    said: list[str] = []

    def listener(event: Event) -> None:
        if isinstance(event, CellOutput):
            said.append(event.text)

    monkeypatch.setenv(VARIABLE, str(folder))
    emit = relayed(listener)
    emit(CellStarted("n", 1, 2))
    emit(CellOutput("n", 1, 2, {"output_type": "stream", "name": "stdout", "text": "before \x1b[31mred\n"}))
    emit(CellOutput("n", 1, 2, PICTURE))
    emit(CellOutput("n", 1, 2, {"output_type": "stream", "name": "stdout", "text": "after\n"}))
    emit(CellFinished("n", 1, 2))
    return "".join(said)


@pytest.mark.parametrize("size", [1, 3, 7, 10_000])
def test_pieces_of_any_size_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int):
    text = sent(tmp_path, monkeypatch)
    shown: list[Any] = []
    receiver = Receiver(str(tmp_path), shown.append, shown.append)
    progress = [event for at in range(0, len(text), size) for event in receiver.feed(text[at : at + size])]
    joined: list[Any] = [""]
    for item in shown:
        if isinstance(item, str) and isinstance(joined[-1], str):
            joined[-1] += item
        else:
            joined.append(item)
    assert joined == ["before \x1b[31mred\n", PICTURE, "after\n"]
    assert [(event.done, event.total) for event in progress] == [(0, 2), (1, 2)]


def test_a_terminal_without_a_receiver_sees_no_marks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert relayed(ignore_events) is ignore_events


def test_threads_that_receive_at_once_are_told_each_of_its_own():
    said, met = {}, threading.Barrier(2)

    def receive(name: str) -> None:
        with receiving(ignore_text, ignore_text) as receiver:
            met.wait(60)
            said[name] = environment("/root", name)[VARIABLE] == receiver._folder
            met.wait(60)

    threads = [threading.Thread(target=receive, args=[name]) for name in ("one", "other")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {"one": True, "other": True}
    assert VARIABLE not in environment("/root", "neither")


def ignore_text(_: object) -> None:
    pass


def test_marks_of_others_hide_nothing(tmp_path: Path):
    shown: list[Any] = []
    receiver = Receiver(str(tmp_path), shown.append, shown.append)
    assert list(receiver.feed("a\x1b]dvnb;show;9\x07b\x1b]dvnb;shown\x07c")) == []
    assert "".join(shown) == "abc"


def test_a_widget_of_another_kernel_is_text_here():
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": ["Slider", "(1)"]}
    assert shown_data({"data": widget}) == {"text/plain": "Slider(1)"}
    assert not is_rich({"data": widget})
    assert shown_data({"data": {"application/json": [1, "a"]}}) == {"application/json": [1, "a"]}
