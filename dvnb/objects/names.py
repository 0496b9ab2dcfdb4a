"""Names of this machine and of temporary files, and which of them killed processes left behind."""

from __future__ import annotations

import itertools
import os
import re
import time
from zlib import crc32

SUFFIX = ".tmp"
OUTDATED_SECONDS = 86400.0
"""Nobody works on a temporary file any more that did not change for so long, on whatever machine."""

_numbers = itertools.count()
_owners: dict[int, str] = {}
# No name that dvc gives to a temporary file has a zero in it.
_OURS = re.compile(r"\.0(?P<where>[0-9a-f]{5})(?P<pid>[0-9a-f]{6})[0-9a-f]{10,}\.tmp")


def temporary_name() -> str:
    """A name no other file has, as dvc forms them: `.<22 characters>.tmp` (SPEC 2.10); it tells whose it is."""
    pid = os.getpid()
    owner = _owners.get(pid)
    if owner is None:
        owner = _owners[pid] = f"{_here()}{pid:06x}{os.urandom(2).hex()}"
    return f".0{owner}{next(_numbers):06x}{SUFFIX}"


def host_name() -> str:
    """This machine's name."""
    uname = getattr(os, "uname", None)  # not on Windows
    return uname().nodename if uname else os.environ.get("COMPUTERNAME", "")


def is_leftover(name: str, changed: float) -> bool:
    """Whether a file is one of ours that nobody will finish: its process is gone, or on another machine and long ago.

    `changed` is when the file last changed, in seconds since the epoch.
    """
    match = _OURS.fullmatch(name)
    if match is None:
        return False
    if time.time() - changed > OUTDATED_SECONDS:
        return True
    return match["where"] == _here() and not is_alive(int(match["pid"], 16))


def _here() -> str:
    """This machine since it was started, and in it the world where process ids mean something, as of a container."""
    try:
        world = os.readlink("/proc/self/ns/pid")
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            world += file.read()
    except OSError:
        world = ""
    return f"{crc32(f'{host_name()} {world}'.encode(errors='replace')):08x}"[:5]


def is_alive(pid: int) -> bool:
    """Whether a process of this machine has this id."""
    if os.name == "nt":
        return True  # asking would end the process
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
