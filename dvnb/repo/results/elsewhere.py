"""What the verbs that read other repos and URLs return."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Result, TableResult
from dvnb.reports.tables import Table


@dataclass(slots=True)
class GetResult(Result):
    """`get`, `get-url`: the path that was written, and where it came from (with `--show-url`: where it lies)."""

    path: str
    url: str


@dataclass(slots=True)
class DatasetResult(TableResult):
    """`dataset add`, `dataset update`: what is pinned now, and was before.

    `action`: "added", "updated", "unchanged".
    """

    name: str
    action: str
    lock: dict[str, Any]
    before: dict[str, Any] | None = None
    to_stage: list[str] = field(default_factory=list[str])
    staged: bool = False

    def table(self) -> Table:
        """One row: what is pinned."""
        pinned = {key: value for key, value in self.lock.items() if key != "name"}
        return Table(["name", "action", *pinned], [[self.name, self.action, *pinned.values()]], index="name")


@dataclass(slots=True)
class UrlEntry(Result):
    """One line of `list-url`."""

    path: str
    isdir: bool
    size: int | None
    contents: list[UrlEntry] = field(default_factory=list["UrlEntry"])


@dataclass(slots=True)
class UrlListResult(TableResult):
    """`list-url`; `nested`: the only entry is what was asked for, the others are in `contents`."""

    entries: list[UrlEntry] = field(default_factory=list["UrlEntry"])
    nested: bool = False

    def table(self) -> Table:
        """A row for each path, those of a tree with the path from its top."""
        return Table(["path", "size", "isdir"], list(_listed(self.entries, "")))


def _listed(entries: list[UrlEntry], above: str) -> Iterator[list[Any]]:
    for entry in entries:
        path = f"{above}/{entry.path}" if above else entry.path
        yield [path, entry.size, entry.isdir]
        yield from _listed(entry.contents, path)


@dataclass(slots=True)
class ImportResult(Result):
    """`import`, `import-url`, `update`: what each is called, and where it is now.

    `unchanged`: .dvc files that are up to date.
    """

    imported: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    unchanged: list[str] = field(default_factory=list[str])
    to_stage: list[str] = field(default_factory=list[str])
    staged: bool = False
