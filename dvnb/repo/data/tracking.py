"""Tracking data: add and commit.

Source: dvc's repo/add.py, repo/commit.py, output.py (add, apply).
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from dvnb.errors import DvnbError, Hint, OwnershipError, TargetError
from dvnb.formats import dvcfile
from dvnb.formats.dvcfile import DvcFile, OutEntry
from dvnb.objects.hashing import Fingerprint
from dvnb.pipeline.graph import OverlapError, check_outs
from dvnb.pipeline.index import is_metafile
from dvnb.pipeline.running import runcache
from dvnb.pipeline.stage import Out, Stage
from dvnb.project.reach import Reach
from dvnb.repo.data import members
from dvnb.repo.results import AddResult, CommitResult, TrackedOut
from dvnb.repo.session import Session, refuse_ignored, refuse_metafile

SYMLINKED = (
    "Cannot add files inside symlinked directories to DVC. "
    "See <https://dvc.org/doc/user-guide/troubleshooting#add-symlink> for more information."
)
OUTSIDE = (
    "Cached output(s) outside of DVC project: {path}. "
    "See <https://dvc.org/doc/user-guide/data-management/importing-external-data> for more info."
)


def add(
    session: Session, targets: Sequence[str], *, glob: bool = False, commit: bool = True, relink: bool = True
) -> AddResult:
    """Track files and folders: into the cache, a .dvc file beside each, .gitignore. All targets are checked first.

    Raises: TargetError, OwnershipError, OverlapError; nothing has changed then.
    """
    paths = list(dict.fromkeys(session.absolute(target) for target in _expand(session, targets, glob=glob)))
    _refuse_remote(session, targets)
    work = [(path, stage_for(session, path)) for path in paths]
    check_additions(session, [stage for _, stage in work])
    for path, stage in work:
        _check_content(session, path, stage)
    session.project.path_locks.check([], [out.path for _, stage in work for out in stage.outs])
    result = AddResult()
    for path, stage in work:
        try:
            _take(session, path, stage, commit=commit, relink=relink)
        except FileNotFoundError as exc:  # a symlink that leads nowhere
            raise TargetError(str(exc)) from exc
        write_stage(session, stage)
        result.outs.append(tracked(session, stage))
    result.to_stage, result.staged = session.tell_git(session.recorder.written)
    return result


def _refuse_remote(session: Session, targets: Sequence[str]) -> None:
    """`add storage /mnt/storage` is what people type who mean a remote.

    Raises: TargetError for two targets, of which the first is a mere name of nothing and the second lies outside.
    """
    match targets:
        case [name, place] if os.sep not in name and not os.path.lexists(session.absolute(name)):
            if "://" in place or not session.project.contains(session.absolute(place)):
                hint = Hint("remote add", name, place)
                raise TargetError(f"'{name}' does not exist. To add a remote of this name, use 'remote add'", hint)
        case _:
            pass


def commit(
    session: Session,
    targets: Sequence[str],
    *,
    force: bool = False,
    with_deps: bool = False,
    recursive: bool = False,
    relink: bool = True,
) -> CommitResult:
    """Record what the workspace holds now for tracked data and stages, without running anything.

    Raises: TargetError; DvnbError for a changed stage unless `force`.
    """
    if not (with_deps or recursive):
        session.narrow(targets)
    found = session.targets.find(targets, with_deps=with_deps, recursive=recursive)
    session.project.path_locks.check(
        [dep.path for stage, _ in found for dep in stage.deps], [out.path for stage, _ in found for out in stage.outs]
    )
    Reach(session.project).require(out.path for stage, _ in found for out in stage.outs if out.cache)
    result = CommitResult()
    unchanged: set[int] = set()
    for position, (stage, path) in enumerate(found):
        if path is not None and stage.find_out(path) is None:
            changed = members.is_changed(session, path, _out_around(stage, path))
        else:
            changed = bool(session.status.reasons(stage, path)) and _really_changed(session, stage)
        if changed and not force:
            raise DvnbError(f"unable to commit changed {session.index.describe(stage)}. Use `-f|--force` to force.")
        if not changed and not force:
            unchanged.add(position)
    for position, (stage, path) in enumerate(found):
        owned = stage.find_out(path) if path else None
        if path and owned is None:
            members.take(session, path, _out_around(stage, path), commit=True, relink=relink, whole=True)
        else:
            _take_all(session, stage, path, relink=relink, is_unchanged=position in unchanged)
        session.recorder.write(stage)
        result.stages.append(session.index.address(stage))
    if session.project.git is not None:  # dvc's commit leaves staging to its user, whatever core.autostage says
        result.to_stage = [session.project.shown(path) for path in session.recorder.written]
    return result


def _take_all(session: Session, stage: Stage, path: str | None, *, relink: bool, is_unchanged: bool) -> None:
    before = [out.recorded for out in stage.outs]
    session.recorder.take_deps(stage)
    session.recorder.take_outs(stage, relink=relink, only=path)
    if not is_unchanged:
        runcache.remember(session.project, session.recorder, stage)
        return
    # As dvc: sizes that the file lacks are not added, and the run is none to be remembered.
    for out, recorded in zip(stage.outs, before, strict=True):
        out.recorded = recorded


def _really_changed(session: Session, stage: Stage) -> bool:
    """Whether workspace content differs from the record; a mere gap in the cache is filled without asking."""
    outs = (session.measure.out(out) for out in stage.outs)
    recorded = (out.recorded.hash_info if out.recorded else None for out in stage.outs)
    same = all(built and built.fingerprint.hash_info == known for built, known in zip(outs, recorded, strict=True))
    return not same or bool(session.status.changed_deps(stage)) or session.status.definition_changed(stage)


def _expand(session: Session, targets: Sequence[str], *, glob: bool) -> list[str]:
    if not glob:
        return list(dict.fromkeys(targets))
    from glob import glob as expand  # only for --glob

    found = [
        path for target in targets for path in sorted(expand(target, root_dir=session.project.cwd, recursive=True))
    ]
    if not found:
        raise TargetError(f"Glob {list(targets)} has no matches.")
    return [path for path in dict.fromkeys(found) if not is_metafile(os.path.basename(path))]


def stage_for(session: Session, path: str) -> Stage:
    """The stage that tracks a path, or a new one for a .dvc file beside it."""
    owner = session.index.containing(path)
    if owner is None:
        return _new_stage(session, path)
    stage, out = owner
    if stage.cmd is not None:
        raise OwnershipError(
            f"cannot update '{session.index.shown(out.path)}': overlaps with an output of"
            f" {session.index.describe(stage)} in '{session.index.shown(stage.file)}'.\n"
            "Run the pipeline or use 'dvc commit' to force update it."
        )
    if path != out.path and out.recorded and out.recorded.hash_info and not out.recorded.hash_info.is_dir:
        raise OwnershipError(f"Cannot modify '{session.index.shown(out.path)}' which is being tracked as a file")
    if path != out.path:
        _refuse_place(session, path)
    return stage


def _new_stage(session: Session, path: str) -> Stage:
    project = session.project
    if not project.contains(path):
        raise TargetError(OUTSIDE.format(path=project.shown(path)))
    refuse_metafile(project, path)
    _refuse_place(session, path)
    if project.git is not None and project.gitignore is not None and project.gitignore.is_ignored(path + ".dvc", False):
        raise TargetError(f"bad DVC file name '{project.shown(path)}.dvc' is git-ignored.")
    folder, name = os.path.split(path)
    return Stage(file=path + ".dvc", name=None, wdir=folder, outs=[Out(path, name)])


def _refuse_place(session: Session, path: str) -> None:
    project = session.project
    refuse_ignored(project, path)
    if os.path.realpath(os.path.dirname(path)) != os.path.dirname(path) or (
        os.path.islink(path) and os.path.isdir(path)
    ):
        raise TargetError(SYMLINKED)


def check_additions(session: Session, stages: list[Stage]) -> None:
    """Take new stages into the index and refuse those that contradict others, in the words of `add`.

    Raises: OwnershipError, GraphError.
    """
    index = session.index
    for stage in stages:
        if stage not in index.stages:
            index.add(stage)
    try:
        check_outs(index)
    except OverlapError as exc:
        (owner, parent), (child_owner, child) = exc.parent, exc.child
        above, below = index.shown(parent.path), index.shown(child.path)
        if owner in stages:
            raise OwnershipError(
                f"Cannot add '{above}', because it is overlapping with other DVC tracked output: '{below}'.\n"
                f"To include '{below}' in '{above}', run 'dvc remove {index.address(child_owner)}'"
                f" and then 'dvc add {above}'"
            ) from exc
        raise OwnershipError(
            f"Cannot add '{below}', because it is overlapping with other DVC tracked output: '{above}'.\n"
            f"To include '{below}' in '{above}', run 'dvc commit {index.address(owner)}'"
        ) from exc


def _check_content(session: Session, path: str, stage: Stage) -> None:
    project = session.project
    out = stage.outs[0]
    if not os.path.exists(path) and path == out.path:
        shown = project.shown(path)
        raise TargetError(
            f"output '{shown}' does not exist: [Errno 2] No such file or directory: '{path}'",
            Hint("add", "--glob", shown) if any(sign in shown for sign in "*?[") else None,
        )
    session.recorder.ignores.refuse_tracked(out)


def _take(session: Session, path: str, stage: Stage, *, commit: bool, relink: bool) -> None:
    if stage.find_out(path) is not None:
        session.recorder.take_outs(stage, commit=commit, relink=relink, only=path)
    else:
        members.take(session, path, _out_around(stage, path), commit=commit, relink=relink)


def _out_around(stage: Stage, path: str) -> Out:
    return next(out for out in stage.outs if path.startswith(out.path + os.sep))


def write_stage(session: Session, stage: Stage) -> None:
    """Write a data source's .dvc file; an existing one keeps its comments and its own keys."""
    if os.path.exists(stage.file):
        session.recorder.write(stage)
        if stage.file not in session.recorder.written:
            session.recorder.written.append(stage.file)
        return
    outs = [OutEntry(path=out.text, fingerprint=out.recorded or Fingerprint(None)) for out in stage.outs]
    session.project.journal.write(stage.file, dvcfile.render(DvcFile(outs=outs)))
    session.recorder.written.append(stage.file)


def _value(fingerprint: Fingerprint) -> str:
    return fingerprint.hash_info.value if fingerprint.hash_info else ""


def tracked(session: Session, stage: Stage) -> TrackedOut:
    """What a data source tracks now."""
    out = stage.outs[0]
    recorded = out.recorded or Fingerprint(None)
    return TrackedOut(
        session.index.shown(out.path), session.index.shown(stage.file), _value(recorded), recorded.size, recorded.nfiles
    )
