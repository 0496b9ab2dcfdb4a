"""What happens to stages, their files and the cells of notebooks."""

from __future__ import annotations

from dvnb.events import Event
from dvnb.records import dataclass


@dataclass(slots=True)
class StageEvent(Event):
    """Something happened to the stage with this addressing (`train`, `sub/dvc.yaml:train`, `data.csv.dvc`)."""

    stage: str


@dataclass(slots=True)
class StageStarted(StageEvent):
    """The stage's commands are about to run (or would, in a dry run)."""


@dataclass(slots=True)
class CommandStarted(StageEvent):
    """One command line of a stage starts."""

    command: str


@dataclass(slots=True)
class CommandOutput(StageEvent):
    """Text a stage's command wrote, when its output is captured; `stream` is "stdout" or "stderr"."""

    text: str
    stream: str = "stdout"


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
class CellFinished(Event):
    """Cell `index` (from 1) of `total` of a notebook ended after `seconds`."""

    notebook: str
    index: int
    total: int
    seconds: float
    failed: bool = False
