"""What the verbs of experiments return."""

from __future__ import annotations

from typing import Any

from dvnb.records import dataclass, field
from dvnb.repo.results.result import Json, Result, TableResult
from dvnb.reports.tables import Table


@dataclass(slots=True)
class Recorded:
    """What one commit, or the workspace, holds; paths are relative to the project's root.

    `timestamp`: when it was committed, ISO and local time, None for the workspace. `params` and `metrics`: file ->
    {"data": values} or {"error": {"type", "msg"}}; `deps` and `outs`: path -> hash, size, nfiles and so on.
    """

    rev: str
    timestamp: str | None = None
    params: dict[str, Any] = field(default_factory=dict[str, Any])
    metrics: dict[str, Any] = field(default_factory=dict[str, Any])
    deps: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    outs: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    meta: dict[str, Any] = field(default_factory=dict[str, Any])

    def to_json(self) -> Json:
        """As dvc's `exp show --json` and its cache of experiments have it."""
        return {
            "rev": self.rev,
            "timestamp": self.timestamp,
            "params": self.params,
            "metrics": self.metrics,
            "deps": self.deps,
            "outs": self.outs,
            "meta": self.meta,
        }


@dataclass(slots=True)
class ExperimentState:
    """A commit, or "workspace", with what it holds: `data`, or `error` ({"msg", "type"}) where that cannot be told.

    `name` is its branch, tag or experiment; `experiments` are those derived from it, newest first, None without any.
    """

    rev: str
    name: str | None = None
    data: Recorded | None = None
    error: dict[str, str] | None = None
    experiments: list[ExperimentRange] | None = None

    def to_json(self) -> Json:
        """As `exp show --json` has it."""
        return {
            "rev": self.rev,
            "name": self.name,
            "data": self.data.to_json() if self.data else None,
            "error": self.error,
            "experiments": None if self.experiments is None else [found.to_json() for found in self.experiments],
        }


@dataclass(slots=True)
class ExperimentRange:
    """One experiment: its commits from the newest back to the one above the baseline.

    `executor` says who ran, or runs it: {"state", "name", "local"}; None where nobody knows.
    """

    revs: list[ExperimentState]
    name: str | None = None
    executor: dict[str, Any] | None = None

    def to_json(self) -> Json:
        """As `exp show --json` has it."""
        return {"revs": [state.to_json() for state in self.revs], "executor": self.executor, "name": self.name}


@dataclass(slots=True)
class ExperimentShowResult(TableResult):
    """`exp show`: the workspace, then each baseline with its experiments."""

    states: list[ExperimentState] = field(default_factory=list[ExperimentState])

    def to_json(self) -> Json:
        """The states alone, as dvc prints them."""
        return [state.to_json() for state in self.states]

    def table(self) -> Table:
        """A row for the workspace, each baseline and each experiment; metrics, params and hashes of deps as columns."""
        from dvnb.repo.experiments.table import values  # it knows these classes, too

        return values(self.states)


@dataclass(slots=True)
class ExperimentListResult(TableResult):
    """`exp list`: baseline (its hash) -> experiment -> its commit, None in another repository; `names`: baselines'."""

    experiments: dict[str, dict[str, str | None]] = field(default_factory=dict[str, dict[str, "str | None"]])
    names: dict[str, str | None] = field(default_factory=dict[str, "str | None"])

    def to_json(self) -> Json:
        """The experiments alone."""
        return self.experiments

    def table(self) -> Table:
        """A row for each experiment."""
        rows = [
            [self.names.get(baseline), baseline, name, commit]
            for baseline, experiments in self.experiments.items()
            for name, commit in experiments.items()
        ]
        return Table(["baseline", "baseline_commit", "experiment", "commit"], rows)


@dataclass(slots=True)
class ExperimentSaveResult(Result):
    """`exp save`: the experiment's name, its commit, its ref, and files that git does not know and that it lacks.

    `replaced`: the commit that the ref led to before.
    """

    name: str
    rev: str
    ref: str
    replaced: str | None = None
    left_out: list[str] = field(default_factory=list[str])

    def to_json(self) -> Json:
        """The commit, as dvc prints it."""
        return {"ref": self.rev}
