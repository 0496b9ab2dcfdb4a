"""Telling a listener how far a run is: which cell, since when, and how long it may still take."""

from __future__ import annotations

import time
from typing import Any

from dvnb.events import CellFinished, CellOutput, CellRunning, CellStarted, Listener


class CellReports:
    """Reports on the cells of one copy; they are known here by their position in it.

    `numbers` are their numbers in the source notebook (None: added by the run), `runs` says which of them run.
    """

    def __init__(self, notebook: str, numbers: list[int | None], runs: list[bool], emit: Listener) -> None:
        self._notebook = notebook
        self._numbers = numbers
        self._runs = runs
        self._total = sum(number is not None for number in numbers)
        self._emit = emit
        self._began = time.monotonic()
        self._cell_began = self._began
        self._done = 0

    def started(self, at: int) -> None:
        """A cell starts."""
        self._cell_began = time.monotonic()
        if not self._done:
            self._began = self._cell_began
        number = self._numbers[at]
        if self._runs[at] and number is not None:
            self._emit(CellStarted(self._notebook, number, self._total, self._elapsed(), self._remaining()))

    def running(self, at: int, memory: int | None) -> None:
        """A cell is still at it."""
        seconds = round(time.monotonic() - self._cell_began, 3)
        self._emit(CellRunning(self._notebook, self._numbers[at] or 0, self._total, seconds, memory))

    def output(self, at: int, output: dict[str, Any]) -> None:
        """A cell gave an output."""
        self._emit(CellOutput(self._notebook, self._numbers[at] or 0, self._total, output))

    def finished(self, at: int, *, failed: bool) -> None:
        """A cell ended."""
        if not self._runs[at]:
            return
        self._done += 1
        number = self._numbers[at]
        if number is not None:
            seconds = round(time.monotonic() - self._cell_began, 3)
            self._emit(
                CellFinished(self._notebook, number, self._total, seconds, failed, self._elapsed(), self._remaining())
            )

    def _elapsed(self) -> float:
        return round(time.monotonic() - self._began, 3)

    def _remaining(self) -> float | None:
        """As if the other cells took as long as those before them."""
        return round(self._elapsed() / self._done * (sum(self._runs) - self._done), 3) if self._done else None
