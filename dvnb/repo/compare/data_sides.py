"""Two sides of a project's data, path by path: what became of each. Source: dvc_data's index/diff.py."""

from __future__ import annotations

import os
from typing import NamedTuple

from dvnb.objects.hashing import HashInfo


class Entry(NamedTuple):
    """A path's content; `is_dir`: it is a folder, which is shown with "/" at its end."""

    hash_info: HashInfo
    is_dir: bool = False


class Side(NamedTuple):
    """What one of HEAD, record and workspace holds, by path as shown.

    `closed`: folders whose members cannot be told, for want of the listing.
    """

    entries: dict[str, Entry]
    closed: set[str]


def is_within(path: str, folder: str) -> bool:
    """Whether a path is that folder or lies in it."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def within(side: Side, shown: list[str]) -> Side:
    """Only what the targets name, where there are any."""
    if not shown or os.curdir in shown:
        return side
    return Side({path: e for path, e in side.entries.items() if any(is_within(path, t) for t in shown)}, side.closed)


def marked(path: str, entry: Entry) -> str:
    """A path as the groups have it: "/" at the end of a folder."""
    return path + (os.sep if entry.is_dir else "")


def compare(old: Side, new: Side) -> dict[str, list[object]]:
    """What became of each path. Members of a folder of which one side knows no listing may be new or not."""
    closed = old.closed | new.closed
    unknown = _unknown(new, closed) if closed else {}
    added = {p: e for p, e in new.entries.items() if p not in old.entries and p not in unknown}
    deleted = {p: e for p, e in old.entries.items() if p not in new.entries and not _lies_in(p, closed)}
    modified = [p for p in old.entries if p in new.entries and p not in unknown and _differ(old, new, p)]
    pairs = _renames(deleted, added)
    renamed: list[object] = [
        {"old": marked(before, deleted.pop(before)), "new": marked(after, added.pop(after))} for before, after in pairs
    ]
    coming = sorted(added, key=_parts)
    groups: dict[str, list[object]] = {
        "modified": [marked(path, new.entries[path]) for path in modified],
        "unknown": [marked(path, entry) for path, entry in unknown.items()],
        "added": [marked(path, added[path]) for path in coming],
        "renamed": renamed,
        "deleted": [marked(path, deleted[path]) for path in _deletions(deleted)],
    }
    if renamed and coming and _parts(pairs[0][1]) < _parts(coming[0]):
        groups["added"] = groups.pop("added")  # dvc begins with the group of the first new path
        groups["deleted"] = groups.pop("deleted")
    return {name: group for name, group in groups.items() if group}


def _deletions(deleted: dict[str, Entry]) -> list[str]:
    """Deleted paths as dvc has them: those of one content together, the last one first."""
    by_value: dict[str, list[str]] = {}
    for path in sorted(deleted, key=_parts):
        by_value.setdefault(deleted[path].hash_info.value, []).insert(0, path)
    return [path for paths in by_value.values() for path in paths]


def _differ(old: Side, new: Side, path: str) -> bool:
    return old.entries[path].hash_info.value != new.entries[path].hash_info.value


def _lies_in(path: str, folders: set[str]) -> bool:
    """Whether a path lies below one of these folders."""
    while folders and (path := os.path.dirname(path)):
        if path in folders:
            return True
    return False


def _unknown(new: Side, closed: set[str]) -> dict[str, Entry]:
    """The members of closed folders, and the folders between."""
    unknown: dict[str, Entry] = {}
    for path, entry in new.entries.items():
        if not _lies_in(path, closed):
            continue
        folder = os.path.dirname(path)
        while folder not in closed and folder not in unknown:
            unknown[folder] = Entry(entry.hash_info, is_dir=True)
            folder = os.path.dirname(folder)
        unknown[path] = entry
    return unknown


def _renames(deleted: dict[str, Entry], added: dict[str, Entry]) -> list[tuple[str, str]]:
    """Pairs of old and new path of the same content; the first by name go with the first."""
    by_value: dict[str, list[str]] = {}
    for path in sorted(deleted, key=_parts, reverse=True):
        by_value.setdefault(deleted[path].hash_info.value, []).append(path)
    pairs: list[tuple[str, str]] = []
    for path in sorted(added, key=_parts):
        sources = by_value.get(added[path].hash_info.value)
        if sources:
            pairs.append((sources.pop(), path))
    return pairs


def _parts(path: str) -> list[str]:
    return path.split(os.sep)


def unchanged_paths(recorded: Side, current: Side, before: Side | None) -> list[str]:
    """What is the same in all of them; `before` is None where there is no git to ask."""
    others = [current] if before is None else [current, before]
    return sorted(
        marked(path, entry)
        for path, entry in recorded.entries.items()
        if all(path in other.entries and not _differ(recorded, other, path) for other in others)
    )
