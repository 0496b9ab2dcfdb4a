"""What Ctrl-C, SIGTERM and the end of a terminal do while stages run."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

PATIENCE_SECONDS = {signal.SIGINT: 10.0, signal.SIGTERM: 5.0}
"""How long commands may take to end after each signal, before a stronger one follows."""

_STRONGER = {signal.SIGINT: signal.SIGTERM, signal.SIGTERM: signal.SIGKILL}
_CAUGHT = ("SIGINT", "SIGTERM", "SIGHUP")


class Interruption:
    """Within a `with`, signals that would end dvnb are given to `note` while stages run (`busy`), as they come.

    In a thread other than the main one, nothing is caught.
    """

    def __init__(self, note: Callable[[int], object], resized: Callable[[], object], busy: Callable[[], bool]) -> None:
        self._note = note
        self._resized = resized
        self._busy = busy
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Catch them."""
        if threading.current_thread() is threading.main_thread():
            for name in _CAUGHT:
                number = getattr(signal, name, None)
                # Whoever has a way of its own of being ended keeps it.
                if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                    self._previous[number] = signal.signal(number, self._caught)
            if hasattr(signal, "SIGWINCH"):
                self._previous[signal.SIGWINCH] = signal.signal(signal.SIGWINCH, self._changed_size)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let them do again what they did before."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _changed_size(self, _number: int, _frame: FrameType | None) -> None:
        self._resized()

    def _caught(self, number: int, _frame: FrameType | None) -> None:
        if not self._busy():
            raise ended_by(number)
        self._note(number)


class Ladder:
    """Which signal the commands get next: the one that came, and stronger ones when it comes again or time runs out."""

    def __init__(self, send: Callable[[int], object]) -> None:
        self._send = send
        self._last: int | None = None
        self._until = 0.0
        self.first: int | None = None
        """The signal that began it."""

    def climb(self, number: int | None = None) -> None:
        """Send the first signal (SIGINT stays SIGINT, all others are SIGTERM), or a stronger one than the last."""
        if self._last is None:
            self.first = number or signal.SIGTERM
            self._last = signal.SIGINT if number == signal.SIGINT else signal.SIGTERM
        else:
            self._last = _STRONGER.get(signal.Signals(self._last), signal.SIGKILL)
        self._until = time.monotonic() + PATIENCE_SECONDS.get(signal.Signals(self._last), 1.0)
        self._send(self._last)

    @property
    def is_due(self) -> bool:
        """Whether what was sent had its time."""
        return self._last is not None and time.monotonic() >= self._until


def ended_by(number: int) -> BaseException:
    """What to raise when a signal ends the work: Ctrl-C, or the exit code that a shell has for the signal."""
    return KeyboardInterrupt() if number == signal.SIGINT else SystemExit(128 + number)
