"""What metrics and params return."""

from __future__ import annotations

import os
from typing import Any

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Json, TableResult
from dvnb.reports.tables import Table


@dataclass(slots=True)
class MetricsShowResult(TableResult):
    """`metrics show`: rev -> {"data": {file: {"data": values} | {"error": …}}}; the workspace alone is "".

    `folder` is the folder (absolute) that paths are seen from.
    """

    revs: dict[str, Any] = field(default_factory=dict[str, Any])
    folder: str = ""

    def to_json(self) -> Json:
        """The revs alone, as dvc prints them."""
        return {rev: self._printed(result) for rev, result in self.revs.items()}

    def table(self) -> Table:
        """A row for each file of each rev, a column for each metric."""
        from dvnb.reports.render.values import metric_values

        return metric_values(self.revs, with_revs=any(self.revs))

    def _printed(self, result: dict[str, Any]) -> dict[str, Any]:
        """A rev's files; dvc takes the path in the message of a broken one for a path from the filesystem's root."""
        if not self.folder or "data" not in result:
            return result
        return {**result, "data": {path: self._file(entry) for path, entry in result["data"].items()}}

    def _file(self, entry: dict[str, Any]) -> dict[str, Any]:
        error: dict[str, str] = entry.get("error", {})
        begin, quote, rest = error.get("msg", "").partition("'")
        if begin != "unable to read: ":
            return entry
        path, end, words = rest.rpartition("'")
        return {"error": {**error, "msg": f"{begin}{quote}{os.path.relpath(f'/{path}', self.folder)}{end}{words}"}}


@dataclass(slots=True)
class DiffResult(TableResult):
    """`metrics diff` and `params diff`: file -> dotted key -> {"old", "new"[, "diff"]} (SPEC 6.4).

    `a` and `b` are the two revs as given, "workspace" for the workspace; `errors`: revs of which a file failed to load.
    `what`: "Metric" or "Param".
    """

    files: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    a: str = "HEAD"
    b: str = "workspace"
    errors: list[str] = field(default_factory=list[str])
    what: str = "Metric"

    def to_json(self) -> Json:
        """The files alone, as dvc prints them."""
        return self.files

    def table(self) -> Table:
        """A row for each metric or param that changed; `Change` where any of them is a number."""
        from dvnb.reports.render.values import change_values

        return change_values(self.files, (self.a, self.b), self.what)
