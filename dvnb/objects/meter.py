"""Progress of long work, told seldom enough to cost nothing."""

from __future__ import annotations

import time

from dvnb.events import Listener, Progress

INTERVAL_SECONDS = 0.1


class Meter:
    """Counts what is done of one task and emits `Progress` at most ten times a second, and once at the end."""

    __slots__ = ("_done", "_emit", "_next", "_task", "_total", "_unit")

    def __init__(self, emit: Listener, task: str, total: int | None, unit: str = "file") -> None:
        self._emit = emit
        self._task = task
        self._total = total
        self._unit = unit
        self._done = 0
        self._next = time.monotonic() + INTERVAL_SECONDS

    def add(self, count: int = 1) -> None:
        """So many more are done."""
        self._done += count
        now = time.monotonic()
        if now >= self._next:
            self._next = now + INTERVAL_SECONDS
            self._emit(Progress(self._task, self._done, self._total, self._unit))

    def finish(self) -> None:
        """All is done: `total` becomes what was done."""
        self._emit(Progress(self._task, self._done, self._done, self._unit))
