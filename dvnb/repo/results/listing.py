"""What list, du and diff return."""

from __future__ import annotations

from typing import Any

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Json, Result


@dataclass(slots=True)
class DataDiffResult(Result):
    """`diff`: "added", "deleted", "modified", "renamed", "not in cache" -> changes, as dvc has them (SPEC 6.4).

    Paths are relative to the project's root; nothing changed: no groups at all.
    """

    groups: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])

    def to_json(self) -> Json:
        """The groups alone."""
        return self.groups


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
class ListResult(Result):
    """`list`: sorted by path; `nested`: one row that holds the others."""

    rows: list[ListRow] = field(default_factory=list[ListRow])
    nested: bool = False

    def to_json(self) -> Json:
        """The rows alone."""
        return [row.to_json() for row in self.rows]


@dataclass(slots=True)
class DiskUsageResult(Result):
    """`du`: (path, bytes), the total last."""

    sizes: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
