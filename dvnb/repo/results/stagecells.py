"""What the verbs of `%%stage` cells return."""

from __future__ import annotations

from typing import Literal

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Result, TableResult
from dvnb.reports.tables import Table

CellState = Literal["fresh", "stale", "never run", "frozen"]


@dataclass(slots=True)
class CellStageRow(Result):
    """One stage that can be run: `notebook` is where its `%%stage` cell is ("": not known, or it has none).

    `own`: that is the notebook that asks. `gone`: the cell is not in the notebook any more.
    """

    stage: str
    state: CellState
    why: list[str] = field(default_factory=list[str])
    notebook: str = ""
    own: bool = False
    gone: bool = False


@dataclass(slots=True)
class CellStagesResult(TableResult):
    """`%stages`: the stages of a notebook, then the others of the project; `notebook` is the one that asks, or ""."""

    stages: list[CellStageRow] = field(default_factory=list[CellStageRow])
    notebook: str = ""

    def table(self) -> Table:
        """A row for each stage."""
        rows = [[row.stage, row.state, "; ".join(row.why), row.notebook or None, row.gone] for row in self.stages]
        return Table(["stage", "state", "why", "notebook", "gone"], rows, index="stage")
