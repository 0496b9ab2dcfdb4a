"""What the verbs of notebooks, and of their merges, return."""

from __future__ import annotations

from typing import Any

from dvnb.notebooks.found import CellChange, Parameter, ValueChange
from dvnb.records import dataclass, field
from dvnb.repo.results.experiments import ExperimentSaveResult
from dvnb.repo.results.pipelines import ReproResult
from dvnb.repo.results.result import Result


@dataclass(slots=True)
class NotebookRunResult(Result):
    """`notebook run`: cells executed, seconds, the executed copy, and the parameters that were injected."""

    notebook: str
    output: str
    cells: int
    seconds: float
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(slots=True)
class NotebookCleanResult(Result):
    """`notebook clean`: the notebooks that were rewritten, and those that were clean already.

    `kept`: for each rewritten one, where it lies as it was. `checked`: nothing was rewritten, `cleaned` would be.
    `recorded`: stages whose entry in dvc.lock was that of the notebook with outputs, and is that of the clean one now.
    """

    cleaned: list[str] = field(default_factory=list[str])
    unchanged: list[str] = field(default_factory=list[str])
    kept: dict[str, str] = field(default_factory=dict[str, str])
    checked: bool = False
    recorded: list[str] = field(default_factory=list[str])
    to_stage: list[str] = field(default_factory=list[str])
    staged: bool = False


@dataclass(slots=True)
class NotebookFilterResult(Result):
    """`notebook clean --install-filter`, `--remove-filter`: files of git's attributes that were changed."""

    files: list[str] = field(default_factory=list[str])
    installed: bool = False


@dataclass(slots=True)
class NotebookParamsResult(Result):
    """`notebook params`: what the cell tagged `parameters` offers, for people and for forms; None without such a cell.

    `cell` is that cell's number from 1.
    """

    notebook: str
    kernel: str | None
    language: str | None
    cell: int | None
    parameters: list[Parameter] = field(default_factory=list[Parameter])


@dataclass(slots=True)
class FormField(Result):
    """One parameter and its value now: of `source` (`params.yaml:lr`), "" where the notebook's own default counts.

    `fixed`: the command of the stage says it.
    """

    parameter: Parameter
    value: Any = None
    has_value: bool = False
    source: str = ""
    fixed: bool = False


@dataclass(slots=True)
class NotebookFormResult(Result):
    """`notebook_form`: the parameters of a notebook as its stage (None: it is none) would run it now."""

    notebook: str
    stage: str | None
    cell: int | None
    fields: list[FormField] = field(default_factory=list[FormField])


@dataclass(slots=True)
class NotebookTryResult(Result):
    """`notebook_try`: the stage that ran, the keys of params files that changed, the experiment, if one was made."""

    stage: str
    changed: list[str]
    run: ReproResult
    experiment: ExperimentSaveResult | None = None


@dataclass(slots=True)
class NotebookDiffResult(Result):
    """`notebook diff`: what people changed between two versions, outputs aside."""

    notebook: str
    a_rev: str
    b_rev: str
    cells: list[CellChange] = field(default_factory=list[CellChange])
    metadata: list[ValueChange] = field(default_factory=list[ValueChange])


@dataclass(slots=True)
class NotebookExportResult(Result):
    """`notebook export`: the page; `kept` is where a file that it replaced lies, "" without."""

    notebook: str
    output: str
    size: int
    kept: str = ""


@dataclass(slots=True)
class MergeResult(Result):
    """`git-hook merge-driver`: the metafile, and which of its folders or stages were merged."""

    path: str
    merged: list[str] = field(default_factory=list[str])
