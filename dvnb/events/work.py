"""What happens to stages, their files and the cells of notebooks."""

from __future__ import annotations

from typing import Any

from dvnb.events import Event
from dvnb.records import dataclass, field


@dataclass(slots=True)
class StageEvent(Event):
    """Something happened to the stage with this addressing (`train`, `sub/dvc.yaml:train`, `data.csv.dvc`)."""

    stage: str


@dataclass(slots=True)
class StageChanged(StageEvent):
    """The stage is not up to date; `reasons` as `status --json` has them."""

    reasons: list[Any]


@dataclass(slots=True)
class StageStarted(StageEvent):
    """The stage's commands are about to run (or would, in a dry run)."""


@dataclass(slots=True)
class CommandStarted(StageEvent):
    """One command line of a stage starts; `beside` others, so that lines have to say whose they are."""

    command: str
    beside: bool = False


@dataclass(slots=True)
class CommandOutput(StageEvent):
    """Text a stage's command wrote, when its output is captured; `stream` is "stdout" or "stderr".

    `beside` others: whole lines, which have to say whose they are.
    """

    text: str
    stream: str = "stdout"
    beside: bool = False


@dataclass(slots=True)
class StageSkipped(StageEvent):
    """Nothing changed, so the stage was not run."""


@dataclass(slots=True)
class StageRestored(StageEvent):
    """The run cache knew this run; outputs come from the cache."""


@dataclass(slots=True)
class SourceVerified(StageEvent):
    """A data source (a stage without a command) changed and is recorded again; `frozen`: a frozen stage is."""

    frozen: bool = False


@dataclass(slots=True)
class SourceImported(StageEvent):
    """An import that is not frozen takes what its source holds now."""

    source: str = ""
    path: str = ""


@dataclass(slots=True)
class StageFinished(StageEvent):
    """The stage ended well and its lock entry is written; `changed`: it did something."""

    changed: bool = True


@dataclass(slots=True)
class StageFailed(StageEvent):
    """The stage failed and the run goes on with others (`--keep-going`)."""

    message: str


@dataclass(slots=True)
class FileWritten(Event):
    """A metafile was written: `kind` is "lock", "stage-added", "stage-modified"; `path` is relative to the cwd."""

    path: str
    kind: str
    created: bool = False
    stage: str = ""


@dataclass(slots=True)
class CellEvent(Event):
    """Something happened to cell `index` (from 1; 0: the injected parameters) of the `total` cells of a notebook."""

    notebook: str
    index: int
    total: int


@dataclass(slots=True)
class CellStarted(CellEvent):
    """A cell starts, `elapsed` seconds after the first; `remaining` are those that are likely left, None if unknown."""

    elapsed: float = 0.0
    remaining: float | None = None


@dataclass(slots=True)
class CellRunning(CellEvent):
    """A cell has been running for `seconds`, told about every second; `memory`: what its kernel uses, in bytes."""

    seconds: float = 0.0
    memory: int | None = None


@dataclass(slots=True)
class CellOutput(CellEvent):
    """One output of a cell, as nbformat has it."""

    output: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def text(self) -> str:
        """What of it a terminal can show; an error is told by whoever ends the run."""
        match self.output.get("output_type"):
            case "stream":
                return "".join(self.output.get("text", ""))
            case "execute_result" | "display_data":
                text = "".join(self.output.get("data", {}).get("text/plain", ""))
                return f"{text}\n" if text else ""
            case _:
                return ""


@dataclass(slots=True)
class CellFinished(CellEvent):
    """A cell ended after `seconds`; `elapsed` and `remaining` as for `CellStarted`."""

    seconds: float = 0.0
    failed: bool = False
    elapsed: float = 0.0
    remaining: float | None = None
