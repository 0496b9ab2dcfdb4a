"""From a data file's content to the points of a plot, with x and y worked out where they are not given.

Source: dvc's render/converter/vega.py.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from dvnb.reports.plots.problems import PlotDataError

Point = dict[Any, Any]
Props = dict[str, Any]

STEP = "step"
_X, _Y = "dvc_inferred_x_value", "dvc_inferred_y_value"


class Field(NamedTuple):
    """A column of a data file; no `file`: the number of the point."""

    file: str | None
    name: str


def points_of(plot_id: str, props: Props, content: Mapping[str, Any], rev: str) -> tuple[list[Point], Props]:
    """The points of one rev and the properties to draw them with; `content` is that of the plot's files by path.

    Without any points there are no properties either.
    Raises: PlotDataError for fields that are not there, or files that do not fit together.
    """
    rows = {file: _rows(value) for file, value in content.items()}
    xs = list(_fields(_x_by_file(plot_id, props), rows))
    y_by_file = _y_by_file(plot_id, props, content)
    ys = list(_fields(y_by_file, rows))
    if len(xs) > 1 and len(xs) != len(ys):
        raise PlotDataError(
            "DvcException",
            f"Cannot have different number of x and y data sources. Found {len(xs)} x and {len(ys)} y data sources.",
        )
    several_xs = len({field.name for field in xs}) > 1
    y_names = list(dict.fromkeys(field.name for field in ys))
    shorten = _shortener(field.file or "" for field in ys)
    x_name = _X if several_xs else (xs[0].name if xs else STEP)
    y_name = _Y if len(y_names) > 1 else next(iter(y_names), None)
    found: list[Point] = []
    for at, y in enumerate(ys):
        x = xs[at] if len(xs) > 1 else (xs[0] if xs else Field(None, STEP))
        points = [dict(row) for row in rows.get(y.file or "", [])]
        if y_name == _Y:
            _take(points, _Y, points, y.name)
        _take_x(points, x_name, x, y, rows)
        for point in points:
            point.update({"rev": rev, "filename": shorten(y.file or ""), "field": y.name})
        found.extend(points)
    if not found:
        return [], {}
    drawn = props | {
        "x": x_name,
        "y": y_name,
        "x_label": _x_label(props, xs),
        "y_label": _y_label(props, y_by_file),
        "anchors_y_definitions": [{"filename": shorten(y.file or ""), "field": y.name} for y in ys],
    }
    return found, drawn


def _lists(value: Any) -> Iterator[list[Any]]:
    """Every list in a nested value, lists of lists as they are."""
    if isinstance(value, list):
        yield cast("list[Any]", value)
    elif isinstance(value, Mapping):
        for item in cast("Mapping[Any, Any]", value).values():
            yield from _lists(item)
    else:
        return


def _rows(value: Any) -> list[Point]:
    """The rows of a file: those of all its lists of equal mappings, side by side."""
    found: list[Point] = []
    for items in _lists(value):
        if not _is_table(items):
            continue
        for at, row in enumerate(cast("list[Point]", items)):
            if at == len(found):
                found.append({})
            found[at].update(row)
    return found


def _is_table(items: list[Any]) -> bool:
    """Whether all items are mappings with the keys of the first."""
    if not items or not all(isinstance(item, dict) for item in items):
        return False
    rows = cast("list[Point]", items)
    return set(rows[0]) == {key for row in rows for key in row}


ByFile = dict[str, Any]
"""Data file -> the name of a field, or several."""


def _x_by_file(plot_id: str, props: Props) -> ByFile:
    x, y = props.get("x"), props.get("y")
    if isinstance(x, dict):
        return cast("ByFile", x)
    if not isinstance(x, str):
        return {}
    if not isinstance(y, dict):
        return {plot_id: x}
    # The same field of each y's file, as often as that has ys.
    named = cast("ByFile", y)
    return {file: [x] * len(_names(fields)) if isinstance(fields, list) else x for file, fields in named.items()}


def _y_by_file(plot_id: str, props: Props, content: Mapping[str, Any]) -> ByFile:
    y = props.get("y")
    if isinstance(y, dict):
        return cast("ByFile", y)
    if y is not None:
        return {plot_id: y}
    for items in _lists(content.get(plot_id)):
        if items and all(isinstance(item, dict) for item in items):
            return {plot_id: next(reversed(cast("list[Point]", items)[0]), STEP)}
    return {}


def _names(fields: Any) -> list[str]:
    if isinstance(fields, str):
        return [fields]
    return [str(name) for name in cast("list[Any]", fields)] if isinstance(fields, list) else []


def _fields(by_file: ByFile, rows: Mapping[str, Sequence[Point]]) -> Iterator[Field]:
    for file, fields in by_file.items():
        for name in _names(fields):
            if rows.get(file) and name not in rows[file][0]:
                known = ", ".join(map(str, rows[file][0]))
                raise PlotDataError(
                    "FieldNotFoundError", f"Could not find provided field ('{name}') in data fields ('{known}')."
                )
            yield Field(file, name)


def _take_x(points: list[Point], name: str, x: Field, y: Field, rows: Mapping[str, list[Point]]) -> None:
    if x.file is None:
        for at, point in enumerate(points):
            point[STEP] = at
        return
    if not _take(points, name, rows.get(x.file, []), x.name):
        raise PlotDataError(
            "DvcException",
            f"Cannot join '{x.name}' from '{x.file}' and '{y.name}' from '{y.file}'. They have to have same length.",
        )


def _take(points: list[Point], name: str, source: Sequence[Point], field: str) -> bool:
    """Give each point another name's value, from the row of the same number; False if there are not as many rows."""
    if len(points) != len(source):
        return False
    for point, row in zip(points, source, strict=True):
        if field in row:
            point[name] = row[field]
    return True


def _shortener(files: Iterable[str]) -> Callable[[str], str]:
    """What turns a file into its name below the folder that all of them share; one file alone keeps its whole path."""
    several = set(files)
    start = len(posixpath.commonpath(several)) if len(several) > 1 else 0

    def shorten(file: str) -> str:
        return file[start:].strip("/\\")

    return shorten


def _x_label(props: Props, xs: Sequence[Field]) -> str:
    if props.get("x_label") is not None:
        return props["x_label"]
    names = {field.name for field in xs}
    if not names:
        return STEP
    return names.pop() if len(names) == 1 else "x"


def _y_label(props: Props, y_by_file: ByFile) -> str | None:
    if props.get("y_label") is not None:
        return props["y_label"]
    names = {name for fields in y_by_file.values() for name in _names(fields)}
    if not y_by_file:
        return None
    return names.pop() if len(names) == 1 else "y"
