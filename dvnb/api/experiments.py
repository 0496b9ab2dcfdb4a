"""Experiments of a repo. Source: dvc's api/experiments.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def exp_show(
    repo: str | None = None,
    revs: str | list[str] | None = None,
    num: int = 1,
    param_deps: bool = False,
    force: bool = False,
    config: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """A row for the workspace, and for each baseline with the experiments derived from it, newest first.

    `revs` are the baselines (HEAD), each with the `num` - 1 commits before it, all of them if it is negative;
    `param_deps`: of params only those that stages declare; `force`: read commits again, even if they are remembered.
    Params and metrics are floats where their text is a number.
    Raises: GitError; ConfigError; ProjectError without git.
    """
    from dvnb.repo.experiments.baselines import Baselines  # `read` does without
    from dvnb.repo.experiments.collect import show
    from dvnb.repo.experiments.opening import open_with_experiments
    from dvnb.repo.experiments.table import Look, tabulate

    baselines = Baselines(tuple([revs] if isinstance(revs, str) else revs or ()), num)
    with open_with_experiments(repo, config=config) as other:
        found = show(other, baselines, param_deps=param_deps, force=force)
    table = tabulate(found.states, Look(fill=None))
    return [{header: _cell(row[header]) for header in table.headers} for row in table.rows]


def exp_save(name: str | None = None, force: bool = False, include_untracked: Sequence[str] | None = None) -> str:
    """Record the workspace as an experiment of the project around the current folder; its commit.

    `name`: without one, it gets one such as `calm-heron`; `force`: it may replace an experiment of this name;
    `include_untracked`: files that git does not track and that the experiment shall have nevertheless.
    Raises: ExperimentExistsError; StageFailedError for an output that is missing; GitError.
    """
    from dvnb.repo.facade import Repo  # `read` does without

    return Repo().exp_save(name=name, force=force, include_untracked=include_untracked or ()).rev


def _cell(text: str | None) -> float | str | None:
    from dvnb.repo.experiments.table import Value

    if not isinstance(text, Value):
        return text or None
    try:
        return float(text)
    except ValueError:
        return str(text)
