"""SIGKILL from outside, at random moments, over and over: at the end all is there, both tools work, nothing is left over."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from survival import Mortal, contents, damaged, picture, temporaries

ROUNDS = 5
FILES = 150


def kill_after(seconds: float, *args: str) -> int:
    """Run dvnb, but not longer than that."""
    with subprocess.Popen([sys.executable, "-m", "dvnb", *args], stderr=subprocess.PIPE, text=True) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        return process.wait()


@pytest.fixture
def large(playground: Path, mortal: Mortal) -> Path:
    """The playground with a folder of many files, some of which are not saved."""
    chance = random.Random(1)
    (playground / "many" / "sub").mkdir(parents=True)
    for number in range(FILES):
        path = playground / "many" / ("sub" if number % 3 else ".") / str(number)
        path.write_bytes(chance.randbytes(chance.choice((10, 3_000, 200_000))))
    assert mortal("add", "many").code == 0
    return playground


def unsaved(root: Path, seed: int) -> None:
    chance = random.Random(seed)
    for number in chance.sample(range(FILES), 20):
        (root / "many" / ("sub" if number % 3 else ".") / str(number)).write_bytes(chance.randbytes(1_000))


CASES: dict[str, tuple[tuple[str, ...], Callable[[Path], None]]] = {
    "add": (("add", "many"), lambda root: unsaved(root, 2)),
    "checkout -f": (("checkout", "-f"), lambda root: unsaved(root, 3)),
    "remove --outs": (("remove", "--outs", "many.dvc"), lambda root: unsaved(root, 4)),
    "pull": (("pull", "-f"), lambda root: shutil.rmtree(root / ".dvc" / "cache")),
    "push": (("push",), lambda _root: None),
}


@pytest.mark.parametrize("name", CASES)
def test_killed_at_random_moments(name: str, large: Path, mortal: Mortal, dvc: Any, tmp_path: Path) -> None:
    command, prepare = CASES[name]
    if name == "pull":
        assert mortal("push").code == 0
    prepare(large)
    kept = contents(large)
    chance = random.Random(name)
    started = time.monotonic()
    assert kill_after(60, "status") == 0
    pace = time.monotonic() - started
    killed = 0
    # The first comes too early for the command to end, however fast it is; the others anywhere.
    for share in [0.05, *(chance.uniform(0.3, 1.5) for _ in range(ROUNDS))]:
        killed += kill_after(share * pace, *command) == -signal.SIGKILL
        assert kept <= contents(large)
        assert temporaries(large) == []
        assert damaged(large / ".dvc" / "cache") == damaged(tmp_path / "remote") == []
        assert mortal("status").code == 0
    assert killed
    if name != "remove --outs" or (large / "many.dvc").exists():
        assert mortal(*command).code == 0
    assert kept <= contents(large)
    assert dvc("status").code == 0
    if name == "push":
        assert dvc("status", "-c", "-q").code == 0
        clone_of_remote(tmp_path, large, dvc)


def clone_of_remote(tmp_path: Path, root: Path, dvc: Any) -> None:
    """What others get who have nothing but git and the remote."""
    clone = tmp_path / "clone"
    shutil.copytree(
        root, clone, symlinks=True, ignore=shutil.ignore_patterns("cache", "tmp", "many", "pics", "data.txt")
    )
    assert dvc("pull", cwd=clone).code == 0
    wanted = {path: value for path, value in picture(root).items() if path.startswith(("many", "pics", "data.txt"))}
    assert {path: picture(clone).get(path) for path in wanted} == wanted


def half_written(path: Path) -> bool:
    """Whether the command has come to its middle; the old out is taken away before."""
    try:
        return path.read_text() == "half\n"
    except FileNotFoundError:
        return False


def end_as_told(message: str) -> None:
    """End the processes that a message says how to end: a group, or those that were found."""
    target = re.search(r"`kill (?:--)?([-\d ]+)`", message)[1]
    for pid in map(int, target.split()):
        os.killpg(-pid, signal.SIGKILL) if pid < 0 else os.kill(pid, signal.SIGKILL)


def test_killed_in_the_middle_of_a_command(playground: Path, mortal: Mortal, dvc: Any) -> None:
    """The stage's own process goes on, and is named until it has ended; what it was to replace is in the trash."""
    (playground / "dvc.yaml").write_text(
        "stages:\n  slow:\n    cmd: test -e ../quick || (echo half > out && sleep 30); echo whole > out\n    outs: [out]\n"
    )
    (playground.parent / "quick").touch()
    assert mortal("repro").code == 0
    (playground / "out").write_text("precious")
    (playground.parent / "quick").unlink()
    command = [sys.executable, "-m", "dvnb", "repro", "-f"]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    kept = contents(playground)
    try:
        while not half_written(playground / "out"):
            assert process.poll() is None
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert kept <= contents(playground)
    for verb in ("undo", "repro"):
        refused = mortal(verb)
        assert refused.code == 255 and "'slow' still runs" in refused.err
    end_as_told(refused.err)
    assert mortal("undo").code == 0
    assert (playground / "out").read_text() == "precious"
    (playground.parent / "quick").touch()
    assert mortal("repro").code == 0
    assert (playground / "out").read_text() == "whole\n"
    assert dvc("status", "-q").code == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the environment of a process")
def test_killed_before_it_is_noted_which_process_runs(playground: Path, mortal: Mortal) -> None:
    (playground / "dvc.yaml").write_text(
        "stages:\n  slow:\n    cmd: sleep 30; echo whole > out\n    outs: [out]\n"
        "  other:\n    cmd: echo 1 > new\n    outs: [new]\n"
    )
    (playground / "out").write_text("precious")
    code = (
        "import os, signal\n"
        "from dvnb import Repo\n"
        "from dvnb.pipeline.running import orphans\n"
        "orphans.note = lambda *said: os.kill(os.getpid(), signal.SIGKILL)\n"
        "Repo().repro('slow')\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    for verb in (["undo"], ["repro", "slow"]):
        refused = mortal(*verb)
        assert refused.code == 255 and "'slow' still runs" in refused.err
    assert mortal("repro", "other").code == 0
    end_as_told(refused.err)
    assert mortal("undo", "--list").code == 0
    assert mortal("undo").code == mortal("undo").code == 0
    assert (playground / "out").read_text() == "precious" and not (playground / "new").exists()
    assert not list((playground / ".dvc" / "tmp" / "dvnb" / "running").iterdir())
