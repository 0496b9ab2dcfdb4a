"""What the cells of a notebook show, on its way from the process that runs them to the cell that asked for it.

Whoever captures the output of a notebook stage sets DVNB_OUTPUTS to a folder. Pictures and tables are then laid there,
and marks in the output say when they come and how far the run is. A mark is an escape sequence that terminals and
people do not see: `ESC ] dvnb ; … BEL`. What a terminal would show instead of a picture stands between two marks.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from dvnb.events import CellFinished, CellOutput, CellStarted, Event, Listener, Progress
from dvnb.pipeline.running.command import ADDED

VARIABLE = "DVNB_OUTPUTS"

_START, _END = "\x1b]dvnb;", "\x07"
_MARK = re.compile(re.escape(_START) + r"(?P<kind>\w+)(?:;(?P<one>\d+))?(?:;(?P<two>\d+))?" + _END)
_TASK = "cells"
_WIDGET = "application/vnd.jupyter.widget-view+json"


def relayed(emit: Listener) -> Listener:
    """A listener that also lays outputs where DVNB_OUTPUTS says, and puts marks; `emit` itself where nothing does.

    The kernel that is started next does not see the variable: what it starts is not asked for.
    """
    folder = os.environ.pop(VARIABLE, None)
    return _Sender(folder, emit) if folder and os.path.isdir(folder) else emit


class _Sender:
    def __init__(self, folder: str, emit: Listener) -> None:
        self._folder = folder
        self._emit = emit
        self._count = 0

    def __call__(self, event: Event) -> None:
        if isinstance(event, CellOutput) and is_rich(event.output):
            self._count += 1
            with open(os.path.join(self._folder, f"{self._count}.json"), "w", encoding="utf-8") as file:
                json.dump(event.output, file)
            self._mark(event, f"show;{self._count}")
            self._emit(event)
            self._mark(event, "shown")
            return
        self._emit(event)
        if isinstance(event, CellStarted):
            self._mark(event, f"cell;{event.index - 1};{event.total}")
        elif isinstance(event, CellFinished):
            self._mark(event, f"cell;{event.index};{event.total}")

    def _mark(self, event: CellStarted | CellFinished | CellOutput, text: str) -> None:
        output = {"output_type": "stream", "name": "stdout", "text": f"{_START}{text}{_END}"}
        self._emit(CellOutput(event.notebook, event.index, event.total, output))


class Receiver:
    """Takes marked text apart, piece by piece, as it comes from a process told to use `folder`."""

    def __init__(self, folder: str, say: Callable[[str], object], show: Callable[[dict[str, Any]], object]) -> None:
        self._folder = folder
        self._say = say
        self._show = show
        self._rest = ""
        self._hidden = False

    def feed(self, text: str) -> Iterator[Progress]:
        """Show what came; how far the run is."""
        text = self._rest + text
        at = 0
        for mark in _MARK.finditer(text):
            self._tell(text[at : mark.start()])
            at = mark.end()
            if mark["kind"] == "cell" and mark["two"]:
                yield Progress(_TASK, int(mark["one"]), int(mark["two"]), "cell")
            elif mark["kind"] in ("show", "shown"):
                self._hidden = mark["kind"] == "show" and self._shown(mark["one"] or "")
        self._rest = _begun_mark(text[at:])
        self._tell(text[at : len(text) - len(self._rest)])

    def _tell(self, text: str) -> None:
        if text and not self._hidden:
            self._say(text)

    def _shown(self, number: str) -> bool:
        try:
            with open(os.path.join(self._folder, f"{number}.json"), encoding="utf-8") as file:
                output = json.load(file)
        except (OSError, ValueError):  # somebody else's mark
            return False
        self._show(output)
        return True


@contextmanager
def receiving(say: Callable[[str], object], show: Callable[[dict[str, Any]], object]) -> Iterator[Receiver]:
    """What notebook stages tell that this thread runs: feed their output to it; `say` gets text, `show` pictures."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="dvnb-outputs-") as folder:
        before = ADDED.set({**ADDED.get(), VARIABLE: folder})
        try:
            yield Receiver(folder, say, show)
        finally:
            ADDED.reset(before)


def is_rich(output: dict[str, Any]) -> bool:
    """Whether an output is a picture, a table or the like."""
    return any(mime != "text/plain" for mime in shown_data(output))


def shown_data(output: dict[str, Any]) -> dict[str, Any]:
    """What another kernel's notebook can show of an output, by mime type: a widget's model is not there."""
    found: dict[str, Any] = output.get("data", {})
    return {
        mime: "".join(part) if isinstance(part, list) and not mime.endswith("json") else part
        for mime, part in found.items()
        if mime != _WIDGET
    }


def _begun_mark(text: str) -> str:
    """The end of `text` that may be the beginning of a mark."""
    at = text.rfind("\x1b")
    end = text[at:] if at >= 0 else ""
    begun = _START.startswith(end) or (end.startswith(_START) and _END not in end)
    return end if end and begun and len(end) < len(_START) + 32 else ""
