"""What list, du and diff return."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Json, Result, TableResult
from dvnb.reports.tables import Table


@dataclass(slots=True)
class DataDiffResult(TableResult):
    """`diff`: "added", "deleted", "modified", "renamed", "not in cache" -> changes, as dvc has them (SPEC 6.4).

    Paths are relative to the project's root; nothing changed: no groups at all.
    """

    groups: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])

    def to_json(self) -> Json:
        """The groups alone."""
        return self.groups

    def table(self) -> Table:
        """A row for each path; hashes where they were asked for, `old_path` of what was renamed."""
        with_hash = any("hash" in change for changes in self.groups.values() for change in changes)
        columns = ["path", "state", "old_path", *(["old_hash", "new_hash"] if with_hash else [])]
        return Table(columns, [_change(state, it)[: len(columns)] for state, its in self.groups.items() for it in its])


@dataclass(slots=True)
class ListRow(Result):
    """A file or folder of a repo; `md5` and `isout` are those of tracked data, `contents` what a tree nests below."""

    isout: bool
    isdir: bool
    isexec: bool
    size: int | None
    md5: str | None
    path: str
    contents: list[ListRow] = field(default_factory=list["ListRow"])

    def to_json(self) -> Json:
        """As dvc prints it; `contents` where there are some."""
        names = ("isout", "isdir", "isexec", "size", "md5", "path")
        row = {name: getattr(self, name) for name in names}
        return {**row, "contents": [item.to_json() for item in self.contents]} if self.contents else row


@dataclass(slots=True)
class ListResult(TableResult):
    """`list`: sorted by path; `nested`: one row that holds the others."""

    rows: list[ListRow] = field(default_factory=list[ListRow])
    nested: bool = False

    def to_json(self) -> Json:
        """The rows alone."""
        return [row.to_json() for row in self.rows]

    def table(self) -> Table:
        """A row for each path, those of a tree with the path from its top."""
        return Table(list(_LISTED), list(_listed(self.rows, "")))


@dataclass(slots=True)
class DiskUsageResult(TableResult):
    """`du`: (path, bytes), the total last."""

    sizes: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    def table(self) -> Table:
        """A row for each path."""
        return Table(["path", "size"], [[path, size] for path, size in self.sizes], index="path")


_LISTED = ("path", "size", "isout", "isdir", "isexec", "md5")


def _listed(rows: list[ListRow], above: str) -> Iterator[list[Any]]:
    for row in rows:
        path = f"{above}/{row.path}" if above else row.path
        yield [path, *(getattr(row, name) for name in _LISTED[1:])]
        yield from _listed(row.contents, path)


def _change(state: str, change: dict[str, Any]) -> list[Any]:
    """Path, state, old path, old hash, new hash."""
    path, value = _sides(change["path"]), _sides(change.get("hash"))
    if "old" in path:
        return [path["new"], state, path["old"], value.get("old", value.get("")), value.get("new", value.get(""))]
    one = value.get("")
    return [
        path[""],
        state,
        None,
        value.get("old", None if state == "added" else one),
        value.get("new", None if state != "added" else one),
    ]


def _sides(value: Any) -> dict[str, Any]:
    """What differs as "old" and "new"; what does not as ""."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {"": value}
