"""What undo and trash return."""

from __future__ import annotations

from datetime import datetime

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Result, TableResult
from dvnb.reports.tables import Table


@dataclass(slots=True)
class UndoResult(Result):
    """`undo`: the operation taken back, the paths that are as before, and those left alone with the reason.

    `caution` says what of such an operation cannot be undone.
    """

    operation: str
    command: str
    restored: list[str] = field(default_factory=list[str])
    left: dict[str, str] = field(default_factory=dict[str, str])
    caution: str | None = None


@dataclass(slots=True)
class OperationRow(Result):
    """One operation: its id, what was called, when (ISO 8601, local time), bytes kept for it, and its state.

    `state`: "done", "undone", "killed" or "running".
    """

    id: str
    command: str
    time: str
    size: int
    state: str


@dataclass(slots=True)
class OperationsResult(TableResult):
    """`undo --list`, `trash list`: the latest operation first."""

    rows: list[OperationRow] = field(default_factory=list[OperationRow])

    def table(self) -> Table:
        """A row for each operation."""
        rows = [
            [row.id, row.command, datetime.fromisoformat(row.time).astimezone(), row.size, row.state]
            for row in self.rows
        ]
        return Table(["id", "command", "time", "size", "state"], rows, index="id")


@dataclass(slots=True)
class TrashEmptyResult(Result):
    """`trash empty`: the operations whose trash is gone for good, and the bytes freed."""

    operations: list[str] = field(default_factory=list[str])
    freed: int = 0
