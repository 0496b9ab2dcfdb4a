"""What `why` returns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Result, TableResult
from dvnb.reports.tables import Table


@dataclass(slots=True)
class Cause(Result):
    """One thing that changed: `kind` is "dep", "param", "out", "command", "definition" or "always".

    `state` is as in `status`; `old` and `new` are hashes, values of a param, or commands. `files`, `rows`, `lines` and
    `values` (of JSON and the like) count what differs, by "added", "removed", "changed", where that can be told.
    `since` is the first commit with the change, as {"commit", "date", "author", "subject"}, None while it is only in
    the workspace.
    """

    kind: str
    path: str
    state: str
    key: str | None = None
    old: Any = None
    new: Any = None
    files: dict[str, int] | None = None
    rows: dict[str, int] | None = None
    lines: dict[str, int] | None = None
    values: dict[str, int] | None = None
    since: dict[str, str] | None = None


@dataclass(slots=True)
class WhyResult(TableResult):
    """`why`: what changed of a stage since its last run. `ran`: the commit that recorded that run, None without one.

    `recorded`: whether any run is recorded, committed or not. `frozen`: what it reads is not looked at.
    """

    stage: str
    causes: list[Cause] = field(default_factory=list[Cause])
    recorded: bool = True
    frozen: bool = False
    ran: dict[str, str] | None = None

    @property
    def changed(self) -> bool:
        """Whether `repro` has something to do."""
        return bool(self.causes)

    def table(self) -> Table:
        """A row for each cause; `unit` says what `added`, `removed` and `changed` count."""
        return Table(list(_COLUMNS), [_cause(cause) for cause in self.causes])


_COLUMNS = (
    "kind", "path", "key", "state", "old", "new", "unit", "added", "removed", "changed", "commit", "date", "subject",
)  # fmt: skip


def _cause(cause: Cause) -> list[Any]:
    counted = (("files", cause.files), ("rows", cause.rows), ("lines", cause.lines), ("values", cause.values))
    unit, counts = next(((unit, counts) for unit, counts in counted if counts), (None, dict[str, int]()))
    numbers = [counts.get(kind) for kind in ("added", "removed", "changed")]
    since = cause.since or {}
    date = datetime.fromisoformat(since["date"]) if since else None
    told = [since.get("commit"), date, since.get("subject")]
    return [cause.kind, cause.path, cause.key, cause.state, cause.old, cause.new, unit, *numbers, *told]
