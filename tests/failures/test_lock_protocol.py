"""Locks between processes: dvnb and stock dvc, killed holders, other machines, hostile and damaged lock files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.events import Event, Warned

HOST = os.uname().nodename

BY_DVNB = """
import sys
from dvnb import Repo
with Repo(wait=5).project.lock():
    print("held", flush=True)
    sys.stdin.read()
"""
BY_DVC = """
import sys
from dvc.repo import Repo
repo = Repo()
with repo.lock:
    print("held", flush=True)
    sys.stdin.read()
"""
HALF = """
import fcntl, sys, time
path = sys.argv[1]
guard = open(path + ".lock", "a")
fcntl.flock(guard, fcntl.LOCK_EX)
with open(path, "w") as file:
    file.write('{"wri')
    file.flush()
    print("half", flush=True)
    time.sleep(1)
    file.write('te": {}, "read": {}}')
"""


@contextmanager
def held(code: str, *args: str) -> Iterator[subprocess.Popen[str]]:
    """A process that says it holds something, and lets go at the end."""
    command = [sys.executable, "-c", code, *args]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(params=[False, True], ids=["flock", "hard links"])
def locked_by(request: pytest.FixtureRequest, repo: Path, dvnb: Any) -> bool:
    """Both kinds of locks."""
    if request.param:
        assert dvnb("config", "core.hardlink_lock", "true").code == 0
        (repo / ".dvc" / "tmp" / "lock").unlink(missing_ok=True)
    return request.param


@pytest.mark.parametrize("holder", [BY_DVNB, BY_DVC], ids=["dvnb", "dvc"])
def test_each_tool_keeps_out_the_other(holder: str, repo: Path, locked_by: bool, dvnb: Any, dvc: Any) -> None:
    with held(holder) as process:
        # Both wait for some seconds, at the same time.
        with subprocess.Popen([sys.executable, "-m", "dvc", "status"], stderr=subprocess.PIPE, text=True) as stock:
            started = time.monotonic()
            done = dvnb("status")
            assert done.code == 255 and "Unable to acquire lock" in done.err
            assert time.monotonic() - started > 2.5
            _, said = stock.communicate()
            assert stock.returncode == 255 and "Unable to acquire lock" in said
        if holder == BY_DVNB or not locked_by:  # a claim of dvc does not tell whose it is
            assert f"held by process {process.pid} on {HOST}" in done.err
        process.stdin.close()
        process.wait()
        assert dvnb("status").code == dvc("status").code == 0


def test_message_names_the_command_of_the_holder(repo: Path, dvnb: Any) -> None:
    with held(BY_DVNB) as process:
        said = dvnb("status").err
        assert f"process {process.pid} on {HOST} ({sys.executable} -c" in said
        assert "--wait-for-lock" in said


@pytest.mark.parametrize("verb", ["status", "add"])
def test_wait_for_lock_waits_as_long_as_it_takes(verb: str, repo: Path, locked_by: bool) -> None:
    (repo / "f").write_text("f")
    command = [sys.executable, "-m", "dvnb", "--wait-for-lock", verb, *(["f"] if verb == "add" else [])]
    with held(BY_DVNB) as process, subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as waiting:
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(4)  # more than the three seconds without the option
        process.stdin.close()
        assert waiting.wait(20) == 0


def test_a_killed_holder_blocks_nobody(repo: Path, locked_by: bool, dvnb: Any, dvc: Any) -> None:
    with held(BY_DVNB) as process:
        process.kill()
        process.wait()
        assert dvnb("status").code == 0
        assert dvc("status").code == 0
    if locked_by:
        assert [path.name for path in (repo / ".dvc" / "tmp").iterdir() if ".lock" in path.name] == []
        assert not (repo / ".dvc" / "tmp" / "lock").exists()


def test_a_claim_of_another_machine_is_not_broken(repo: Path, dvnb: Any) -> None:
    assert dvnb("config", "core.hardlink_lock", "true").code == 0
    lock = repo / ".dvc" / "tmp" / "lock"
    lock.unlink(missing_ok=True)
    claim = lock.with_name("dvnb-elsewhere.example.org-1-01234567.lock")
    claim.write_text(str(claim))
    os.utime(claim, (time.time() + 1000, time.time() + 1000))
    os.link(claim, lock)
    done = dvnb("status")
    assert done.code == 255 and "held by process 1 on elsewhere.example.org." in done.err
    assert claim.exists() and lock.exists()
    os.utime(claim, (time.time() - 11, time.time() - 11))  # dvc says when a claim has ended
    assert dvnb("status").code == 0
    assert not claim.exists() and not lock.exists()


# ---- path locks


def rwlock(root: Path, table: dict[str, Any] | None = None) -> Path:
    path = root / ".dvc" / "tmp" / "rwlock"
    if table is not None:
        path.write_text(json.dumps(table))
    return path


@pytest.fixture
def dead() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_entries_of_the_dead_go_here_and_stay_elsewhere(repo: Path, dead: int, dvnb: Any) -> None:
    for name in ("f", "g"):
        (repo / name).write_text(name)
    elsewhere = {"pid": dead, "cmd": "dvnb repro # on elsewhere.example.org"}
    here = {"pid": dead, "cmd": f"dvnb repro # on {HOST}"}
    path = rwlock(repo, {"write": {str(repo / "f"): here, str(repo / "g"): elsewhere}})
    heard: list[Event] = []
    Repo(listener=heard.append).add("f")
    said = f"Process 'dvnb repro on {HOST}' with (Pid {dead}), in RWLock-file '{repo}/f' had been killed."
    warnings = [event.message for event in heard if isinstance(event, Warned)]
    assert warnings == [f"{said} Auto removed it from the lock file."]
    assert json.loads(path.read_text()) == {"write": {str(repo / "g"): elsewhere}}
    done = dvnb("add", "g")
    assert done.code == 1 and f"(PID {dead}): dvnb repro on elsewhere.example.org" in done.err
    assert not (repo / "g.dvc").exists()
    assert json.loads(path.read_text()) == {"write": {str(repo / "g"): elsewhere}}


def test_dvc_reads_the_entries_of_dvnb(repo: Path, dvc: Any) -> None:
    (repo / "f").write_text("f")
    locks = Repo().project.path_locks
    with locks.hold([], [str(repo / "f")]):
        done = dvc("add", "f")
        assert done.code == 1 and f"(PID {os.getpid()})" in done.err
    assert dvc("add", "f").code == 0


@pytest.mark.parametrize(
    "text", ["", "{", '{"write": {"/x": {"pid": 1}}}', "[]", '{"read": {"/x": 3}}', '{"write": "x"}', "\0\0\0"]
)
def test_a_damaged_rwlock_is_one_clear_error(text: str, repo: Path, dvnb: Any) -> None:
    (repo / "f").write_text("f")
    path = rwlock(repo)
    path.write_text(text)
    done = dvnb("add", "f")
    assert done.code == 1
    assert done.err.count("ERROR") == 1 and str(path) in done.err and "Remove it" in done.err
    assert not (repo / "f.dvc").exists()
    assert path.read_text() == text


def test_a_rwlock_that_dvc_is_writing_is_waited_for(repo: Path) -> None:
    (repo / "f").write_text("f")
    with held(HALF, str(rwlock(repo))):
        Repo().add("f")
    assert (repo / "f.dvc").exists()


# ---- what a cloned repo may bring along


@pytest.mark.parametrize("name", ["lock", "rwlock", "rwlock.lock"])
def test_lock_files_are_never_written_through_a_symlink(
    name: str, repo: Path, tmp_path: Path, git: Callable[..., str], dvnb: Any
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("{}")
    (repo / "dvc.yaml").write_text("stages:\n  s:\n    cmd: echo 1 > out\n    outs: [out]\n")
    (repo / ".dvc" / "tmp" / name).unlink(missing_ok=True)
    (repo / ".dvc" / "tmp" / name).symlink_to(precious)
    done = dvnb("repro")
    if name == "rwlock":
        assert done.code == 0
    else:
        assert done.code != 0 and "is a symlink" in done.err
    assert precious.read_text() == "{}"
