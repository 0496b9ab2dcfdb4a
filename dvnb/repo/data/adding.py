"""`add --out` and `add --to-remote`: tracking content that lies elsewhere, on this machine or behind a URL.

Source: dvc's repo/add.py (`_add_transfer`), output.py (`transfer`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from dvnb.errors import OwnershipError, TargetError
from dvnb.objects.hashing import Fingerprint
from dvnb.objects.remotes.external import External, LocalPath
from dvnb.pipeline.stage import Out, Stage
from dvnb.repo.data import uploading
from dvnb.repo.data.placing import tracked_destination
from dvnb.repo.data.tracking import check_additions, stage_for, tracked, write_stage
from dvnb.repo.elsewhere.origins import take, temporary_folder
from dvnb.repo.elsewhere.sources import open_source
from dvnb.repo.results import AddResult
from dvnb.repo.session import Session


def only_target(targets: Sequence[str]) -> str:
    """The one target that these ways of adding take. Raises: TargetError."""
    if len(targets) != 1:
        raise TargetError("multiple targets can't be used with --out or --to-remote")
    return targets[0]


def add_from_elsewhere(session: Session, target: str, out: str, *, force: bool) -> AddResult:
    """Copy the target to `out` and track it there.

    Raises: TargetError where something is in the way, unless `force` (what is there goes to the trash then).
    """
    project = session.project
    path = tracked_destination(project.cwd, target, out, force=force)
    source = open_source(project.config, target, project.cwd)
    source.is_dir()  # refuses what is not there
    if isinstance(source, LocalPath) and source.path == path:
        raise TargetError(f"'{project.shown(path)}' is both what is to be copied and where to")
    stage = _stage_at(session, path)
    fingerprint = _take(session, source, stage.outs[0])
    session.recorder.ignores.add(stage.outs[0])
    return _record(session, stage, fingerprint)


def add_to_remote(
    session: Session, target: str, out: str | None, *, remote: str | None, jobs: int | None, force: bool
) -> AddResult:
    """Put the target into a remote and track it, without a copy in the cache or the workspace.

    As with dvc nothing is added to .gitignore: there is no file to ignore yet.

    Raises: ConfigError, RemoteError, TargetError, OwnershipError; nothing is tracked then.
    """
    project = session.project
    store = project.remote(remote, action="add")
    source = open_source(project.config, target, project.cwd)
    if out is not None:
        path = tracked_destination(project.cwd, target, out, force=force)
    elif isinstance(source, LocalPath) and project.contains(source.path):
        path = source.path
    else:
        path = tracked_destination(project.cwd, target, None, force=True)
    source.is_dir()  # refuses what is not there, before anything is uploaded
    stage = _stage_at(session, path)
    session.recorder.ignores.refuse_tracked(stage.outs[0])
    return _record(session, stage, uploading.upload(project, source, store, jobs=jobs))


def _stage_at(session: Session, path: str) -> Stage:
    """The stage that tracks exactly this path, or a new one."""
    stage = stage_for(session, path)
    if stage.outs[0].path != path:
        shown, above = (session.index.shown(item) for item in (path, stage.outs[0].path))
        raise OwnershipError(
            f"Cannot add '{shown}', because it is overlapping with other DVC tracked output: '{above}'."
        )
    check_additions(session, [stage])
    return stage


def _take(session: Session, source: External | LocalPath, out: Out) -> Fingerprint:
    """Put the content into the cache, then where the out is."""
    if isinstance(source, LocalPath):
        return take(session, out, source.path).fingerprint
    with temporary_folder(session) as folder:
        copy = os.path.join(folder, "content")
        source.download(copy)
        return take(session, out, copy).fingerprint


def _record(session: Session, stage: Stage, fingerprint: Fingerprint) -> AddResult:
    stage.outs[0].recorded = fingerprint
    write_stage(session, stage)
    result = AddResult([tracked(session, stage)])
    result.to_stage, result.staged = session.tell_git(session.recorder.written)
    return result
