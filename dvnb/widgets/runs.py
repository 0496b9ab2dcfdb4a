"""Rows of metrics and params for the browser: a row for the workspace and for each commit and experiment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dvnb.records import dataclass, field
from dvnb.repo.experiments.table import BASELINE, Look, Row, tabulate
from dvnb.repo.results.experiments import ExperimentState, Recorded
from dvnb.reports.render.values import DEFAULT_PRECISION

if TYPE_CHECKING:
    from datetime import datetime

    from dvnb.repo.facade import Repo

_WORKSPACE = "workspace"
_SHORT = 7


@dataclass(slots=True)
class Runs:
    """`columns`: {"key", "label", "kind", "number"}; `rows`: newest first, with `values` and `texts` by column."""

    columns: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    rows: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    failed: list[dict[str, str]] = field(default_factory=list[dict[str, str]])


def read_runs(repo: Repo, revs: Sequence[str], options: dict[str, Any]) -> Runs:
    """What the versions asked for hold; outside of git, and before the first commit, the workspace alone.

    Raises: GitError for an unknown rev.
    """
    project = repo.project
    states: list[ExperimentState] = []
    if project.git is not None and project.git.head() is not None:
        states = repo.exp_show(*revs, **options).states
    if not states:
        shown = repo.metrics_show().revs.get("", {})
        states = [ExperimentState(_WORKSPACE, data=Recorded(_WORKSPACE, metrics=shown.get("data", {})))]
    return of_states(states)


def of_states(states: Sequence[ExperimentState]) -> Runs:
    """The rows of experiments and what they derive from."""
    raw = tabulate(states, Look(fill=None, error=None, raw=True))
    shown = tabulate(states, Look(precision=DEFAULT_PRECISION))
    kinds = {**dict.fromkeys(raw.params, "param"), **dict.fromkeys(raw.metrics, "metric")}
    names = [*raw.metrics, *raw.params]
    base = ""
    revs = [rev for state in states for rev in _revs(state)]
    rows: list[tuple[datetime | None, dict[str, Any]]] = []
    for rev, values, texts in zip(revs, raw.rows, shown.rows, strict=True):
        if values["typ"] == BASELINE:
            base = values["rev"]
        rows.append((values["Created"], _row(rev, names, values, texts, base)))
    # The workspace first, then by age; where that is the same, as they were listed.
    rows.sort(key=lambda pair: -math.inf if pair[0] is None else -pair[0].timestamp())
    columns = [
        {
            "key": f"{kinds[name]}:{name}",
            "label": name,
            "kind": kinds[name],
            "number": any(_is_number(row["values"][at]) for _, row in rows),
        }
        for at, name in enumerate(names)
    ]
    return Runs(columns, [row for _, row in rows], _failed(states))


def _revs(state: ExperimentState) -> list[str]:
    """The commits of the rows of one baseline."""
    return [state.rev, *(found.revs[0].rev for found in state.experiments or ())]


def _row(rev: str, names: list[str], values: Row, texts: Row, base: str) -> dict[str, Any]:
    derived = values["typ"] != BASELINE
    named = values["Experiment"] if derived else values["rev"]
    kind = "experiment" if derived else _WORKSPACE if rev == _WORKSPACE else "commit"
    created = values["Created"]
    return {
        "key": f"{base}/{rev}/{named}",
        "name": named or values["rev"],
        "rev": "" if rev == _WORKSPACE else rev[:_SHORT],
        "kind": kind,
        "base": base if derived else "",
        "created": created.strftime("%Y-%m-%d %H:%M") if created else "",
        "values": [_plain(values[name]) for name in names],
        "texts": [str(texts[name]) for name in names],
    }


def _failed(states: Sequence[ExperimentState]) -> list[dict[str, str]]:
    every = [*states, *(newest for state in states for found in state.experiments or () for newest in found.revs[:1])]
    found: list[dict[str, str]] = []
    for state in every:
        name = state.name or state.rev[:_SHORT]
        if state.error:
            found.append({"name": name, "message": state.error["msg"]})
        for files in (state.data.metrics, state.data.params) if state.data else ():
            errors = [entry["error"] for entry in files.values() if entry.get("error")]
            found += [{"name": name, "message": str(error.get("msg") or error.get("type"))} for error in errors]
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    """A value that JSON has: what is no number, truth or text is only shown, and infinity has no place on an axis."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int, str)) else None
