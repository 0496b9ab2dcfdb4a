"""Commands that still run though the dvnb that started them was killed: noted while they run, looked for before a run.

So are parts of a command that outlive its end by a signal: shells let what runs in the background ignore Ctrl-C.

A stage's note lies in `.dvc/tmp/dvnb/running`, says which process runs, and goes when that has ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from dvnb.errors import BusyPathError
from dvnb.objects.files import read_if_there
from dvnb.pipeline.running.kept_logs import stage_key
from dvnb.pipeline.stage import Stage
from dvnb.project.claims import host, is_alive
from dvnb.project.project import Project

_FOLDER = ("dvnb", "running")
_PATIENCE_SECONDS = 1.0
"""How long a command may take to end before that is an error: many do at once, since nobody reads what they write."""

_LOOK_SECONDS = 0.05
_LAST_SIGNALS = ((signal.SIGTERM, 2.0), (signal.SIGKILL, 1.0))
"""What the rest of an interrupted command gets, and how long it then may take to end."""

_GONE = frozenset("ZX")
"""States of processes that have ended, in /proc."""


def note_path(project: Project, stage: Stage) -> str:
    """Where it is noted which command of a stage runs."""
    return os.path.join(project.tmp_dir, *_FOLDER, stage_key(project, stage))


def announce(path: str, command: str, env: Mapping[str, str], *, is_group: bool) -> None:
    """Write down that a command is about to start; `is_group`: at the head of a process group of its own.

    Should this process be killed before it can `note` which one that is, `env` tells.
    """
    said = {
        "command": command,
        "is_group": is_group,
        "since": _ticks(),
        "env": {name: env[name] for name in ("DVC_ROOT", "DVC_STAGE") if name in env},
        "host": host(),
        "by": os.getpid(),
    }
    with suppress(OSError):  # without it the command runs as well
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _add(path, said, "w")


def note(path: str, pid: int) -> None:
    """Write down that the announced command runs as this process."""
    found = _process(pid)
    with suppress(OSError):
        _add(path, {"pid": pid, "since": found[2] if found else None}, "a")


def _add(path: str, said: dict[str, Any], mode: str) -> None:
    with open(path, mode, encoding="utf-8") as file:
        file.write(json.dumps(said) + "\n")


def end_rest(path: str) -> None:
    """End what an interrupted command, which has ended itself, left running in its process group."""
    said = _read(path) or {}
    for number, seconds in _LAST_SIGNALS:
        for pid in _rest(said):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        _outlasting(seconds, partial(_rest, said))


def _rest(said: dict[str, Any]) -> list[int]:
    if "pid" not in said or not sys.platform.startswith("linux"):
        return []
    if said["is_group"]:
        return _alive(said)
    ours = os.getpgrp()  # the command shares the terminal's foreground with this process
    found = ((pid, _process(pid)) for pid in _with_environment(said["env"], said["since"]))
    return [pid for pid, process in found if process and process[1] == ours and pid != os.getpid()]


def forget(path: str) -> None:
    """The command has ended."""
    with suppress(OSError):
        os.unlink(path)


def refuse(project: Project, stage: Stage, name: str) -> None:
    """Make sure that no command of the stage, left behind by a dvnb that was killed, still runs and writes.

    Raises: BusyPathError saying which process does.
    """
    _refuse(note_path(project, stage), f"of stage '{name}'")


def refuse_left_by(project: Project, pid: int) -> None:
    """Make sure that no command that this process started still runs, before what it changed is taken back.

    Raises: BusyPathError saying which process does.
    """
    folder = os.path.join(project.tmp_dir, *_FOLDER)
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
        path = os.path.join(folder, name)
        said = _read(path)
        if said is not None and said.get("by") == pid:
            _refuse(path, f"of stage '{name}'")


def _refuse(path: str, of: str) -> None:
    said = _read(path)
    if said is None or said.get("host") != host() or is_alive(said.get("by", 0)):
        return
    pids = _outlasting(_PATIENCE_SECONDS, partial(_alive, said))
    if not pids:
        forget(path)
        return
    target = f"-- -{said['pid']}" if said["is_group"] and "pid" in said else " ".join(map(str, pids))
    raise BusyPathError(
        f"a command {of} still runs, though the dvnb that started it was killed:\n"
        f"  (PID {', '.join(map(str, pids))}): {said['command']}\n\n"
        f"Wait until it has ended, or end it with `kill {target}`, and try again."
    )


def _outlasting(seconds: float, look: Callable[[], list[int]]) -> list[int]:
    """Wait until `look` finds no process; those that are still there after so long."""
    ends = time.monotonic() + seconds
    while (pids := look()) and time.monotonic() < ends:
        time.sleep(_LOOK_SECONDS)
    return pids


def _read(path: str) -> dict[str, Any] | None:
    data = read_if_there(path)
    if data is None:
        return None
    said: dict[str, Any] = {}
    with suppress(ValueError):  # dvnb was killed while it wrote
        for line in data.splitlines():
            said |= json.loads(line)
    return said or None


def _alive(said: dict[str, Any]) -> list[int]:
    """The processes of a note that are still there; a number that has been given out anew is not one of them."""
    pid, since = said.get("pid"), said["since"]
    if not sys.platform.startswith("linux"):
        return [pid] if pid and is_alive(pid) else []
    if pid is None:
        return _with_environment(said["env"], since)
    head = _process(pid)
    if head and head[2] != since:
        return []
    found = [pid] if head and head[0] not in _GONE else []
    if said["is_group"]:
        members = ((number, _process(number)) for number in _processes() if number != pid)
        found += [number for number, other in members if other and other[1] == pid and other[0] not in _GONE]
    return found


def _with_environment(env: dict[str, str], since: int) -> list[int]:
    """The processes that began then or later with these variables."""
    wanted = {f"{name}={value}".encode() for name, value in env.items()}
    found: list[int] = []
    for number in _processes():
        process = _process(number)
        with suppress(OSError):  # somebody else's, or gone
            if process and process[2] >= since and process[0] not in _GONE:
                with open(f"/proc/{number}/environ", "rb") as file:
                    found += [number] * wanted.issubset(file.read().split(b"\0"))
    return found


def _processes() -> Iterator[int]:
    return (int(entry) for entry in os.listdir("/proc") if entry.isdigit())


def _ticks() -> int:
    """Now, as `_process` has the starts of processes."""
    if not sys.platform.startswith("linux"):
        return 0
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * os.sysconf("SC_CLK_TCK"))


def _process(pid: int) -> tuple[str, int, int] | None:
    """State, process group and start (in ticks since the machine's) of a process, as far as the system tells."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            words = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return words[0], int(words[2]), int(words[19])
