"""What metrics and params return."""

from __future__ import annotations

from typing import Any

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Json, Result


@dataclass(slots=True)
class MetricsShowResult(Result):
    """`metrics show`: rev -> {"data": {file: {"data": values} | {"error": …}}}; the workspace alone is ""."""

    revs: dict[str, Any] = field(default_factory=dict[str, Any])

    def to_json(self) -> Json:
        """The revs alone, as dvc prints them."""
        return self.revs


@dataclass(slots=True)
class DiffResult(Result):
    """`metrics diff` and `params diff`: file -> dotted key -> {"old", "new"[, "diff"]} (SPEC 6.4).

    `a` and `b` are the two revs as given, "workspace" for the workspace; `errors`: revs of which a file failed to load.
    """

    files: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    a: str = "HEAD"
    b: str = "workspace"
    errors: list[str] = field(default_factory=list[str])

    def to_json(self) -> Json:
        """The files alone, as dvc prints them."""
        return self.files
