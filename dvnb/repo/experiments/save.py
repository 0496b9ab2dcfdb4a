"""`exp save`: the workspace as it is, recorded as a commit that only the experiment's ref leads to.

The data goes into the cache and its hashes into the metafiles, as `commit --force` does; then those, and all that git
tracks, become a commit on top of HEAD. HEAD, the branch, the index and all other files of the workspace stay.
Source: dvc's repo/experiments/save.py and executor/base.py (`save`, `commit`).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

from dvnb.errors import GitError, ProjectError, TargetError
from dvnb.events import Warned
from dvnb.formats import lockfile
from dvnb.git import commits
from dvnb.git.worktree import Git
from dvnb.objects.undo import gitchanges
from dvnb.pipeline.load import lock_path
from dvnb.pipeline.sections import top_level
from dvnb.pipeline.stage import Stage
from dvnb.pipeline.stage_records import lock_entry
from dvnb.records import dataclass
from dvnb.repo.data import tracking
from dvnb.repo.experiments import refs
from dvnb.repo.experiments.naming import free_name
from dvnb.repo.experiments.refs import Experiment
from dvnb.repo.results.experiments import ExperimentSaveResult
from dvnb.repo.session import Session


@dataclass(slots=True)
class SaveOptions:
    """`name` None: one is made up. `include_untracked`: files that git does not track and that shall be in it."""

    name: str | None = None
    force: bool = False
    include_untracked: Sequence[str] = ()
    message: str | None = None
    recursive: bool = False


def save(session: Session, targets: Sequence[str], options: SaveOptions) -> ExperimentSaveResult:
    """Record the workspace as an experiment of HEAD; `targets`: only their data goes into the cache.

    Raises: ProjectError without git; GitError before the first commit; ExperimentExistsError unless `force`;
    TargetError; StageFailedError for an output that is missing. Nothing is changed then, but for metafiles of stages
    before the one that failed.
    """
    git, baseline = require_commit(session)
    experiment = Experiment(baseline, options.name or free_name(git, baseline))
    refs.check_name(git, experiment)
    if not options.force:
        refs.check_free(git, experiment, "save")
    included = [_included(session, git, path) for path in options.include_untracked]
    tracking.commit(session, targets, force=True, recursive=options.recursive, relink=False)
    stages = session.index.stages if not targets else [stage for stage, _ in session.targets.find(targets)]
    extra = [path for path in (*included, *_declared(session), *_locks(session)) if _is_of(git, path)]
    message = options.message or f"dvc: commit experiment {digest(stages)}"
    commit = commits.commit_work_tree(git, baseline, message, extra)
    replaced = git.ref(experiment.ref) if options.force else None
    gitchanges.set_ref(session.project.journal, git, experiment.ref, commit, old=replaced)
    left_out = _left_out(git, extra)
    if left_out:
        session.project.emit(
            Warned(
                "The following untracked files were present in the workspace before saving but will not be included"
                f" in the experiment commit:\n\t{', '.join(left_out)}"
            )
        )
    return ExperimentSaveResult(experiment.name, commit, experiment.ref, replaced, left_out)


def require_commit(session: Session) -> tuple[Git, str]:
    """Git, and the commit that is checked out. Raises: ProjectError without git; GitError before the first commit."""
    git = session.project.git
    if git is None or session.project.config.get("core.no_scm"):
        raise ProjectError(
            "Only supported for Git repositories. If you're seeing this error in a Git repo, try"
            " updating the DVC configuration with `dvc config core.no_scm false`."
        )
    head = git.head()
    if head is None:
        raise GitError("Empty Git repo. Add a commit to use experiments.")
    return git, head


def digest(stages: Iterable[Stage]) -> str:
    """What the default message of an experiment's commit calls it: a hash of what its stages recorded (SPEC 8.1)."""
    entries = {stage.name: lockfile.entry_dict(lock_entry(stage)) for stage in stages if stage.name is not None}
    return hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()


def _included(session: Session, git: Git, text: str) -> str:
    path = session.absolute(text)
    if not os.path.lexists(path):
        raise TargetError(f"'{text}' cannot be included in the experiment: it does not exist")
    if not _is_of(git, path):
        raise TargetError(f"'{text}' cannot be included in the experiment: it is not of this git repository")
    return path


def _is_of(git: Git, path: str) -> bool:
    """Whether a path lies in this work tree, and in no submodule of it."""
    found = Git.find(os.path.dirname(path))
    return found is not None and found.root == git.root


def _declared(session: Session) -> Iterator[str]:
    """Metrics, params and plots that a dvc.yaml names on top, absolute: they belong to what was tried."""
    for section in ("metrics", "params", "plots"):
        for file, found in top_level(session.project, session.index, section):
            for name in _plots(found) if section == "plots" else found:
                path = os.path.normpath(os.path.join(os.path.dirname(file), name))
                owner = session.index.containing(path)
                # What the cache has, and a .gitignore, shall not get into git; dvc puts it there.
                if owner is None or not owner[1].cache:
                    yield path


def _plots(items: Iterable[Any]) -> Iterator[str]:
    """The files that top-level plots are made of: their ids, or what their `x` and `y` name."""
    for item in items:
        plots: dict[str, Any] = {item: None} if isinstance(item, str) else item
        for name, settings in plots.items():
            axes = [axis for axis in ("y", "x") if settings and isinstance(settings.get(axis), dict)]
            if "y" not in axes:
                yield name
                continue
            for axis in axes:
                yield from cast("dict[str, Any]", settings[axis])


def _locks(session: Session) -> Iterator[str]:
    """Lock files that git does not know yet."""
    for file in session.index.files:
        yield lock_path(file)


def _left_out(git: Git, extra: Iterable[str]) -> list[str]:
    taken = {git.relpath(path) for path in extra}
    return [path for path in commits.untracked(git) if path not in taken]
