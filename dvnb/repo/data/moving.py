"""Moving tracked data together with its .dvc file.

Source: dvc's repo/move.py, output.py (move).
"""

from __future__ import annotations

import os
from dataclasses import replace

from dvnb.errors import OwnershipError, TargetError
from dvnb.events import Warned
from dvnb.formats import dvcfile
from dvnb.formats.dvcfile import DepEntry, DvcFile
from dvnb.pipeline.ignored_outs import tracked_by_git
from dvnb.pipeline.index import DATA_SUFFIX
from dvnb.pipeline.load import data_stage
from dvnb.pipeline.stage import Out, Stage
from dvnb.project.reach import Reach
from dvnb.repo.data.removal import stop_ignoring
from dvnb.repo.data.tracking import OUTSIDE, check_additions
from dvnb.repo.results import MoveResult
from dvnb.repo.session import Session, refuse_ignored, refuse_metafile


def move(session: Session, source: str, target: str) -> MoveResult:
    """Rename a tracked file or folder, and its .dvc file where that is named after it; an existing folder is entered.

    What the data holds by now goes into the cache, but what is recorded stays. Comments of the .dvc file are kept.

    Raises: TargetError, OwnershipError, OverlapError; nothing has changed then.
    """
    project = session.project
    stage, out = _owner(session, source)
    path = session.absolute(target)
    if os.path.isdir(path) or target.endswith(os.sep):
        path = os.path.join(path, os.path.basename(out.path))
    with open(stage.file, "rb") as file:
        old = file.read()
    follows = os.path.basename(stage.file) == os.path.basename(out.path) + DATA_SUFFIX
    new_file = path + DATA_SUFFIX if follows else stage.file
    _check_place(session, out, path, new_file if follows else None)
    parsed = _moved(dvcfile.parse(old, project.shown(stage.file)), stage, out, path, new_file)
    new_stage = data_stage(new_file, parsed)
    session.index.replace([other for other in session.index.stages if other is not stage])
    check_additions(session, [new_stage])
    if follows and project.gitignore is not None and project.gitignore.is_ignored(new_file, is_dir=False):
        raise TargetError(f"bad DVC file name '{project.shown(new_file)}' is git-ignored.")
    project.path_locks.check([], [out.path, path])
    Reach(project).require([out.path, path])
    written = _carry_out(session, stage, out, new_stage, parsed, old)
    to_stage, staged = session.tell_git(written)
    return MoveResult(project.shown(path), project.shown(new_file), to_stage, staged)


def _owner(session: Session, source: str) -> tuple[Stage, Out]:
    owner = session.index.owner(session.absolute(source))
    if owner is None:
        way_out = _way_out(session, session.absolute(source))
        raise TargetError(f"Unable to find DVC file with output '{source}'{way_out}")
    if owner[0].cmd is not None:
        where = session.index.address(owner[0])
        raise OwnershipError(
            "move is not permitted for stages that are not data sources. You need to either move"
            f" '{where}' to a new location and edit it by hand, or remove '{where}' and create a new one at the"
            " desired location."
        )
    return owner


def _way_out(session: Session, path: str) -> str:
    """What works instead for a path that is tracked, but not by itself."""
    around = session.index.containing(path)
    if around is not None:
        folder = session.index.shown(around[1].path)
        return f": it is tracked in '{folder}'; rename it yourself, then run 'dvnb add {folder}'"
    below = session.index.below(path)
    return f": move what is tracked in it, such as '{session.index.shown(below[0][1].path)}'" if below else ""


def _check_place(session: Session, out: Out, path: str, new_file: str | None) -> None:
    project = session.project
    folder = os.path.dirname(path)
    if path == out.path or path.startswith(out.path + os.sep):
        raise TargetError(f"'{project.shown(out.path)}' cannot be moved into itself")
    if not project.contains(path):
        raise TargetError(OUTSIDE.format(path=project.shown(path)))
    refuse_metafile(project, path)
    if not os.path.isdir(folder):
        raise TargetError(f"directory '{project.shown(folder)}' does not exist")
    refuse_ignored(project, path, is_dir=os.path.isdir(out.path))
    for taken in (new_file, path):
        if taken is not None and os.path.lexists(taken):
            raise TargetError(f"'{project.shown(taken)}' already exists")
    if project.git is not None and out.cache and project.git.is_tracked(path):
        raise OwnershipError(tracked_by_git(project.shown(path)))


def _moved(parsed: DvcFile, stage: Stage, out: Out, path: str, new_file: str) -> DvcFile:
    """The .dvc file's content at its new place."""
    wdir = stage.wdir if new_file == stage.file else os.path.dirname(path)
    new = replace(parsed, wdir=parsed.wdir if new_file == stage.file else None)
    text = os.path.relpath(path, wdir).replace(os.sep, "/")
    new.outs = [replace(entry, path=text) if entry.path == out.text else entry for entry in parsed.outs]
    new.deps = [_moved_dep(entry, stage.wdir, wdir) for entry in parsed.deps]
    return new


def _moved_dep(entry: DepEntry, old: str, new: str) -> DepEntry:
    if entry.repo is not None or entry.db is not None or "://" in entry.path or os.path.isabs(entry.path):
        return entry
    path = os.path.relpath(os.path.join(old, entry.path), new)
    return replace(entry, path=path.replace(os.sep, "/"))


def _carry_out(session: Session, stage: Stage, out: Out, new_stage: Stage, parsed: DvcFile, old: bytes) -> list[str]:
    """Move, save, write the new .dvc file, remove the old one; what goes wrong before that moves the data back."""
    project = session.project
    text = next(new.path for new, before in zip(new_stage.outs, stage.outs, strict=True) if before is out)
    there = os.path.lexists(out.path)
    if there:
        project.journal.rename(out.path, text)
    else:
        project.emit(Warned(f"'{out.path}' missing"))
    try:
        session.recorder.take_outs(new_stage, allow_missing=True, only=text)
        new_out = new_stage.find_out(text)
        if new_out is not None and not there:
            session.recorder.ignores.add(new_out)
        if parsed.md5:
            parsed.md5 = dvcfile.import_md5(parsed)
        project.journal.write(new_stage.file, dvcfile.render(parsed, old, project.shown(stage.file)))
    except BaseException:
        session.recorder.ignores.take_back()
        if there:
            project.journal.rename(text, out.path)
        raise
    ignores = stop_ignoring(project, out)
    if new_stage.file != stage.file:
        project.journal.move(stage.file)
    project.state.record_links([out.path])
    written = [*session.recorder.written, new_stage.file, stage.file, *([ignores] if ignores else [])]
    return list(dict.fromkeys(written))
