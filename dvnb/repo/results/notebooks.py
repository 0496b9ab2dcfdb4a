"""What the verbs of notebooks, and of their merges, return."""

from __future__ import annotations

from typing import Any

from dvnb.records import dataclass, field
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

    `kept`: for each rewritten one, where it lies as it was.
    """

    cleaned: list[str] = field(default_factory=list[str])
    unchanged: list[str] = field(default_factory=list[str])
    kept: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class MergeResult(Result):
    """`git-hook merge-driver`: the metafile, and which of its folders or stages were merged."""

    path: str
    merged: list[str] = field(default_factory=list[str])
