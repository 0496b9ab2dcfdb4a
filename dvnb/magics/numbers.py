"""Metrics and params as tables for a notebook."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from dvnb.magics import html
from dvnb.magics.html import Part
from dvnb.repo.results import DiffResult, MetricsShowResult
from dvnb.reports.leaves import flatten
from dvnb.reports.render.values import DEFAULT_PRECISION, format_value


def metrics(result: MetricsShowResult, args: Namespace) -> Part:
    """A row for each file of each revision, a column for each metric."""
    rows: list[tuple[str, str, dict[str, Any] | None, str]] = []
    for rev, shown in result.revs.items():
        if "error" in shown:
            rows.append((rev, "", None, _message(shown["error"])))
        for path, entry in shown.get("data", {}).items():
            error = _message(entry["error"]) if "error" in entry else ""
            rows.append((rev, path, None if error else _leaves(entry.get("data", {})), error))
    if not rows:
        return html.note("There are no metrics.")
    names = sorted({name for _, _, values, _ in rows for name in values or {}})
    with_revs = any(rev for rev, *_ in rows)
    before = ["Revision", "Path"] if with_revs else ["Path"]
    precision = args.precision or DEFAULT_PRECISION
    cells = [
        [
            *([html.code(rev)] if with_revs else []),
            html.join([html.code(path), html.badge(error, "bad") if error else ""], " "),
            *(format_value((values or {}).get(name), precision) for name in names),
        ]
        for rev, path, values, error in rows
    ]
    return html.table([*before, *names], cells, numbers=range(len(before), len(before) + len(names)))


def _message(error: Any) -> str:
    return str(error.get("msg") or error.get("type")) if isinstance(error, Mapping) else str(error)


def _leaves(values: Any) -> dict[str, Any]:
    return dict(flatten(values)) if isinstance(values, Mapping) else {"": values}


def metrics_diff(result: DiffResult, args: Namespace) -> Part:
    """A row for each metric that changed, with the difference."""
    return _diff(result, "Metric", args, args.precision or DEFAULT_PRECISION, with_change=True)


def params_diff(result: DiffResult, args: Namespace) -> Part:
    """A row for each param that changed."""
    return _diff(result, "Param", args, None, with_change=False)


def _diff(result: DiffResult, what: str, args: Namespace, precision: int | None, *, with_change: bool) -> Part:
    rows = [
        [
            *([] if args.no_path else [html.code(path)]),
            html.code(name),
            format_value(change.get("old"), precision),
            format_value(change.get("new"), precision),
            *([_change(change.get("diff"), precision)] if with_change else []),
        ]
        for path, changes in result.files.items()
        for name, change in sorted(changes.items())
    ]
    if not rows:
        return html.note(f"No {what.lower()} differs.", "good")
    before = [what] if args.no_path else ["Path", what]
    headers = [*before, result.a, result.b, *(["Change"] if with_change else [])]
    return html.table(headers, rows, numbers=range(len(before), len(headers)))


def _change(difference: Any, precision: int | None) -> Part:
    if not isinstance(difference, (int, float)) or not difference:
        return format_value(difference, precision)
    # Whether more is better nobody said, so the colours only tell up from down.
    text = format_value(difference, precision)
    return html.badge(f"▲ {text}", "info") if difference > 0 else html.badge(f"▼ {text}", "warn")
