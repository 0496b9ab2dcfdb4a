"""What `diff --content` returns."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Json, TableResult
from dvnb.reports.content.found import FileDiff
from dvnb.reports.tables import Table


@dataclass(slots=True)
class ContentDiffResult(TableResult):
    """`diff --content`: the files that differ between versions `a` and `b` ("workspace" for the workspace).

    `folder`: `path` is one, and `files` are summaries. `unchanged` counts the files that are the same.
    """

    a: str
    b: str
    path: str
    folder: bool = False
    files: list[FileDiff] = field(default_factory=list[FileDiff])
    unchanged: int = 0

    def to_json(self) -> Json:
        """The result without the pictures themselves, and without where versions lie on this machine."""
        files = [_file(asdict(found)) for found in self.files]
        return {"a": self.a, "b": self.b, "path": self.path, "files": files, "unchanged": self.unchanged}

    def table(self) -> Table:
        """A row for each file; `added`, `removed` and `changed` count the rows, lines or values of its `kind`."""
        rows = [
            [
                found.path,
                found.state,
                found.kind,
                *(getattr(found.detail, name, None) for name in ("added", "removed", "changed")),
                found.old.size,
                found.new.size,
                found.old.md5,
                found.new.md5,
            ]
            for found in self.files
        ]
        counts = ["added", "removed", "changed"]
        return Table(["path", "state", "kind", *counts, "old_size", "new_size", "old_md5", "new_md5"], rows)


def _file(found: dict[str, Any]) -> dict[str, Any]:
    for side in ("old", "new"):
        exists = found[side].pop("path") is not None
        found[side] = {key: found[side][key] for key in ("size", "md5")} if exists else None
    if found["detail"]:
        found["detail"].pop("uris", None)
    return found
