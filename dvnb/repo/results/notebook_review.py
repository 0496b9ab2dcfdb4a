"""What lint, trace and promote of notebooks return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Result

if TYPE_CHECKING:
    from dvnb.notebooks.review.findings import Finding


@dataclass(slots=True)
class NotebookLintResult(Result):
    """`notebook lint`: the notebooks that were read, and what was found in them, top to bottom."""

    notebooks: list[str] = field(default_factory=list[str])
    findings: list[Finding] = field(default_factory=list["Finding"])

    def to_json(self) -> dict[str, Any]:
        """The findings as dicts of notebook, code, cell, id, line, message and fix."""
        return {"notebooks": self.notebooks, "findings": [finding.to_json() for finding in self.findings]}


@dataclass(slots=True)
class NotebookTraceResult(Result):
    """`notebook trace`: what a run read and wrote, and the command that declares it.

    `deps` are paths relative to the stage's wdir, `outs` [option, path] with the option that suits; folders stand for
    many files, which `reads` and `writes` list one by one (relative to the project's root). `stage` runs the notebook
    already; `missing` are the deps and outs that it does not declare, `unused` those that the run did not touch.
    `command` are words without the program's name, empty where nothing is to be said. `notes` tell what was not
    watched. `placed`: files that the run made or changed in the workspace; `kept`: where they lie as they were.
    """

    notebook: str
    watcher: str
    seconds: float
    copy: str
    stage: str | None = None
    deps: list[str] = field(default_factory=list[str])
    outs: list[list[str]] = field(default_factory=list["list[str]"])
    reads: list[str] = field(default_factory=list[str])
    writes: list[str] = field(default_factory=list[str])
    updates: list[str] = field(default_factory=list[str])
    missing: list[str] = field(default_factory=list[str])
    unused: list[str] = field(default_factory=list[str])
    command: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])
    placed: list[str] = field(default_factory=list[str])
    kept: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class Difference(Result):
    """Something that came out differently: `kind` is "metric", "out" or "text" (of a cell, whose number is `cell`).

    `old` and `new` are short forms of both sides, `lines` a unified diff where there is one.
    """

    kind: str
    where: str
    old: Any = None
    new: Any = None
    note: str = ""
    cell: int | None = None
    lines: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class NotebookPromoteResult(Result):
    """`notebook promote`: how a clean run differs from what lay on the disk, and whether the stage was recorded.

    `same` are outs and cells ("cell 3") that came out equal, `only_new` outs that were not on the disk before. Where
    the stage was not recorded, `results` is the folder that keeps the new results.
    """

    notebook: str
    stage: str
    recorded: bool
    seconds: float
    differences: list[Difference] = field(default_factory=list[Difference])
    same: list[str] = field(default_factory=list[str])
    only_new: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])
    results: str | None = None
    file: str | None = None
    deps: list[str] = field(default_factory=list[str])
    outs: list[str] = field(default_factory=list[str])
    to_stage: list[str] = field(default_factory=list[str])
    staged: bool = False
