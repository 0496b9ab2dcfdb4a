"""What root and version (doctor) return."""

from __future__ import annotations

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Result


@dataclass(slots=True)
class RootResult(Result):
    """`root`: the project's root, relative to the current folder."""

    root: str


@dataclass(slots=True)
class VersionResult(Result):
    """`version`: the versions at work here, and the project around if there is one (None outside).

    `link_types` is None while there is no cache; `filesystems` are those of the "cache" and the "workspace";
    `problems` are parts of the set-up that do not fit together.
    """

    dvnb: str
    python: str
    platform: str
    packages: dict[str, str] = field(default_factory=dict[str, str])
    root: str | None = None
    cache: str | None = None
    remotes: list[str] = field(default_factory=list[str])
    link_types: list[str] | None = None
    filesystems: dict[str, str] = field(default_factory=dict[str, str])
    problems: list[str] = field(default_factory=list[str])
