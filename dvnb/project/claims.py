"""dvc's other lock, for file systems without `flock` (`core.hardlink_lock`): who links a claim to its name has it.

A claim is a file that says its own path, and whose mtime is when it ends. Source: dvc's HardlinkLock over flufl.lock
(SPEC 9.1), whose claims say nothing of their owner; those of dvnb are named after host and process.
"""

from __future__ import annotations

import os
import re
import time
from contextlib import suppress

from dvnb.errors import LockedError

LIFETIME_SECONDS = 365 * 86400.0
SLOP_SECONDS = 10.0
"""How much the clocks of machines may differ."""

_OURS = re.compile(r"dvnb-(?P<host>.*)-(?P<pid>\d+)-[0-9a-f]{8}\.lock")


def try_claim(path: str) -> str | None:
    """Take the lock at `path`; the claim, to be given to `release`, or None while another has it.

    Raises: LockedError where no hard links can be made.
    """
    claim = os.path.join(os.path.dirname(path), f"dvnb-{host()}-{os.getpid()}-{os.urandom(4).hex()}.lock")
    with open(claim, "x", encoding="utf-8", errors="surrogateescape") as file:
        file.write(claim)
    try:
        ends = time.time() + LIFETIME_SECONDS
        os.utime(claim, (ends, ends))
        os.link(claim, path)
    except FileExistsError:
        os.unlink(claim)
        _break_outdated(path)
        return None
    except OSError as exc:
        os.unlink(claim)
        raise LockedError(f"cannot lock '{path}' by a hard link, as core.hardlink_lock asks: {exc.strerror}") from exc
    return claim


def release(path: str, claim: str) -> None:
    """Give back the lock at `path`, unless somebody broke it."""
    if _said_by(path) == claim:
        os.unlink(path)
    with suppress(FileNotFoundError):
        os.unlink(claim)


def owner(path: str) -> tuple[str, int] | None:
    """Host and PID of who has the lock, if it is dvnb."""
    match = _OURS.fullmatch(os.path.basename(_said_by(path)))
    return (match["host"], int(match["pid"])) if match else None


def _break_outdated(path: str) -> None:
    """Make way where a claim has ended, or its process on this machine was killed."""
    said = _said_by(path)
    if not _is_outdated(path):
        return
    aside = f"{path}.{os.urandom(4).hex()}"
    with suppress(FileNotFoundError):
        os.rename(path, aside)  # of several who see the same, one moves it
        if _said_by(aside) != said:
            with suppress(FileExistsError):
                os.link(aside, path)  # somebody else's by now
        os.unlink(aside)
        if _OURS.fullmatch(os.path.basename(said)):
            os.unlink(said)


def _is_outdated(path: str) -> bool:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return False
    by = owner(path)
    if by is not None and by[0] == host():
        return not is_alive(by[1])
    # With one name it is no claim, but what `flock` leaves behind.
    return status.st_nlink > 1 and time.time() > status.st_mtime + SLOP_SECONDS


def _said_by(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def host() -> str:
    """This machine's name."""
    uname = getattr(os, "uname", None)  # not on Windows
    return uname().nodename if uname else os.environ.get("COMPUTERNAME", "")


def is_alive(pid: int) -> bool:
    """Whether there is such a process on this machine."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
