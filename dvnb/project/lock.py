"""The repo lock: one process at a time plans or records, dvc and dvnb alike.

Source: dvc's lock.py over zc.lockfile (`flock` on `.dvc/tmp/lock`, SPEC 9.1).
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import contextmanager

from dvnb.errors import LockedError

WAIT_SECONDS = 3.0
RETRY_SECONDS = 0.1


class FileLock:
    """An advisory lock on one file, re-entrant within this object; the file is left behind, holding the last PID."""

    def __init__(self, path: str, *, wait: float | None = WAIT_SECONDS) -> None:
        """`wait` in seconds; None waits for ever."""
        self.path = path
        self.wait = wait
        self._fd: int | None = None
        self._depth = 0

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._depth > 0

    def acquire(self) -> None:
        """Take the lock.

        Raises: LockedError after `wait` seconds, naming the holder.
        """
        if self._depth == 0:
            self._fd = self._wait_for_lock()
        self._depth += 1

    def release(self) -> None:
        """Give the lock back."""
        self._depth -= 1
        if self._depth == 0 and self._fd is not None:
            os.close(self._fd)
            self._fd = None

    @contextmanager
    def hold(self) -> Generator[None]:
        """Hold the lock within a `with`."""
        self.acquire()
        try:
            yield
        finally:
            self.release()

    @contextmanager
    def yielded(self) -> Generator[None]:
        """Let others in within a `with`, however deeply the lock is held, and take it back after it."""
        depth, self._depth = self._depth, 0
        if depth and self._fd is not None:
            os.close(self._fd)
            self._fd = None
        try:
            yield
        finally:
            if depth:
                self._fd = self._wait_for_lock()
                self._depth = depth

    def _wait_for_lock(self) -> int:
        deadline = None if self.wait is None else time.monotonic() + self.wait
        while True:
            fd = _try_lock(self.path)
            if fd is not None:
                return fd
            if deadline is not None and time.monotonic() >= deadline:
                raise LockedError(_busy_message(self.path))
            time.sleep(RETRY_SECONDS)


def _try_lock(path: str) -> int | None:
    """Open and lock `path`; the descriptor, or None while another process holds it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        _flock(fd)
    except OSError:
        os.close(fd)
        return None
    os.ftruncate(fd, 0)
    os.write(fd, f" {os.getpid()}\n".encode())
    return fd


def _flock(fd: int) -> None:
    if os.name == "nt":
        import msvcrt  # the only lock Windows has

        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl  # not on Windows

        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _busy_message(path: str) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            holder = file.read().strip()
    except OSError:
        holder = ""
    held_by = f" It is held by {_describe(holder)}." if holder.isdigit() else ""
    return (
        "Unable to acquire lock. Most likely another DVC process is running or was terminated abruptly."
        f"{held_by} Wait for it to end, or use `--wait-for-lock`."
    )


def _describe(pid: str) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            command = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return f"process {pid}"
    return f"process {pid} ({command})" if command else f"process {pid}"
