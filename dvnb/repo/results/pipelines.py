"""What the verbs of stages return."""

from __future__ import annotations

from typing import Any, Literal

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Result, TableResult
from dvnb.reports.tables import Table


@dataclass(slots=True)
class StageRow(Result):
    """One line of `stage list`."""

    stage: str
    description: str


@dataclass(slots=True)
class StageListResult(TableResult):
    """`stage list`."""

    stages: list[StageRow] = field(default_factory=list[StageRow])

    def table(self) -> Table:
        """A row for each stage."""
        return Table(["stage", "description"], [[row.stage, row.description] for row in self.stages], index="stage")


@dataclass(slots=True)
class StageAddResult(Result):
    """`stage add`, `notebook stage`, `freeze`, `unfreeze`: the stage and its definition as dvc.yaml has it now."""

    stage: str
    file: str
    definition: dict[str, Any]
    created: bool = True
    to_stage: list[str] = field(default_factory=list[str])
    staged: bool = False
    run: ReproResult | None = None


Outcome = Literal["ran", "skipped", "restored", "verified", "failed", "would-run", "blocked"]


@dataclass(slots=True)
class StageRun(Result):
    """What happened to one stage; `reasons` as in `status`."""

    stage: str
    outcome: Outcome
    reasons: list[Any] = field(default_factory=list[Any])
    seconds: float = 0.0
    message: str = ""


@dataclass(slots=True)
class ReproResult(TableResult):
    """`repro` and `run`: every stage in the order it was dealt with."""

    stages: list[StageRun] = field(default_factory=list[StageRun])
    to_stage: list[str] = field(default_factory=list[str])
    staged: bool = False

    def _named(self, *outcomes: Outcome) -> list[str]:
        return [run.stage for run in self.stages if run.outcome in outcomes]

    @property
    def changed(self) -> list[str]:
        """Stages that did something."""
        return self._named("ran", "restored", "verified", "would-run")

    @property
    def ran(self) -> list[str]:
        """Stages whose commands ran."""
        return self._named("ran")

    @property
    def skipped(self) -> list[str]:
        """Stages that had not changed."""
        return self._named("skipped")

    @property
    def failed(self) -> list[str]:
        """Stages that failed (with `keep_going`)."""
        return self._named("failed")

    def table(self) -> Table:
        """A row for each stage."""
        rows = [[run.stage, run.outcome, run.seconds, run.message] for run in self.stages]
        return Table(["stage", "outcome", "seconds", "message"], rows, index="stage")


@dataclass(slots=True)
class DagResult(Result):
    """`dag`: node names in drawing order and edges (upstream, downstream)."""

    nodes: list[str] = field(default_factory=list[str])
    edges: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
