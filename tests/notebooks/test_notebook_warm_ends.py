"""Notebook stages in processes that are kept ready: several at once, stopped from outside, and with a forker gone."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the shell starts all commands")

SECONDS = 60
MEET = """import os, time
open("{own}.here", "w").close()
end = time.monotonic() + 30
while not os.path.exists("{other}.here"):
    assert time.monotonic() < end
    time.sleep(0.02)
warm = b"forker.py" in open(f"/proc/{{os.getppid()}}/cmdline", "rb").read()
open("{own}.txt", "w").write(str(warm))
"""
SLEEP = """import time
open("long.txt", "w").write("half")
open("started", "w").close()
time.sleep(120)
"""
KILL_THE_FORKER_OF_KERNELS = "import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(60)"
KILL_THE_FORKER_OF_RUNS = """import os, time
stat = open(f"/proc/{os.getppid()}/stat").read()
os.kill(int(stat.rpartition(")")[2].split()[1]), 9)
time.sleep(60)
"""


@pytest.fixture
def stages(repo: Path, write_notebook: Any) -> Callable[..., Path]:
    """Write a notebook stage for each name; its out is a text of that name."""

    def write(**bodies: str) -> Path:
        text = "stages:\n"
        for name, body in bodies.items():
            write_notebook(repo / f"{name}.ipynb", body)
            text += f"  {name}: {{cmd: dvnb notebook run {name}.ipynb, deps: [{name}.ipynb], outs: [{name}.txt]}}\n"
        (repo / "dvc.yaml").write_text(text)
        return repo

    return write


def descendants(pid: int) -> list[int]:
    """The processes below one, also those whose parents have sessions of their own."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")  # each thread has its own
    children = [int(word) for task in tasks for word in task.read_text().split()]
    return [each for child in children for each in [child, *descendants(child)]]


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(ready: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_two_at_once(stages: Callable[..., Path], dvnb: Any, status: Any) -> None:
    root = stages(a=MEET.format(own="a", other="b"), b=MEET.format(own="b", other="a"))
    done = dvnb("repro", "-j", "2")
    assert done.code == 0, done.err
    assert ((root / "a.txt").read_text(), (root / "b.txt").read_text()) == ("True", "True")
    assert status(dvnb) == {}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 252), (signal.SIGTERM, 143)])
def test_stopped_while_a_stage_runs(stages: Callable[..., Path], number: int, code: int, home: Path) -> None:
    root = stages(long=SLEEP)
    (root / "long.txt").write_text("old")
    process = subprocess.Popen(
        # whatever the tests were started by
        ["env", "--default-signal=INT", sys.executable, "-m", "dvnb", "repro"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for((root / "started").exists)
        below = descendants(process.pid)
        assert len(below) >= 4  # both forkers, the run, its kernel
        process.send_signal(number)
        _, said = process.communicate(timeout=SECONDS)
    finally:
        process.kill()
    assert process.returncode == code, said
    wait_for(lambda: not any(map(runs, below)))
    assert (root / "long.txt").read_text() == "old"
    assert not (root / "dvc.lock").exists()
    kept = list((root / ".dvc" / "tmp" / "dvnb" / "runs").glob("long-*.ipynb"))
    assert [SLEEP.splitlines()[0] in path.read_text() for path in kept] == [True]


def test_without_a_forker_stages_run_as_ever(stages: Callable[..., Path], dvnb: Any) -> None:
    good = "open('{}.txt', 'w').write('made')"
    root = stages(
        first=KILL_THE_FORKER_OF_KERNELS,
        second=good.format("second"),
        third=KILL_THE_FORKER_OF_RUNS,
        fourth=good.format("fourth"),
    )
    done = dvnb("repro", "-k", "first", "second", "third", "fourth")
    assert done.code == 255
    assert "the kernel of 'first.ipynb' died in cell 1" in done.err
    assert "failed to reproduce stages: 'first' and 'third'" in done.err
    assert [(root / f"{name}.txt").exists() for name in ("first", "second", "third", "fourth")] == [
        False, True, False, True
    ]  # fmt: skip


def test_interrupted_before_the_program_is_there_it_ends_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "program").write_text("raise KeyboardInterrupt")
    start = "import socket, sys; from dvnb.notebooks.warm import run; run.become({'command': sys.argv[1:]}, socket.socket())"
    ended = subprocess.run(
        [sys.executable, "-c", start, str(tmp_path / "program")], capture_output=True, timeout=SECONDS, check=False
    )
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, b"")
