"""The repo lock: one process at a time plans or records, dvc and dvnb alike.

Source: dvc's lock.py over zc.lockfile (`flock` on `.dvc/tmp/lock`, SPEC 9.1).
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from dvnb.errors import LockedError
from dvnb.project import claims

WAIT_SECONDS = 3.0
RETRY_SECONDS = 0.1

_BUSY = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)


class FileLock:
    """An advisory lock on one file, re-entrant within this object; the file is left behind, holding the last PID.

    `hard_links`: the other way of locking, which leaves nothing (claims.py).
    """

    def __init__(self, path: str, *, wait: float | None = WAIT_SECONDS, hard_links: bool = False) -> None:
        """`wait` in seconds; None waits for ever."""
        self.path = path
        self.wait = wait
        self._hard_links = hard_links
        self._token: int | str | None = None
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
            self._token = self._wait_for_lock(self.wait)
        self._depth += 1

    def release(self) -> None:
        """Give the lock back."""
        self._depth -= 1
        if self._depth == 0:
            self._let_go()

    @contextmanager
    def hold(self) -> Generator[None]:
        """Hold the lock within a `with`."""
        self.acquire()
        try:
            yield
        finally:
            self.release()

    @contextmanager
    def yielded(self, tell: Callable[[str], object] | None = None) -> Generator[None]:
        """Let others in within a `with`, however deeply the lock is held, and take it back after it.

        `tell`: take it back whatever time it takes, and tell who has it if it is longer than `wait`.
        """
        depth, self._depth = self._depth, 0
        if depth:
            self._let_go()
        try:
            yield
        finally:
            if depth:
                self._token = self._take_back(tell)
                self._depth = depth

    def _take_back(self, tell: Callable[[str], object] | None) -> int | str:
        try:
            return self._wait_for_lock(self.wait)
        except LockedError as error:
            if tell is None:
                raise
            tell(str(error))
            return self._wait_for_lock(None)

    def _let_go(self) -> None:
        token, self._token = self._token, None
        if isinstance(token, int):
            os.close(token)
        elif token is not None:
            claims.release(self.path, token)

    def _wait_for_lock(self, wait: float | None) -> int | str:
        deadline = None if wait is None else time.monotonic() + wait
        attempt: Callable[[str], int | str | None] = claims.try_claim if self._hard_links else _try_lock
        while True:
            token = attempt(self.path)
            if token is not None:
                return token
            if deadline is not None and time.monotonic() >= deadline:
                raise LockedError(_busy_message(self.path, hard_links=self._hard_links))
            time.sleep(RETRY_SECONDS)


@contextmanager
def alone(path: str, wait: float | None = WAIT_SECONDS) -> Generator[None]:
    """Keep others out within a `with` for the moment that a small file takes to be read and written again.

    Nobody is kept out where nothing can be locked: it may be just that which is being set right.

    Raises: LockedError after `wait` seconds.
    """
    try:
        descriptor = _try_lock(path)
    except (LockedError, OSError):
        yield
        return
    if descriptor is None:
        with FileLock(path, wait=wait).hold():
            yield
        return
    try:
        yield
    finally:
        os.close(descriptor)


def _try_lock(path: str) -> int | None:
    """Open and lock `path`; the descriptor, or None while another process holds it.

    Raises: LockedError where nothing can be locked, or the file is a symlink, as a hostile repo may have one.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    try:
        fd = os.open(path, flags, 0o666)
    except OSError as exc:
        if os.path.islink(path):
            raise LockedError(f"'{path}' is a symlink, which no lock ever is: remove it") from exc
        raise
    try:
        if not _flock(fd):
            os.close(fd)
            return None
        os.ftruncate(fd, 0)
        with suppress(OSError):  # on a full disk: the PID is only for the message of who waits
            os.write(fd, f" {os.getpid()}\n".encode())
    except BaseException:
        os.close(fd)
        raise
    return fd


def _flock(fd: int) -> bool:
    """Lock an open file, if nobody else does. Raises: LockedError where there are no locks."""
    try:
        if os.name == "nt":
            import msvcrt  # the only lock Windows has

            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl  # not on Windows

            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        if exc.errno in _BUSY:
            return False
        raise LockedError(
            f"the file system of '.dvc/tmp' has no locks ({exc.strerror}): run 'dvnb config core.hardlink_lock true'"
        ) from exc
    return True


def _busy_message(path: str, *, hard_links: bool) -> str:
    by = claims.owner(path) if hard_links else (claims.host(), _holder(path))
    held_by = f" It is held by {_describe(*by)}." if by and by[1] else ""
    return (
        "Unable to acquire lock. Most likely another DVC process is running or was terminated abruptly."
        f"{held_by} Wait for it to end, or use `--wait-for-lock`."
    )


def _holder(path: str) -> int:
    """PID of who holds a lock by `flock`: as the system tells, else as the file says; 0 if neither does."""
    try:
        inode = str(os.stat(path).st_ino)
        with open("/proc/locks", encoding="ascii") as file:
            # 7: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF
            rows = [line.split() for line in file]
        found = [row[4] for row in rows if row[1] == "FLOCK" and row[5].rpartition(":")[2] == inode]
        if len(found) == 1 and int(found[0]) > 0:
            return int(found[0])
    except (OSError, ValueError, IndexError):
        pass
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            said = file.read().strip()
    except OSError:
        return 0
    return int(said) if said.isdecimal() and said.isascii() else 0


def _describe(host: str, pid: int) -> str:
    here = f"process {pid} on {host}"
    if host != claims.host():
        return here
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            command = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return here
    return f"{here} ({command})" if command else here
