"""Metrics and params as the tables that `metrics show`, `metrics diff` and `params diff` print.

Source: dvc's compare.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dvnb.reports.leaves import Change, flatten
from dvnb.reports.render.table import table
from dvnb.reports.sources import Shown

DEFAULT_PRECISION = 5
NOTHING = "-"


def metrics_table(
    shown: Shown, *, precision: int | None = None, with_revs: bool = False, markdown: bool = False
) -> str:
    """One row per file, one column per metric of any of them; `with_revs` adds the rev as the first column.

    Files that could not be read have a row of dashes.
    """
    rows: list[tuple[str, str, dict[str, str]]] = []
    for rev, result in shown.items():
        for path, entry in result.get("data", {}).items():
            rows.append((rev, path, _formatted_leaves(entry.get("data", {}), precision or DEFAULT_PRECISION)))
    names = sorted({name for _, _, values in rows for name in values})
    headers = [*(["Revision"] if with_revs else []), "Path", *names]
    cells = [
        [*([rev] if with_revs else []), path, *(values.get(name, NOTHING) for name in names)]
        for rev, path, values in rows
    ]
    return table(headers, cells, markdown=markdown)


def metrics_diff_table(
    changes: Mapping[str, Mapping[str, Change]],
    revs: tuple[str, str] = ("HEAD", "workspace"),
    *,
    precision: int | None = None,
    with_path: bool = True,
    markdown: bool = False,
) -> str:
    """One row per metric: its value in both revs, and the difference where both are numbers."""
    rows = [
        [path, name, *(format_value(change.get(side), precision or DEFAULT_PRECISION) for side in _SIDES)]
        for path, file_changes in changes.items()
        for name, change in sorted(file_changes.items())
    ]
    return _table_of_changes(["Path", "Metric", *revs, "Change"], rows, with_path=with_path, markdown=markdown)


def params_diff_table(
    changes: Mapping[str, Mapping[str, Change]],
    revs: tuple[str, str] = ("HEAD", "workspace"),
    *,
    with_path: bool = True,
    markdown: bool = False,
) -> str:
    """One row per param: its value in both revs, in full precision."""
    rows = [
        [path, name, *(format_value(change.get(side)) for side in _SIDES[:2])]
        for path, file_changes in changes.items()
        for name, change in sorted(file_changes.items())
    ]
    return _table_of_changes(["Path", "Param", *revs], rows, with_path=with_path, markdown=markdown)


def format_value(value: Any, precision: int | None = None, *, significant: bool = False) -> str:
    """A leaf as text; floats are rounded to `precision` decimals, or to as many `significant` digits."""
    if value is None:
        return NOTHING
    if isinstance(value, float) and precision:
        return f"{value:.{precision}g}" if significant else str(round(value, precision))
    if isinstance(value, list):
        return str([_rounded(item, precision) for item in cast("list[Any]", value)])
    return str(value)


_SIDES = ("old", "new", "diff")


def _rounded(value: Any, precision: int | None) -> Any:
    return round(value, precision) if isinstance(value, float) and precision else value


def _formatted_leaves(value: Any, precision: int) -> dict[str, str]:
    leaves = flatten(cast("Mapping[Any, Any]", value)) if isinstance(value, Mapping) else {"": value}
    return {name: format_value(leaf, precision) for name, leaf in leaves.items()}


def _table_of_changes(headers: list[str], rows: list[list[str]], *, with_path: bool, markdown: bool) -> str:
    if with_path:
        return table(headers, rows, markdown=markdown)
    return table(headers[1:], [row[1:] for row in rows], markdown=markdown)
