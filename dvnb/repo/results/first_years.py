"""What the verbs for files of dvc's first years return."""

from __future__ import annotations

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Result


@dataclass(slots=True)
class MigratedStage(Result):
    """One old file: `file` is its path; `stage` the stage it became, None where it only tracks data."""

    file: str
    stage: str | None


@dataclass(slots=True)
class MigrateStagesResult(Result):
    """`migrate`: old files that became stages of a dvc.yaml, or lost keys that dvc 3 refuses."""

    migrated: list[MigratedStage] = field(default_factory=list[MigratedStage])
    dry: bool = False
    to_stage: list[str] = field(default_factory=list[str])
    staged: bool = False
