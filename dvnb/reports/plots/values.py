"""The data points of figures as one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dvnb.reports.plots.figures import Figure
from dvnb.reports.plots.points import Point
from dvnb.reports.tables import Table

_FIRST = ("figure", "rev")
# What a figure calls an axis that several fields share.
_INFERRED = {"dvc_inferred_x_value": "x", "dvc_inferred_y_value": "y"}


def values(figures: Sequence[Figure]) -> Table:
    """A row for each point: its figure and rev, then its values; pictures have a row, too.

    `filename` and `field` say what is drawn where a figure has several: then their values are also in the column "y".
    Numbers of csv and tsv files, which are texts there, are numbers here.
    """
    rows: list[Point] = []
    for figure in figures:
        rows += [{"figure": figure.name, "rev": image.rev, "filename": image.filename} for image in figure.images]
        rows += [{"figure": figure.name, **_named(point)} for point in figure.points]
    columns = dict.fromkeys([*_FIRST, *(name for row in rows for name in row)])
    by_column = [_typed([row.get(name) for row in rows]) for name in columns]
    return Table([str(name) for name in columns], [list(row) for row in zip(*by_column, strict=True)])


def _named(point: Point) -> Point:
    return {_INFERRED.get(name, name): value for name, value in point.items()}


def _typed(column: list[Any]) -> list[Any]:
    """Texts as numbers where all of them are some; what is empty is missing then."""
    texts = [value for value in column if isinstance(value, str)]
    filled = [value for value in texts if value.strip()]
    for kind in (int, float):
        try:
            numbers = {value: kind(value) for value in filled}
        except ValueError:
            continue
        if not numbers:
            return column
        return [(numbers.get(value) if isinstance(value, str) else value) for value in column]
    return column
