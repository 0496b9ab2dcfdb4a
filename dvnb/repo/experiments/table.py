"""Experiments as a table: a row for each, a column for each param, metric and dep of any of them.

Source: dvc's repo/experiments/show.py (`tabulate`) and compare.py.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from dvnb.errors import TargetError
from dvnb.records import dataclass, field
from dvnb.repo.results.experiments import ExperimentRange, ExperimentState
from dvnb.reports.tables import Table

FIXED = ("Experiment", "rev", "typ", "Created", "parent", "State", "Executor")
BASELINE, INNER, LAST = "baseline", "branch_commit", "branch_base"
_SHORT = 7
_OFTEN_EMPTY = ("parent", "State", "Executor")
_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Value(str):
    """The text of a param or metric; other cells are plain texts."""

    __slots__ = ()


Row = dict[str, Any]


@dataclass(slots=True)
class ExperimentTable:
    """`headers`: the fixed ones, metrics, params, deps, in this order; `rows`: cells by header."""

    headers: list[str]
    metrics: list[str]
    params: list[str]
    deps: list[str]
    rows: list[Row] = field(default_factory=list[Row])


class Look(NamedTuple):
    """How cells look: `fill` where there is nothing, `precision` in significant digits (None: all), times as ISO.

    `raw`: params and metrics as they are, times as moments.
    """

    fill: str | None = "-"
    precision: int | None = None
    iso: bool = False
    error: str | None = "!"
    raw: bool = False


class SortOrder(NamedTuple):
    """The metric or param (`key` or `file:key`) that experiments are sorted by."""

    column: str
    descending: bool = False


def tabulate(states: Sequence[ExperimentState], look: Look, order: SortOrder | None = None) -> ExperimentTable:
    """The table of what `show` found. Raises: TargetError for a column to sort by that is not there, or ambiguous."""
    names = _Names(states)
    # Params of a file hide the metrics of the same file here, as in dvc: their names are not counted.
    counts = Counter(name for keys in (names.metrics | names.params).values() for name in keys)
    counts.update(FIXED)
    metrics, params = _headers(names.metrics, counts), _headers(names.params, counts)
    deps = sorted(names.deps)
    table = ExperimentTable([*FIXED, *metrics, *params, *deps], metrics, params, deps)
    for state in states:
        table.rows.append(_baseline_row(table, names, state, look))
        found = _sorted(state.experiments or [], names, order)
        for number, one in enumerate(found, 1):
            kind = LAST if number == len(found) else INNER
            table.rows.append(_experiment_row(table, names, one, kind, look))
    return table


def values(states: Sequence[ExperimentState]) -> Table:
    """The table with values as they are, without columns that say nothing; rows are known by their revs."""
    found = tabulate(states, Look(fill=None, error=None, raw=True))
    kept = [name for name in found.headers if name not in _OFTEN_EMPTY or any(row[name] for row in found.rows)]
    return Table(kept, [[row[name] for name in kept] for row in found.rows], index="rev")


def check_order(states: Sequence[ExperimentState], order: SortOrder) -> None:
    """Make sure that there is such a column, and only one. Raises: TargetError."""
    _sort_column(order.column, _Names(states))


class _Names:
    """Keys of metrics and params by file, in the order in which they were met, and paths of deps."""

    def __init__(self, states: Sequence[ExperimentState]) -> None:
        self.metrics: dict[str, dict[str, None]] = {}
        self.params: dict[str, dict[str, None]] = {}
        self.deps: set[str] = set()
        for state in states:
            self._add(state)

    def _add(self, state: ExperimentState) -> None:
        if state.data:
            _add_keys(self.metrics, state.data.metrics)
            _add_keys(self.params, state.data.params)
            self.deps.update(state.data.deps)
        for found in state.experiments or ():
            for inner in found.revs:
                self._add(inner)


def _add_keys(known: dict[str, dict[str, None]], files: Mapping[str, Any]) -> None:
    for path, entry in files.items():
        value = entry.get("data", {})
        if isinstance(value, dict):
            known.setdefault(path, {}).update(dict.fromkeys(_leaves(cast("dict[Any, Any]", value))))


def _leaves(value: Mapping[Any, Any], prefix: str = "") -> dict[str, Any]:
    """The leaves of nested mappings by dotted key; lists are leaves too, empty mappings vanish."""
    found: dict[str, Any] = {}
    for key, item in value.items():
        if isinstance(item, Mapping):
            found |= _leaves(cast("Mapping[Any, Any]", item), f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = item
    return found


def _headers(names: Mapping[str, Iterable[str]], counts: Mapping[str, int]) -> list[str]:
    return [name if counts[name] == 1 else f"{path}:{name}" for path, keys in names.items() for name in keys]


def _baseline_row(table: ExperimentTable, names: _Names, state: ExperimentState, look: Look) -> Row:
    row: Row = dict.fromkeys(table.headers, look.fill)
    row |= {"Experiment": "", "rev": state.name or _short(state.rev), "typ": BASELINE, "parent": ""}
    return row | dict(_data_cells(table, names, state, look))


def _experiment_row(table: ExperimentTable, names: _Names, found: ExperimentRange, kind: str, look: Look) -> Row:
    newest = found.revs[0]
    row: Row = dict.fromkeys(table.headers, look.fill)
    row |= {"Experiment": newest.name or "", "rev": _short(newest.rev), "typ": kind, "parent": ""}
    if found.executor:
        row["State"] = str(found.executor["state"]).capitalize()
        if found.executor["name"]:
            row["Executor"] = str(found.executor["name"]).capitalize()
    return row | dict(_data_cells(table, names, newest, look))


def _short(rev: str) -> str:
    return rev[:_SHORT] if _HASH.fullmatch(rev) else rev


def _data_cells(table: ExperimentTable, names: _Names, state: ExperimentState, look: Look) -> Iterator[tuple[str, Any]]:
    if state.data is None:
        return
    yield "Created", format_time(state.data.timestamp, look)
    yield from _value_cells(state.data.metrics, names.metrics, table.metrics, look)
    yield from _value_cells(state.data.params, names.params, table.params, look)
    for path in table.deps:
        if path in state.data.deps:
            yield path, state.data.deps[path]["hash"] or look.fill


def _value_cells(
    files: Mapping[str, Any], names: Mapping[str, Iterable[str]], headers: Sequence[str], look: Look
) -> Iterator[tuple[str, Any]]:
    known = set(headers)
    for path, entry in files.items():
        value = entry.get("data", {})
        leaves: dict[str, Any] = _leaves(cast("dict[Any, Any]", value)) if isinstance(value, dict) else {path: value}
        missing = look.error if entry.get("error") else look.fill
        for name in names.get(path, ()):
            leaf = leaves.get(name)
            shown = missing if leaf is None else leaf
            cell = shown if look.raw else Value(format_leaf(shown, look.precision))
            yield (name if name in known else f"{path}:{name}"), cell


def format_leaf(value: Any, precision: int | None) -> str:
    """A value as text, its floats with `precision` significant digits; in lists they are texts then, as dvc has it."""
    return str(_rounded(value, precision))


def _rounded(value: Any, precision: int | None) -> Any:
    if isinstance(value, float) and precision:
        return f"{value:.{precision}g}"
    if isinstance(value, list):
        return [_rounded(item, precision) for item in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {key: _rounded(item, precision) for key, item in cast("dict[Any, Any]", value).items()}
    return value


def format_time(timestamp: str | None, look: Look) -> str | datetime | None:
    """When something was committed: the time of day if it was today, else the date."""
    if timestamp is None:
        return look.fill
    if look.raw:
        return datetime.fromisoformat(timestamp).astimezone()
    if look.iso:
        return timestamp
    moment = datetime.fromisoformat(timestamp)
    return moment.strftime("%I:%M %p" if moment.date() == datetime.now().date() else "%b %d, %Y")  # noqa: DTZ005


def _sorted(found: list[ExperimentRange], names: _Names, order: SortOrder | None) -> list[ExperimentRange]:
    if order is None:
        return found
    path, name, kind = _sort_column(order.column, names)

    def key(one: ExperimentRange) -> tuple[bool, Any]:
        data = one.revs[0].data
        files: dict[str, Any] = getattr(data, kind) if data else {}
        value = files.get(path, {}).get("data", {})
        leaf = _leaves(cast("dict[Any, Any]", value)).get(name) if isinstance(value, dict) else None
        return leaf is None, 0 if leaf is None else leaf

    return sorted(found, key=key, reverse=order.descending)


def _sort_column(column: str, names: _Names) -> tuple[str, str, str]:
    """File, key and kind of a column given as `key` or `file:key`."""
    kinds = {"metrics": names.metrics, "params": names.params}
    parts = column.split(":")
    splits = {(":".join(parts[:at]), ":".join(parts[at:])) for at in range(1, len(parts))}
    found = {(path, key, kind) for kind, files in kinds.items() for path, key in splits if key in files.get(path, ())}
    if not found:
        key = column.removeprefix(":")
        found = {(path, key, kind) for kind, files in kinds.items() for path in files if key in files[path]}
    if len(found) > 1:
        where = ", ".join(f"{path}:{key}" for path, key, _ in sorted(found))
        raise TargetError(f"Ambiguous sort column '{column}' matched '{where}'")
    if not found:
        raise TargetError(f"Unknown sort column '{column}'")
    return found.pop()
