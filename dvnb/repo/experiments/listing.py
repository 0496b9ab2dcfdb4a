"""`exp list`: which experiments there are. Source: dvc's repo/experiments/ls.py."""

from __future__ import annotations

from dvnb.repo.experiments import refs
from dvnb.repo.experiments.baselines import Baselines
from dvnb.repo.experiments.save import require_commit
from dvnb.repo.results.experiments import ExperimentListResult
from dvnb.repo.session import Session


def list_experiments(session: Session, baselines: Baselines | None, git_remote: str | None) -> ExperimentListResult:
    """The experiments of baselines (None: all), here or in another git repository (by its name here, or its URL).

    Raises: ProjectError without git; GitError for an unknown rev, or a repository that cannot be reached.
    """
    git, _ = require_commit(session)
    wanted = None if baselines is None else set(baselines.commits(git))
    found = refs.listed_at(git, git_remote, wanted) if git_remote else refs.listed(git, wanted)
    result = ExperimentListResult()
    for one in found:
        result.experiments.setdefault(one.baseline, {})[one.name] = one.commit
    result.names = refs.describe(git, result.experiments)
    return result
