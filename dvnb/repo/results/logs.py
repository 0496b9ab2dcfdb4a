"""What `logs` returns."""

from __future__ import annotations

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Result


@dataclass(slots=True)
class StageLog(Result):
    """One run of a stage: `state` is "done", "failed", "stopped", "running", or "killed" where dvnb itself was.

    `start` and `end` are ISO 8601 in UTC. `status` is the exit status of the last command. `text` is what the commands
    wrote, both streams in the order in which it came; `streams` says how many bytes of it went to which stream.
    """

    stage: str
    path: str
    state: str
    start: str | None = None
    end: str | None = None
    seconds: float | None = None
    status: int | None = None
    commands: list[str] = field(default_factory=list[str])
    size: int = 0
    text: str | None = None
    streams: list[list[str | int]] = field(default_factory=list[list[str | int]])


@dataclass(slots=True)
class LogsResult(Result):
    """`logs`: runs of stages, the latest last."""

    runs: list[StageLog] = field(default_factory=list[StageLog])
