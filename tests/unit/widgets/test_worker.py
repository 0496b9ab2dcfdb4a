"""What a widget does while it is asked for more: one thing after the other, and an end where one is wanted."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import nbformat
import pytest

from dvnb import Repo
from dvnb.errors import BusyPathError, StageFailedError
from dvnb.widgets.widget import Widget
from dvnb.widgets.worker import Worker
from tests.conftest import commit_all

SECONDS = 60


def wait_until(true: Callable[[], object]) -> None:
    for _ in range(SECONDS * 50):
        if true():
            return
        time.sleep(0.02)
    raise AssertionError("waited in vain")


def ask(widget: Widget, action: str, **arguments: Any) -> None:
    """As a front end does; it does not wait."""
    widget._receive(widget, {"do": action, "with": arguments}, [])


@pytest.fixture
def slow(repo: Path) -> Path:
    """A stage `slow` that runs until .dvc/tmp/go is there, after `quick`; both ran once, committed, and are stale."""
    (repo / "dvc.yaml").write_text(
        "stages:\n"
        "  quick:\n    cmd: cat in > quick.txt\n    deps: [in]\n    outs: [quick.txt]\n"
        "  slow:\n    cmd: cat in > slow.txt; until [ -e .dvc/tmp/go ]; do sleep .05; done\n"
        "    deps: [quick.txt]\n    outs: [slow.txt]\n"
    )
    (repo / "in").write_text("first\n")
    (repo / ".dvc" / "tmp" / "go").touch()
    Repo().repro()
    (repo / ".dvc" / "tmp" / "go").unlink()
    commit_all("it ran")
    (repo / "in").write_text("second\n")
    return repo


class Counted(Widget):
    """Its action takes its time, and counts how many are at it at once."""

    ACTIONS = ("count",)
    _esm = "export default {}"
    at_once = most = done = 0

    def load(self) -> dict[str, Any]:
        return {"done": self.done}

    def count(self, seconds: float) -> None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        time.sleep(seconds)
        self.at_once -= 1
        self.done += 1


def test_actions_that_threads_ask_for_at_once_come_one_after_the_other(repo: Path):
    widget = Counted(Repo())
    threads = [threading.Thread(target=widget.act, args=["count"], kwargs={"seconds": 0.02}) for _ in range(4)]
    threads += [threading.Thread(target=ask, args=[widget, "count"], kwargs={"seconds": 0.02}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: widget.done == 8 and not widget.busy)
    assert widget.most == 1
    assert widget.data == {"done": 8}


def test_work_is_done_in_the_order_and_the_context_it_is_asked_in():
    here: ContextVar[int] = ContextVar("here")
    worker, found, go = Worker(), [], threading.Event()
    worker.do(lambda: go.wait(SECONDS))
    for number in range(5):
        here.set(number)
        worker.do(lambda: found.append(here.get()))
    go.set()
    wait_until(lambda: len(found) == 5)
    assert found == [0, 1, 2, 3, 4]


def test_what_fails_does_not_keep_the_rest_from_being_done(capsys: pytest.CaptureFixture[str]):
    worker, found = Worker(), []
    worker.do(lambda: 1 / 0)
    worker.do(lambda: found.append(1))
    wait_until(lambda: found)
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_whoever_asks_goes_on_at_once_and_a_stage_can_be_stopped(slow: Path):
    before = (slow / "slow.txt").read_text(), (slow / "dvc.lock").read_text()
    widget = Repo().stages_widget()
    ask(widget, "run", stage="slow")
    wait_until(lambda: (slow / "slow.txt").exists() and "second" in (slow / "quick.txt").read_text())
    wait_until(lambda: "slow" in widget._kept._begun)
    assert widget.busy == "run"
    ask(widget, "stop")
    wait_until(lambda: not widget.busy)
    assert widget.message["tone"] == "warn"
    assert widget.message["text"] == (
        "interrupted by the user: recorded and kept: quick; did not end, so its outputs are as they were before: slow"
    )
    assert ((slow / "slow.txt").read_text(), "quick" in (slow / "dvc.lock").read_text()) == (before[0], True)
    # What was stopped can be done again.
    (slow / ".dvc" / "tmp" / "go").touch()
    assert widget.act("run", stage="slow"), widget.message
    assert (slow / "slow.txt").read_text() == "second\n"


def test_a_stop_that_comes_when_nothing_is_done_stops_nothing(slow: Path):
    widget = Repo().stages_widget()
    ask(widget, "stop")
    (slow / ".dvc" / "tmp" / "go").touch()
    assert widget.act("run", stage="slow"), widget.message


def test_a_stop_counts_from_the_moment_that_something_is_asked_for():
    worker, found = Worker(), []
    worker.end()
    assert not worker.stop.is_set()
    worker.do(lambda: found.append(worker.stop.wait(SECONDS)))
    worker.end()
    wait_until(lambda: found and worker._thread is None)
    assert found == [True]
    assert not worker.stop.is_set()


def test_a_single_run_of_a_notebook_can_be_stopped(repo: Path):
    cells = ["steps = 1", "import pathlib, time\npathlib.Path('began').touch()\ntime.sleep(300)"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    book.cells[0].metadata["tags"] = ["parameters"]
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(book, "train.ipynb")
    widget = Repo().params_widget("train.ipynb")
    ask(widget, "run_once", values={"steps": "2"})
    wait_until((repo / "began").exists)
    started = time.monotonic()
    ask(widget, "stop")
    wait_until(lambda: not widget.busy)
    assert widget.message == {"tone": "warn", "text": "interrupted by the user"}
    assert time.monotonic() - started < 60


def test_what_a_widget_runs_keeps_its_outs_from_the_cells_of_the_same_kernel(slow: Path):
    widget = Repo().stages_widget()
    ask(widget, "run", stage="slow")
    wait_until(lambda: "slow" in widget._kept._begun)
    with pytest.raises(BusyPathError, match="another thread of this process"):
        Repo().checkout("slow.txt", force=True)
    with pytest.raises(StageFailedError, match="slow.txt' is busy"):
        Repo().repro("slow")
    (slow / ".dvc" / "tmp" / "go").touch()
    wait_until(lambda: not widget.busy)
    assert widget.message["tone"] == "good", widget.message
    assert (slow / "slow.txt").read_text() == "second\n"


def test_a_kernel_that_ends_ends_the_commands_of_its_widgets(slow: Path):
    script = (
        "import atexit, signal, time\nfrom dvnb import Repo\n"
        "atexit.register(lambda: print(time.monotonic() - ends))\n"
        # As a kernel does where no cell runs.
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\nwidget = Repo().stages_widget()\n"
        "widget._receive(widget, {'do': 'run', 'with': {'stage': 'slow'}}, [])\n"
        "while 'slow' not in widget._kept._begun: time.sleep(.02)\n"
        "time.sleep(0.3)\nends = time.monotonic()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 5  # front ends do not wait long before they kill it
    assert (slow / "slow.txt").read_text() == "first\n"
    assert not _running(slow)


def _running(folder: Path) -> list[int]:
    """Processes in a folder, but for this one."""
    found = []
    for pid in (int(name) for name in os.listdir("/proc") if name.isdecimal()):
        try:
            if os.readlink(f"/proc/{pid}/cwd") == os.fspath(folder) and pid != os.getpid():
                found.append(pid)
        except OSError:
            continue
    return found
