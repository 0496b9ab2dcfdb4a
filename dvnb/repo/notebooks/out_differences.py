"""Outs and metrics of a clean run beside those on the disk."""

from __future__ import annotations

import filecmp
import os
from typing import Any

from dvnb.errors import DvnbError, FormatError
from dvnb.notebooks.review.outputs import close, same_text
from dvnb.pipeline.params import load_params
from dvnb.repo.results import Difference

_TREES = (".json", ".yaml", ".yml", ".toml")
_TEXTS = (".csv", ".tsv", ".txt", ".md", ".jsonl", ".svg", ".html")
_MOST_BYTES = 64 << 20


def compare_out(text: str, old: str, new: str, tolerance: float) -> list[Difference]:
    """How the out `text` differs: `old` and `new` are its places (absolute), files or folders; both exist.

    Numbers within `tolerance` are equal, in files of text and of values.
    """
    if os.path.isdir(old) or os.path.isdir(new):
        return _compare_folders(text, old, new, tolerance)
    if filecmp.cmp(old, new, shallow=False):
        return []
    if new.endswith(_TREES):
        found = _compare_values(text, old, new, tolerance)
        if found is not None:
            return found
    if tolerance and new.endswith(_TEXTS) and max(os.path.getsize(old), os.path.getsize(new)) <= _MOST_BYTES:
        try:
            if same_text(_read(old).decode(), _read(new).decode(), tolerance):
                return []
        except UnicodeDecodeError:
            pass
    return _compare_content(text, old, new)


def _compare_folders(text: str, old: str, new: str, tolerance: float) -> list[Difference]:
    if os.path.isdir(old) != os.path.isdir(new):
        return [Difference("out", text, note="one is a file, the other a folder")]
    before, after = _members(old), _members(new)
    found = [Difference("out", f"{text}/{path}", note="only the disk has it") for path in sorted(before - after)]
    found += [Difference("out", f"{text}/{path}", note="only the clean run made it") for path in sorted(after - before)]
    for path in sorted(before & after):
        found += compare_out(f"{text}/{path}", os.path.join(old, path), os.path.join(new, path), tolerance)
    return found


def _members(folder: str) -> set[str]:
    return {
        os.path.relpath(os.path.join(above, name), folder).replace(os.sep, "/")
        for above, _, files in os.walk(folder)
        for name in files
    }


def _compare_values(text: str, old: str, new: str, tolerance: float) -> list[Difference] | None:
    """Leaf by leaf; None for what cannot be read."""
    try:
        before, after = dict(_leaves(load_params(_read(old), old))), dict(_leaves(load_params(_read(new), new)))
    except (FormatError, ValueError):
        return None
    return [
        Difference("metric", f"{text}:{key}" if key else text, before.get(key), after.get(key))
        for key in dict.fromkeys([*before, *after])
        if not _equal(before.get(key), after.get(key), tolerance)
    ]


def _leaves(value: Any, prefix: str = "") -> list[tuple[str, Any]]:
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict) and value:
        items = list(value.items())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    elif isinstance(value, list) and value:
        items = list(enumerate(value))  # pyright: ignore[reportUnknownArgumentType]
    if not items:
        return [(prefix, value)]
    return [pair for key, item in items for pair in _leaves(item, f"{prefix}.{key}" if prefix else str(key))]


def _equal(old: Any, new: Any, tolerance: float) -> bool:
    numbers = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in (old, new))
    return close(float(old), float(new), tolerance) if numbers else type(old) is type(new) and old == new


def _compare_content(text: str, old: str, new: str) -> list[Difference]:
    """As `diff --content` sees it: a table by rows, a text by lines, a picture by pixels."""
    from dvnb.reports.content import found as kinds
    from dvnb.reports.content.compare import compare_file
    from dvnb.reports.content.tables import Wanted

    sides = [kinds.Side(where, path, os.path.getsize(path)) for where, path in (("disk", old), ("clean run", new))]
    one = Difference("out", text, sides[0].size, sides[1].size, "other bytes")
    try:
        detail = compare_file(text, sides[0], sides[1], Wanted(limit=5)).detail
    except DvnbError:  # a table, and no duckdb
        return [one]
    match detail:
        case kinds.TableDiff():
            one.note = f"rows: {detail.changed} changed, {detail.added} added, {detail.removed} removed"
            names = [f"+{name}" for name in detail.columns_added] + [f"-{name}" for name in detail.columns_removed]
            one.note += f"; columns {', '.join(names)}" if names else ""
        case kinds.TextDiff():
            one.note, one.lines = f"{detail.added} lines added, {detail.removed} removed", detail.lines[:40]
        case kinds.ImageDiff():
            if detail.pixels == 0 and (detail.old or {}).get("mode") == (detail.new or {}).get("mode"):
                return []  # the same picture, written at another time
            one.note = "another size" if detail.pixels is None else f"{detail.pixels} pixels differ"
        case _:
            pass
    return [one]


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
