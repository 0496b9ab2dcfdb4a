"""Nested values as dotted leaves, and what differs between two of them.

Source: dvc's utils/flatten.py and utils/diff.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

Change = dict[str, Any]
"""`{"old": …, "new": …}`, and "diff" where both are numbers. None stands for "not there"."""

UNREADABLE = "unable to parse"


def flatten(value: Mapping[Any, Any]) -> dict[str, Any]:
    """The leaves of `value` by dotted key, in order; empty mappings vanish and lists become text.

    Of two leaves with the same dotted key (`{"a.b": 1, "a": {"b": 2}}`) the last one stays.
    """
    leaves: dict[str, Any] = {}
    _collect(value, "", leaves)
    return leaves


def _collect(value: Mapping[Any, Any], prefix: str, leaves: dict[str, Any]) -> None:
    for key, item in value.items():
        name = f"{prefix}{key}"
        if isinstance(item, Mapping):
            _collect(cast("Mapping[Any, Any]", item), f"{name}.", leaves)
        else:
            leaves[name] = str(cast("list[Any]", item)) if isinstance(item, list) else item


def diff(old: Any, new: Any, *, unchanged: bool = False) -> dict[str, Change]:
    """What differs between two files' values, by dotted key; a file that is one bare value has the key "".

    `{}` stands for a file that is not there. `unchanged` keeps leaves that are equal, too.
    """
    if not isinstance(old, Mapping) and not isinstance(new, Mapping):
        change = _change(_parsed(old), _parsed(new), unchanged=unchanged)
        return {"": change} if change else {}
    before, old_default = _side(old)
    after, new_default = _side(new)
    changes: dict[str, Change] = {}
    for key in sorted({*before, *after}):
        change = _change(before.get(key, old_default), after.get(key, new_default), unchanged=unchanged)
        if change:
            changes[key] = change
    return changes


def _side(value: Any) -> tuple[dict[str, Any], str | None]:
    """The leaves of one side, and what stands for a leaf that it does not have."""
    if isinstance(value, Mapping):
        return flatten(cast("Mapping[Any, Any]", value)), None
    return {}, UNREADABLE if value else None


def _parsed(value: Any) -> Any:
    """A bare text that is JSON as its value; dvc compares `"0.5"` as a number."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value


def _change(old: Any, new: Any, *, unchanged: bool) -> Change | None:
    if isinstance(old, list) and isinstance(new, list):
        olds, news = cast("list[Any]", old), cast("list[Any]", new)
        if len(olds) == len(news) == 1:
            return _change(olds[0], news[0], unchanged=unchanged)
    if not unchanged and old == new:
        return None
    change: Change = {"old": old, "new": new}
    if isinstance(old, (int, float)) and isinstance(new, (int, float)):
        change["diff"] = new - old
    return change
