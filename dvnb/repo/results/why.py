"""What `why` returns."""

from __future__ import annotations

from typing import Any

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Result


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
class WhyResult(Result):
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
