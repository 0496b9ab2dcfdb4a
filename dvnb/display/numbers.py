"""Metrics and params as tables for a notebook."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from dvnb.display import html
from dvnb.display.html import Part
from dvnb.repo.results import DiffResult, MetricsShowResult
from dvnb.reports.render.values import DEFAULT_PRECISION, change_values, format_value


def metrics(result: MetricsShowResult, args: Namespace) -> Part:
    """A row for each file of each revision, a column for each metric."""
    table = result.table()
    failed = [
        html.note(html.join([html.code(rev), " ", html.badge(_message(shown["error"]), "bad")]))
        for rev, shown in result.revs.items()
        if "error" in shown
    ]
    if not table.rows:
        return html.join(failed) if failed else html.note("There are no metrics.")
    precision = args.precision or DEFAULT_PRECISION
    errors = [entry.get("error") for shown in result.revs.values() for entry in shown.get("data", {}).values()]
    before = table.columns.index("Path") + 1
    cells = [
        [
            *map(html.code, row[: before - 1]),
            html.join([html.code(row[before - 1]), html.badge(_message(error), "bad") if error else ""], " "),
            *(format_value(value, precision) for value in row[before:]),
        ]
        for row, error in zip(table.rows, errors, strict=True)
    ]
    return html.join([html.table(table.columns, cells, numbers=range(before, len(table.columns))), *failed])


def _message(error: Any) -> str:
    return str(error.get("msg") or error.get("type")) if isinstance(error, Mapping) else str(error)


def metrics_diff(result: DiffResult, args: Namespace) -> Part:
    """A row for each metric that changed, with the difference."""
    return _diff(result, args, args.precision or DEFAULT_PRECISION)


def params_diff(result: DiffResult, args: Namespace) -> Part:
    """A row for each param that changed."""
    return _diff(result, args, None)


def _diff(result: DiffResult, args: Namespace, precision: int | None) -> Part:
    table = change_values(result.files, (result.a, result.b), result.what, with_path=not args.no_path)
    if not table.rows:
        return html.note(f"No {result.what.lower()} differs.", "good")
    named = table.columns.index(result.what) + 1
    rows: list[list[Part]] = [
        [
            *map(html.code, row[:named]),
            *(format_value(value, precision) for value in row[named : named + 2]),
            *(_change(value, precision) for value in row[named + 2 :]),
        ]
        for row in table.rows
    ]
    return html.table(table.columns, rows, numbers=range(named, len(table.columns)))


def _change(difference: Any, precision: int | None) -> Part:
    if not isinstance(difference, (int, float)) or not difference:
        return format_value(difference, precision)
    # Whether more is better nobody said, so the colours only tell up from down.
    text = format_value(difference, precision)
    return html.badge(f"▲ {text}", "info") if difference > 0 else html.badge(f"▼ {text}", "warn")
