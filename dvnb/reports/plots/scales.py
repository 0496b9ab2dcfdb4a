"""Where values lie on an axis, and which of them are named there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

_MOST_NAMES = 12
_LARGEST = 1e300  # beyond, distances have no place in a float
_CLOSEST = 1e-15  # below, relative to the values, distances are nothing but rounding


class Scale(Protocol):
    """An axis from `start` to `end` in pixels."""

    def place(self, value: Any) -> float | None:
        """Where a value lies; None if it has no place."""
        ...

    def ticks(self) -> list[tuple[float, str]]:
        """The places that are named, and their names."""
        ...


def number(value: Any) -> float | None:
    """A value as a number that can be drawn, texts of csv files too; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < _LARGEST else None


class Numbers:
    """Numbers, between round ones."""

    def __init__(self, values: Sequence[float], start: float, end: float, *, zero: bool = False) -> None:
        low, high = (min(values), max(values)) if values else (0.0, 1.0)
        if zero:
            low, high = min(low, 0.0), max(high, 0.0)
        if high - low <= max(abs(low), abs(high)) * _CLOSEST + 1 / _LARGEST:
            margin = abs(low) / 2 or 0.5
            low, high = low - margin, high + margin
        self._step = _round_step((high - low) / 5)
        self._low = math.floor(low / self._step) * self._step
        self._high = math.ceil(high / self._step) * self._step
        self._start, self._end = start, end

    def place(self, value: Any) -> float | None:
        """Where a number lies."""
        found = number(value)
        if found is None:
            return None
        return self._start + (found - self._low) / (self._high - self._low) * (self._end - self._start)

    def ticks(self) -> list[tuple[float, str]]:
        """About five round numbers."""
        count = round((self._high - self._low) / self._step)
        values = [self._low + at * self._step for at in range(count + 1)]
        return [(self.place(value) or 0.0, _short(value, self._step)) for value in values]


class Names:
    """Texts side by side, each in the middle of a band."""

    def __init__(self, values: Sequence[Any], start: float, end: float) -> None:
        self.names = list(dict.fromkeys(str(value) for value in values))
        self._start = start
        self.band = (end - start) / (len(self.names) or 1)

    def place(self, value: Any) -> float | None:
        """The middle of a text's band."""
        try:
            at = self.names.index(str(value))
        except ValueError:
            return None
        return self._start + (at + 0.5) * self.band

    def ticks(self) -> list[tuple[float, str]]:
        """The texts; of very many only some."""
        every = math.ceil(len(self.names) / _MOST_NAMES)
        return [(self._start + (at + 0.5) * self.band, name) for at, name in enumerate(self.names) if at % every == 0]


def scale(values: Sequence[Any], start: float, end: float, *, zero: bool = False) -> Scale:
    """Numbers where all values are numbers, names otherwise; values that are missing do not count."""
    given = [value for value in values if value is not None]
    numbers = [found for value in given if (found := number(value)) is not None]
    if len(numbers) == len(given):
        return Numbers(numbers, start, end, zero=zero)
    return Names(given, start, end)


def _round_step(rough: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next((factor * power for factor in (1, 2, 5) if factor * power >= rough), 10 * power)


def _short(value: float, step: float) -> str:
    rounded = 0.0 if abs(value) < step / 1e6 else value
    return f"{rounded:.6g}"
