"""What `diff --content` returns."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Json, Result
from dvnb.reports.content.found import FileDiff


@dataclass(slots=True)
class ContentDiffResult(Result):
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


def _file(found: dict[str, Any]) -> dict[str, Any]:
    for side in ("old", "new"):
        exists = found[side].pop("path") is not None
        found[side] = {key: found[side][key] for key in ("size", "md5")} if exists else None
    if found["detail"]:
        found["detail"].pop("uris", None)
    return found
