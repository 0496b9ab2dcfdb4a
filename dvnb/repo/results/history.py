"""What `log` returns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Json, Result, TableResult
from dvnb.reports.tables import Table


@dataclass(slots=True)
class LogRow(Result):
    """One version of the data asked about: `rev` is the short commit ("workspace" for what is not committed).

    `date` is ISO 8601 with the author's offset. `size` in bytes and `nfiles` are of the whole version, None where they
    are not known; `hash` is its MD5 where it is one file or one folder (`.dir`). `added`, `modified`, `deleted`
    count files against the version before; None where a folder's listing is not in the cache. `files`: their paths
    by "added", "modified", "deleted", if they were asked for.
    """

    rev: str
    commit: str | None = None
    refs: list[str] = field(default_factory=list[str])
    date: str | None = None
    author: str | None = None
    subject: str | None = None
    size: int | None = None
    nfiles: int | None = None
    hash: str | None = None
    added: int | None = 0
    modified: int | None = 0
    deleted: int | None = 0
    files: dict[str, list[str]] | None = None


@dataclass(slots=True)
class LogResult(TableResult):
    """`log`: versions of tracked data, newest first."""

    rows: list[LogRow] = field(default_factory=list[LogRow])

    def to_json(self) -> Json:
        """The rows alone; `files` only where they were asked for."""
        rows: list[dict[str, Any]] = [row.to_json() for row in self.rows]
        return [{key: value for key, value in row.items() if key != "files" or value is not None} for row in rows]

    def table(self) -> Table:
        """A row for each version, its date as a moment."""
        names = [*_COLUMNS, *(["files"] if any(row.files is not None for row in self.rows) else [])]
        rows = [[getattr(row, name) for name in names] for row in self.rows]
        at = names.index("date")
        for row in rows:
            row[at] = datetime.fromisoformat(row[at]) if row[at] else None
        return Table(names, rows, index="rev")


_COLUMNS = (
    "rev", "commit", "refs", "date", "author", "subject", "size", "nfiles", "added", "modified", "deleted",
)  # fmt: skip
