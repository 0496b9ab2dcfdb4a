"""What fsck returns."""

from __future__ import annotations

from typing import Literal

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Result, TableResult
from dvnb.reports.tables import Table


@dataclass(slots=True)
class Hurt(Result):
    """One object that is damaged or missing.

    `used_by`: the tracked paths it belongs to, each with the revs ("workspace" among them) that need it.
    `quarantine` is where the damaged object lies now; `repaired_from` is "workspace", "remote", "cache" or None.
    """

    hash: str
    state: Literal["damaged", "missing"]
    used_by: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    quarantine: str | None = None
    repaired_from: str | None = None


@dataclass(slots=True)
class FsckResult(TableResult):
    """`fsck`: how many objects were read, and those that are not what they should be."""

    checked: int
    hurt: list[Hurt] = field(default_factory=list[Hurt])
    remote: str | None = None

    @property
    def is_clean(self) -> bool:
        """Whether nothing is damaged or missing any more."""
        return all(each.repaired_from for each in self.hurt)

    def table(self) -> Table:
        """A row for each object that is damaged or missing."""
        rows = [[each.hash, each.state, list(each.used_by), each.repaired_from] for each in self.hurt]
        return Table(["hash", "state", "used_by", "repaired_from"], rows, index="hash")
