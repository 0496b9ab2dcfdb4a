"""Metrics and params as the tables that `metrics show`, `metrics diff` and `params diff` print.

Source: dvc's compare.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dvnb.reports.leaves import Change, flatten
from dvnb.reports.render.table import table
from dvnb.reports.sources import Shown
from dvnb.reports.tables import Table

DEFAULT_PRECISION = 5
NOTHING = "-"
METRIC, PARAM = "Metric", "Param"


def metric_values(shown: Shown, *, with_revs: bool = False) -> Table:
    """One row per file, one column per metric of any of them; `with_revs` adds the rev as the first column.

    Files that could not be read have a row without values.
    """
    found: list[tuple[str, str, dict[str, Any]]] = [
        (rev, path, _leaves(entry.get("data", {})))
        for rev, result in shown.items()
        for path, entry in result.get("data", {}).items()
    ]
    names = sorted({name for _, _, values in found for name in values})
    columns = [*(["Revision"] if with_revs else []), "Path", *names]
    rows = [[*([rev] if with_revs else []), path, *(values.get(name) for name in names)] for rev, path, values in found]
    return Table(columns, rows, index=columns[0])


def change_values(
    changes: Mapping[str, Mapping[str, Change]], revs: tuple[str, str], what: str, *, with_path: bool = True
) -> Table:
    """One row per metric or param (`what`): its value in both revs, of metrics also the difference between numbers."""
    sides = _SIDES[:2] if what == PARAM else _SIDES
    rows = [
        [*([path] if with_path else []), name, *(change.get(side) for side in sides)]
        for path, file_changes in changes.items()
        for name, change in sorted(file_changes.items())
    ]
    return Table([*(["Path"] if with_path else []), what, *revs, *([] if what == PARAM else ["Change"])], rows)


def metrics_table(
    shown: Shown, *, precision: int | None = None, with_revs: bool = False, markdown: bool = False
) -> str:
    """The text of `metric_values`, floats rounded to `precision` decimals."""
    return _printed(metric_values(shown, with_revs=with_revs), precision or DEFAULT_PRECISION, markdown=markdown)


def metrics_diff_table(
    changes: Mapping[str, Mapping[str, Change]],
    revs: tuple[str, str] = ("HEAD", "workspace"),
    *,
    precision: int | None = None,
    with_path: bool = True,
    markdown: bool = False,
) -> str:
    """One row per metric: its value in both revs, and the difference where both are numbers."""
    found = change_values(changes, revs, METRIC, with_path=with_path)
    return _printed(found, precision or DEFAULT_PRECISION, markdown=markdown)


def params_diff_table(
    changes: Mapping[str, Mapping[str, Change]],
    revs: tuple[str, str] = ("HEAD", "workspace"),
    *,
    with_path: bool = True,
    markdown: bool = False,
) -> str:
    """One row per param: its value in both revs, in full precision."""
    return _printed(change_values(changes, revs, PARAM, with_path=with_path), None, markdown=markdown)


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


def _leaves(value: Any) -> dict[str, Any]:
    return flatten(cast("Mapping[Any, Any]", value)) if isinstance(value, Mapping) else {"": value}


def _printed(found: Table, precision: int | None, *, markdown: bool) -> str:
    rows = [[format_value(value, precision) for value in row] for row in found.rows]
    return table(found.columns, rows, markdown=markdown)
