"""Trees of values (JSON, YAML, TOML, notebooks): which leaves differ; lists are compared place by place."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any, cast

from dvnb.errors import DvnbError
from dvnb.formats import yamlio
from dvnb.reports.content.found import Side, TreeDiff

KINDS = frozenset((".json", ".yaml", ".yml", ".toml", ".ipynb", ".geojson"))
MOST_BYTES = 64 << 20


class UnreadableTreeError(DvnbError):
    """A file does not parse as what its name promises."""


def is_tree(path: str) -> bool:
    """Whether a file of this name holds a tree of values."""
    return os.path.splitext(path)[1].lower() in KINDS


def compare(path: str, old: Side, new: Side, limit: int) -> TreeDiff:
    """The leaves that differ between two versions; the first `limit` of them by name.

    Raises: UnreadableTreeError.
    """
    before, after = (dict(_leaves(_load(path, side), "")) for side in (old, new))
    found = TreeDiff()
    for place in dict.fromkeys((*before, *after)):
        leaf: dict[str, Any] = {"path": place}
        if place not in after:
            leaf |= {"kind": "removed", "old": before[place]}
            found.removed += 1
        elif place not in before:
            leaf |= {"kind": "added", "new": after[place]}
            found.added += 1
        elif _same(before[place], after[place]):
            continue
        else:
            leaf |= {"kind": "changed", "old": before[place], "new": after[place]}
            found.changed += 1
        if len(found.leaves) < limit:
            found.leaves.append(leaf)
    return found


def _same(old: Any, new: Any) -> bool:
    # 1, 1.0 and true are equal to Python, but not to who reads the file.
    return old == new and type(old) is type(new)


def _load(path: str, side: Side) -> Any:
    assert side.path is not None  # noqa: S101 - only versions that are there are compared
    with open(side.path, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise UnreadableTreeError(f"it is larger than {MOST_BYTES >> 20} MiB")
    suffix = os.path.splitext(path)[1].lower()
    try:
        if suffix in (".yaml", ".yml"):
            return yamlio.load(data, path)
        if suffix == ".toml":
            import tomllib

            return tomllib.loads(data.decode())
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError, DvnbError) as error:
        first = str(error).strip().splitlines() or [type(error).__name__]
        raise UnreadableTreeError(f"{side.where}: {first[0]}") from error


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Leaves by path (`a.b[0]`); an empty mapping or list is a leaf, too."""
    if isinstance(value, dict) and value:
        for key, item in cast("dict[Any, Any]", value).items():
            yield from _leaves(item, f"{place}.{_key(key)}" if place else _key(key))
    elif isinstance(value, list) and value:
        for number, item in enumerate(cast("list[Any]", value)):
            yield from _leaves(item, f"{place}[{number}]")
    else:
        plain = value is None or isinstance(value, (bool, int, float, str, dict, list))
        yield place, value if plain else str(value)  # pyright: ignore[reportUnknownArgumentType]


def _key(key: Any) -> str:
    text = str(key)
    return json.dumps(text) if not text or set(text) & set('.[]"') else text
