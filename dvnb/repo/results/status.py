"""What status and data status return."""

from __future__ import annotations

from typing import Any

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Json, Result


@dataclass(slots=True)
class StatusResult(Result):
    """`status`: addressing -> list of reasons, as `dvc status --json` has them (SPEC 4.12).

    `empty`: the project tracks nothing at all.
    """

    stages: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    empty: bool = False

    @property
    def clean(self) -> bool:
        """Whether nothing changed."""
        return not self.stages

    def to_json(self) -> Json:
        """The stages alone, as dvc prints them."""
        return self.stages


@dataclass(slots=True)
class CloudStatusResult(Result):
    """`status --cloud`: path -> "new" (only here), "deleted" (only there), "missing" (nowhere); `remote` by name.

    `empty`: the project tracks nothing at all.
    """

    paths: dict[str, str] = field(default_factory=dict[str, str])
    remote: str = ""
    empty: bool = False

    def to_json(self) -> Json:
        """The paths alone, as dvc prints them."""
        return self.paths


@dataclass(slots=True)
class DataStatusResult(Result):
    """`data status`: groups as `dvc data status --json` has them (SPEC 6.4); empty groups are left out.

    `git_dirty`: git knows of changes of its own. `git_empty`: git has no commit yet.
    """

    groups: dict[str, Any] = field(default_factory=dict[str, Any])
    has_data: bool = True
    git_dirty: bool = False
    git_empty: bool = False

    def to_json(self) -> Json:
        """The groups alone."""
        return self.groups
