"""What a command's standard streams are plugged into, so that its output can be shown and kept at once.

A terminal stays a terminal to the command (a pseudo-terminal that changes no byte), anything else is a pipe. Where both
of dvnb's own streams lead to the same place, the command gets one wire for both: what it writes keeps its order.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import IO

from dvnb.pipeline.running.executor import Output

CHUNK = 1 << 16
LINGER_SECONDS = 1.0
"""How long to wait for the end of the streams once the command has ended: what it left in the background keeps them."""


class Wires:
    """The near ends of a command's streams, and threads that read them into an output; `terminals` are among them."""

    def __init__(self, near: dict[str, IO[bytes] | int | None], terminals: list[int] | None = None) -> None:
        self._near = {stream: end for stream, end in near.items() if end is not None}
        self._terminals = terminals or []
        self._threads: list[threading.Thread] = []

    def read_into(self, output: Output) -> None:
        """Start reading."""
        for stream, near in self._near.items():
            thread = threading.Thread(target=_pump, args=(near, stream, output), daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Nothing was started: close our ends."""
        for near in self._near.values():
            _close(near)

    def resize(self) -> bool:
        """Give the terminals the size that ours has now; whether there are any."""
        for near in self._terminals:
            _copy_size(near)
        return bool(self._terminals)

    def drain(self) -> None:
        """Wait until all that the command wrote is read; what runs on in the background is read on."""
        for thread in self._threads:
            thread.join(LINGER_SECONDS)


def wires_of_pipes() -> tuple[Wires, int, int]:
    """A pipe for each stream; with the ends for the command, its standard output and its standard error."""
    (out, far_out), (err, far_err) = os.pipe(), os.pipe()
    return Wires({"stdout": out, "stderr": err}), far_out, far_err


def wires_like_ours() -> tuple[Wires, int, int]:
    """Terminals where dvnb has them, and one wire for both streams where it has one."""
    near: dict[str, IO[bytes] | int | None] = {}
    terminals: list[int] = []
    far: list[int] = []
    streams = [("stdout", 1)] if _is_same(1, 2) else [("stdout", 1), ("stderr", 2)]
    for stream, ours in streams:
        ends = _pseudo_terminal() if os.isatty(ours) else os.pipe()
        near[stream] = ends[0]
        far.append(ends[1])
        if os.isatty(ours):
            terminals.append(ends[0])
    return Wires(near, terminals), far[0], far[-1]


def _is_same(one: int, other: int) -> bool:
    try:
        first, second = os.fstat(one), os.fstat(other)
    except OSError:  # closed
        return False
    if os.isatty(one) and os.isatty(other):
        return first.st_rdev == second.st_rdev
    return (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino)


def _pseudo_terminal() -> tuple[int, int]:
    """Both ends of a new pseudo-terminal of the size of ours, which passes bytes on as they are."""
    import termios  # only where there are terminals

    near, far = os.openpty()
    mode = termios.tcgetattr(far)
    mode[1] &= ~termios.OPOST
    mode[3] &= ~termios.ECHO
    termios.tcsetattr(far, termios.TCSANOW, mode)
    _copy_size(near)
    return near, far


def _copy_size(terminal: int) -> None:
    import fcntl
    import termios

    with suppress(OSError):  # closed meanwhile
        size = fcntl.ioctl(1 if os.isatty(1) else 2, termios.TIOCGWINSZ, b"\0" * 8)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)


def _pump(near: IO[bytes] | int, stream: str, output: Output) -> None:
    number = near if isinstance(near, int) else near.fileno()
    with suppress(OSError):  # how a pseudo-terminal says that all other ends are closed
        while chunk := os.read(number, CHUNK):
            output.write(chunk, stream)
    _close(near)


def _close(end: IO[bytes] | int) -> None:
    if isinstance(end, int):
        os.close(end)
    else:
        end.close()
