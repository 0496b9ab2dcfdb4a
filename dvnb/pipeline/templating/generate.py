"""The items of a foreach or matrix: the variables of each stage that it generates.

Source: dvc's parsing/__init__.py (ForeachDefinition, MatrixDefinition).
"""

from __future__ import annotations

import itertools
from typing import Any, cast

from dvnb.pipeline.templating.interpolate import to_text
from dvnb.pipeline.templating.variables import Origin, Origins, Path, locate


class Item:
    """The variables of one generated stage (`item`, and where there is one `key`), and where they come from."""

    __slots__ = ("origins", "values")

    def __init__(self, values: dict[str, Any], origins: Origins) -> None:
        self.values = values
        self.origins = origins


class NotIterableError(Exception):
    """The data of a foreach or matrix is neither a list nor a mapping."""

    def __init__(self, data: Any) -> None:
        super().__init__(f"expected list/dictionary, got {type(data).__name__}")


def foreach_items(data: Any, links: Origins) -> dict[str, Item]:
    """Items by the part of the stage's name after the `@`; `links`: where in `data` variables were put whole.

    Raises: NotIterableError.
    """
    items: dict[str, Item] = {}
    if isinstance(data, dict):
        for raw_key, value in cast("dict[Any, Any]", data).items():
            key = to_text(raw_key)
            items[key] = Item({"item": value, "key": key}, _moved(links, (str(raw_key),), ("item",)))
        return items
    if not isinstance(data, list):
        raise NotIterableError(data)
    elements = cast("list[Any]", data)
    by_index = any(isinstance(value, (dict, list)) for value in elements)
    for index, value in enumerate(elements):
        place = (str(index),)
        key = str(index) if by_index else _name(value, links, place)
        items[key] = Item({"item": value}, _moved(links, place, ("item",)))
    return items


def matrix_items(data: dict[str, Any], links: Origins) -> dict[str, Item]:
    """As `foreach_items`, for all combinations of the lists in `data`.

    Raises: NotIterableError.
    """
    axes: list[list[tuple[str, int, Any]]] = []
    for axis, values in data.items():
        # As in dvc, the keys of a mapping and the characters of a literal string are values.
        if not isinstance(values, (dict, list, str)) or (isinstance(values, str) and locate(links, (axis,))):
            raise NotIterableError(values)
        listed: list[Any] = list(cast("list[Any]", values))
        axes.append([(axis, index, value) for index, value in enumerate(listed)])
    items: dict[str, Item] = {}
    for combination in itertools.product(*axes):
        parts: list[str] = []
        origins: dict[Path, Origin] = {}
        for axis, index, value in combination:
            place = (axis, str(index))
            parts.append(f"{axis}{index}" if isinstance(value, (dict, list)) else _name(value, links, place))
            if isinstance(data[axis], list):
                origins.update(_moved(links, place, ("item", axis)))
        key = "-".join(parts)
        items[key] = Item({"key": key, "item": {axis: value for axis, _, value in combination}}, origins)
    return items


def _name(value: Any, links: Origins, place: Path) -> str:
    # dvc writes a literal true as "true", one that comes from a variable as "True".
    return str(value) if locate(links, place) else to_text(value)


def _moved(links: Origins, place: Path, to: Path) -> dict[Path, Origin]:
    """The origins of what lies at `place`, for the same value at `to`."""
    moved: dict[Path, Origin] = {}
    base = locate(links, place)
    if base:
        moved[to] = base
    depth = len(place)
    for path, origin in links.items():
        if len(path) > depth and path[:depth] == place:
            moved[to + path[depth:]] = origin
    return moved
