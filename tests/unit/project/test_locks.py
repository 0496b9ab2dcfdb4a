"""The repo lock and the path locks, against a second process and against stock dvc."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import BusyPathError, DvnbError, LockedError
from dvnb.events import Event, Warned
from dvnb.project.lock import FileLock
from dvnb.project.rwlock import PathLocks

HOST = os.uname().nodename

HOLD = """
import fcntl, os, sys
file = open(sys.argv[1], "a+")
fcntl.flock(file, fcntl.LOCK_EX)
file.truncate(0); file.write(f" {os.getpid()}\\n"); file.flush()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "lock")


@pytest.fixture
def holder(path: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its input ends."""
    with hold(path) as process:
        yield process
        process.stdin.close()


def hold(path: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


def can_lock(path: str) -> bool:
    """Whether another process could take the lock now."""
    code = "import fcntl, sys; fcntl.flock(open(sys.argv[1], 'a'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    return subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=False).returncode == 0


# ---- the file lock


def test_held_lock_keeps_others_out_and_says_who_holds_it(path: str, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(LockedError, match=f"Unable to acquire lock.*held by process {holder.pid} on {HOST} "):
        FileLock(path, wait=0).acquire()


def test_lock_is_taken_as_soon_as_it_is_free(path: str, holder: subprocess.Popen[str]) -> None:
    threading.Timer(0.3, holder.stdin.close).start()
    started = time.monotonic()
    with FileLock(path, wait=300).hold():
        assert 0.2 < time.monotonic() - started < 150


def test_lock_is_left_behind_with_the_pid_in_it(path: str) -> None:
    lock = FileLock(path)
    with lock.hold():
        assert lock.held and not can_lock(path)
    assert not lock.held and can_lock(path)
    assert Path(path).read_text() == f" {os.getpid()}\n"


def test_lock_is_reentrant_and_given_back_at_last(path: str) -> None:
    lock = FileLock(path)
    with lock.hold():
        with lock.hold():
            pass
        assert not can_lock(path)
    assert can_lock(path)


def test_yielded_lets_others_in_however_deeply_it_is_held(path: str) -> None:
    lock = FileLock(path)
    with lock.hold(), lock.hold():
        with lock.yielded():
            assert can_lock(path)
        assert lock.held and not can_lock(path)
    assert can_lock(path)


def test_lock_of_a_killed_process_is_free(path: str, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    FileLock(path, wait=1).acquire()


# ---- the path locks


def entry(pid: int) -> dict[str, Any]:
    return {"pid": pid, "cmd": "dvc repro"}


@pytest.fixture
def dead() -> int:
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def heard() -> list[Event]:
    return []


@pytest.fixture
def locks(tmp_path: Path, heard: list[Event]) -> PathLocks:
    return PathLocks(str(tmp_path), heard.append, wait=0)


def test_paths_are_entered_in_dvc_s_shape_and_left(tmp_path: Path, locks: PathLocks) -> None:
    me = {"pid": os.getpid(), "cmd": f"{' '.join(sys.argv)} # on {HOST}"}
    with locks.hold(["/r/dep"], ["/r/out"]):
        assert json.loads((tmp_path / "rwlock").read_text()) == {"write": {"/r/out": me}, "read": {"/r/dep": [me]}}
    assert json.loads((tmp_path / "rwlock").read_text()) == {}


def test_another_thread_of_the_same_process_has_to_wait(tmp_path: Path, locks: PathLocks) -> None:
    found: list[Exception] = []

    def check() -> None:
        try:
            PathLocks(str(tmp_path), locks._emit, wait=0).check(["/r/out"])
        except BusyPathError as error:
            found.append(error)

    with locks.hold([], ["/r/out"]):
        locks.check(["/r/out"])
        thread = threading.Thread(target=check)
        thread.start()
        thread.join()
    assert len(found) == 1


@pytest.mark.parametrize(
    ("table", "read", "write", "blocked"),
    [
        ({"write": {"/r/a": 1}}, ["/r/a"], [], True),
        ({"write": {"/r/a": 1}}, [], ["/r/a"], True),
        ({"write": {"/r/a": 1}}, ["/r/a/below"], [], True),
        ({"write": {"/r/a/below": 1}}, ["/r/a"], [], True),
        ({"write": {"/r/a": 1}}, ["/r/ab"], ["/r/b"], False),
        ({"read": {"/r/a": 1}}, ["/r/a"], [], False),
        ({"read": {"/r/a": 1}}, [], ["/r/a"], True),
        ({"read": {"/r/a/below": 1}}, [], ["/r/a"], True),
    ],
)
def test_who_blocks_whom(
    tmp_path: Path, locks: PathLocks, table: dict[str, Any], read: list[str], write: list[str], blocked: bool
) -> None:
    parent = entry(os.getppid())
    entries = {mode: {path: [parent] if mode == "read" else parent for path in paths} for mode, paths in table.items()}
    (tmp_path / "rwlock").write_text(json.dumps(entries))
    if blocked:
        said = rf"is busy, it is being blocked by:\n  \(PID {os.getppid()}\): dvc repro"
        with pytest.raises(LockedError, match=said), locks.hold(read, write):
            pass
        with pytest.raises(LockedError):
            locks.check(read, write)
    else:
        with locks.hold(read, write):
            held = json.loads((tmp_path / "rwlock").read_text())
            for mode, paths in entries.items():
                assert set(paths) <= set(held[mode])
    left = json.loads((tmp_path / "rwlock").read_text())
    assert left == entries


def test_entries_of_dead_processes_are_removed_with_a_warning(
    tmp_path: Path, locks: PathLocks, heard: list[Event], dead: int
) -> None:
    table = {"write": {"/r/a": entry(dead)}, "read": {"/r/b": [entry(dead), entry(os.getppid())]}}
    (tmp_path / "rwlock").write_text(json.dumps(table))
    with locks.hold(["/r/a", "/r/b"], []):
        pass
    assert json.loads((tmp_path / "rwlock").read_text()) == {"read": {"/r/b": [entry(dead), entry(os.getppid())]}}
    assert [str(dead) in event.message for event in heard if isinstance(event, Warned)] == [True]
    with pytest.raises(LockedError, match=f"PID {os.getppid()}"):
        locks.check([], ["/r/b"])


def test_a_damaged_file_is_refused(tmp_path: Path, locks: PathLocks) -> None:
    (tmp_path / "rwlock").write_text("{")
    with pytest.raises(LockedError, match="JSON structure is corrupted"):
        locks.check(["/r/a"])
    (tmp_path / "rwlock").write_text("[]")
    with pytest.raises(LockedError, match="format error"):
        locks.check(["/r/a"])


# ---- both tools


def test_dvc_waits_for_dvnb_and_dvnb_for_dvc(repo: Path, dvc: Any, dvnb: Any) -> None:
    (repo / "f").write_text("f")
    project = Repo(wait=0)
    with project.project.lock():
        done = dvc("status")
        assert done.code == 255 and "Unable to acquire lock" in done.err
    with hold(str(repo / ".dvc" / "tmp" / "lock")) as process:
        assert project.dag().nodes == []  # as with dvc, only `status` of the questions takes the lock
        # Both wait for some seconds, at the same time.
        with subprocess.Popen([sys.executable, "-m", "dvnb", "status"]) as status:
            with pytest.raises(LockedError, match=f"held by process {process.pid}"):
                project.status()
            assert dvnb("add", "f").code == 1
            assert status.wait() == 255
        process.stdin.close()
    assert dvnb("add", "f").code == 0


def test_add_and_commit_of_a_path_that_a_live_process_writes(repo: Path, dvc: Any, dvnb: Any) -> None:
    (repo / "f").write_text("f")
    (repo / "g").write_text("g")
    rwlock = repo / ".dvc" / "tmp" / "rwlock"
    rwlock.write_text(json.dumps({"write": {str(repo / "f"): entry(os.getppid())}}))
    done = dvnb("add", "f")
    assert done.code == dvc("add", "f").code == 1
    assert f"(PID {os.getppid()}): dvc repro" in done.err
    assert not (repo / "f.dvc").exists()
    assert dvnb("add", "g").code == 0
    assert json.loads(rwlock.read_text()) == {"write": {str(repo / "f"): entry(os.getppid())}}
    rwlock.write_text(json.dumps({"read": {str(repo / "g"): [entry(os.getppid())]}}))
    with pytest.raises(LockedError):
        Repo().commit("g")


def test_a_running_stage_of_dvc_keeps_its_outs_busy(repo: Path, dvnb: Any) -> None:
    (repo / "dvc.yaml").write_text(
        "stages:\n  slow:\n    cmd: echo 1 > out && touch started && sleep 30\n    outs: [out]\n"
    )
    (repo / "free").write_text("free")
    process = subprocess.Popen([sys.executable, "-m", "dvc", "repro"], stdout=subprocess.PIPE, start_new_session=True)
    try:
        for _ in range(300):
            if (repo / "started").exists():
                break
            time.sleep(0.1)
        with pytest.raises(LockedError, match=rf"'out' is busy|out' is busy.*\n  \(PID {process.pid}\)"):
            Repo(wait=0).status()
        before = (repo / ".dvc" / "tmp" / "rwlock").read_text()
        assert dvnb("add", "free").code == 0
        assert (repo / ".dvc" / "tmp" / "rwlock").read_text() == before
    finally:
        os.killpg(process.pid, 9)
        process.communicate()
    heard: list[Event] = []
    assert list(Repo(listener=heard.append).status().stages) == ["slow"]
    assert any(isinstance(event, Warned) and "had been killed" in event.message for event in heard)


def test_others_work_while_a_stage_of_dvnb_runs_and_its_outs_are_busy(repo: Path, dvc: Any) -> None:
    (repo / "dvc.yaml").write_text(
        "stages:\n  slow:\n    cmd: echo 1 > out && touch started && sleep 30\n    outs: [out]\n"
    )
    (repo / "free").write_text("free")
    process = subprocess.Popen([sys.executable, "-m", "dvnb", "repro"], stdout=subprocess.PIPE, start_new_session=True)
    try:
        for _ in range(100):
            if (repo / "started").exists():
                break
            time.sleep(0.1)
        assert dvc("add", "free").code == 0
        done = dvc("status")
        assert done.code == 1 and "is busy, it is being blocked by" in done.err
        for call in (lambda repo: repo.commit(force=True), lambda repo: repo.repro(), lambda repo: repo.status()):
            with pytest.raises(DvnbError, match="is busy, it is being blocked by"):
                call(Repo(wait=0))
    finally:
        os.killpg(process.pid, 9)
        process.communicate()
