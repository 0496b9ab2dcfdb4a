"""Baselines with their experiments, and what each commit of them holds.

Source: dvc's repo/experiments/collect.py.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from itertools import takewhile
from typing import Self

from dvnb.errors import ProjectError
from dvnb.git.blobs import BlobReader
from dvnb.git.commits import facts, first_parents
from dvnb.git.trees import FileTree, RevTree
from dvnb.git.worktree import Git
from dvnb.project.project import Project
from dvnb.repo.elsewhere.files import Files
from dvnb.repo.elsewhere.repos import Elsewhere
from dvnb.repo.experiments import refs
from dvnb.repo.experiments.baselines import Baselines
from dvnb.repo.experiments.cache import RecordedCache
from dvnb.repo.experiments.recorded import read_recorded
from dvnb.repo.experiments.refs import Experiment
from dvnb.repo.results.experiments import ExperimentRange, ExperimentShowResult, ExperimentState, Recorded

WORKSPACE = "workspace"
HEAD = "HEAD"


def show(
    other: Elsewhere,
    baselines: Baselines,
    *,
    param_deps: bool = False,
    force: bool = False,
    hide_workspace: bool = False,
    hashes_only: bool = False,
) -> ExperimentShowResult:
    """The workspace (a clone has none), then each baseline with its experiments, newest first.

    `param_deps`: of params only those that stages declare. `force`: what was remembered of commits does not count.
    `hashes_only`: baselines have no names.

    Raises: ProjectError without git; GitError for an unknown rev.
    """
    git = other.project.git
    if git is None:
        raise ProjectError(f"'{other.project.root}' has no experiments: it is not in git")
    start = other.commit or git.head()
    if start is None:
        return ExperimentShowResult()
    if other.commit is not None:
        revs = tuple(_from(start, rev) for rev in baselines.revs or (HEAD,))
        baselines = replace(baselines, revs=revs)
    commits = baselines.commits(git)
    names = {} if hashes_only else refs.describe(git, commits)
    experiments = refs.listed(git, set(commits))
    with _Reader(other, git) as reader:
        states = [] if hide_workspace else [reader.workspace(param_deps=param_deps)]
        for commit in commits:
            derived = [
                reader.experiment(found, param_deps=param_deps, force=force)
                for found in experiments
                if found.baseline == commit
            ]
            # As in dvc, a baseline is shown with all its params.
            state = replace(reader.commit(commit, force=force), name=names.get(commit))
            states.append(replace(state, experiments=sorted(derived, key=_age, reverse=True) or None))
    return ExperimentShowResult(states)


def _from(commit: str, rev: str) -> str:
    """A rev of a repo whose HEAD is `commit`."""
    return commit + rev.removeprefix(HEAD) if rev == HEAD or rev.startswith((f"{HEAD}~", f"{HEAD}^")) else rev


class _Reader:
    """Reads commits of one project."""

    def __init__(self, other: Elsewhere, git: Git) -> None:
        # Messages show paths relative to the root, whatever folder one looks from.
        self._project = _seen_from_root(other.project)
        self._other = other
        self._git = git
        self._cache = RecordedCache(None if other.cloned else os.path.join(other.project.tmp_dir, "exps", "cache"))
        self._blobs = BlobReader(git)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._blobs.close()
        self._project.close()

    def workspace(self, *, param_deps: bool) -> ExperimentState:
        """What is in the workspace; a clone's is empty."""
        if self._other.commit is not None:
            return ExperimentState(WORKSPACE, data=Recorded(WORKSPACE))
        return self._read(self._project.tree(), WORKSPACE, None, param_deps=param_deps)

    def commit(self, commit: str, *, param_deps: bool = False, force: bool = False) -> ExperimentState:
        """What a commit holds."""
        known = None if force or param_deps else self._cache.get(commit)
        if known is not None:
            return ExperimentState(commit, data=known)
        timestamp = datetime.fromtimestamp(facts(self._blobs, commit).committed).isoformat()  # noqa: DTZ006 - as dvc's
        with RevTree(self._git, commit, self._project.root) as tree:
            state = self._read(tree, commit, timestamp, param_deps=param_deps)
        if state.data is not None and not param_deps:
            self._cache.put(state.data)
        return state

    def experiment(self, found: Experiment, *, param_deps: bool, force: bool) -> ExperimentRange:
        """The commits of an experiment, the newest of them by its name."""
        assert found.commit is not None  # noqa: S101 - it was listed here
        above = takewhile(lambda commit: commit != found.baseline, first_parents(self._blobs, found.commit))
        commits = list(above) or [found.commit]
        states = [self.commit(commit, param_deps=param_deps, force=force) for commit in commits]
        states[0].name = found.name
        return ExperimentRange(states, found.name)

    def _read(self, tree: FileTree, rev: str, timestamp: str | None, *, param_deps: bool) -> ExperimentState:
        files = Files(Elsewhere(self._other.url, self._project, tree, cloned=self._other.cloned))
        try:
            return ExperimentState(rev, data=read_recorded(files, rev, timestamp, param_deps=param_deps))
        # One unreadable commit must not hide the others, whatever is wrong with it.
        except Exception as exc:  # noqa: BLE001
            return ExperimentState(rev, error={"msg": str(exc), "type": type(exc).__name__})


def _seen_from_root(project: Project) -> Project:
    """The same project, with the configuration, cache and git that it was opened with."""
    seen = Project(project.root, cwd=project.root, listener=project.emit)
    for name in ("config", "cache_dir", "cache", "git"):
        if name in project.__dict__:
            seen.__dict__[name] = project.__dict__[name]
    return seen


def _age(found: ExperimentRange) -> tuple[str, str]:
    newest = found.revs[0]
    if newest.data and newest.data.timestamp:
        return newest.data.timestamp, newest.rev
    return "", ""
