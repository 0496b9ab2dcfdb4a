"""What the verbs that read other repos and URLs return."""

from __future__ import annotations

from typing import Any

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Result


@dataclass(slots=True)
class GetResult(Result):
    """`get`, `get-url`: the path that was written, and where it came from (with `--show-url`: where it lies)."""

    path: str
    url: str


@dataclass(slots=True)
class DatasetResult(Result):
    """`dataset add`, `dataset update`: what is pinned now, and was before.

    `action`: "added", "updated", "unchanged".
    """

    name: str
    action: str
    lock: dict[str, Any]
    before: dict[str, Any] | None = None
    to_stage: list[str] = field(default_factory=list[str])
    staged: bool = False


@dataclass(slots=True)
class UrlEntry(Result):
    """One line of `list-url`."""

    path: str
    isdir: bool
    size: int | None
    contents: list[UrlEntry] = field(default_factory=list["UrlEntry"])


@dataclass(slots=True)
class UrlListResult(Result):
    """`list-url`; `nested`: the only entry is what was asked for, the others are in `contents`."""

    entries: list[UrlEntry] = field(default_factory=list["UrlEntry"])
    nested: bool = False


@dataclass(slots=True)
class ImportResult(Result):
    """`import`, `import-url`, `update`: what each is called, and where it is now.

    `unchanged`: .dvc files that are up to date.
    """

    imported: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    unchanged: list[str] = field(default_factory=list[str])
    to_stage: list[str] = field(default_factory=list[str])
    staged: bool = False
