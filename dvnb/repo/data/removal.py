"""Letting go of data: remove, unprotect, destroy.

Source: dvc's repo/remove.py, stage/__init__.py (remove, unprotect_outs), repo/destroy.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

from dvnb.errors import OwnershipError, TargetError
from dvnb.formats import dvcyaml, lockfile
from dvnb.formats.gitignore import remove_entry
from dvnb.objects.files import read_if_there
from dvnb.objects.hashing import Fingerprint
from dvnb.objects.tree import Tree
from dvnb.objects.undo.hanging import unprotect_noted
from dvnb.objects.undo.journal import Journal
from dvnb.pipeline.index import PIPELINE_FILE, is_metafile
from dvnb.pipeline.load import lock_path
from dvnb.pipeline.stage import Out, Stage
from dvnb.pipeline.targets import Target, split_target
from dvnb.project.project import Project
from dvnb.project.reach import Reach
from dvnb.repo.data import members
from dvnb.repo.results import DestroyResult, RemoveResult, UnprotectResult
from dvnb.repo.session import Session

# Bytes of a metafile without one of its stages; None if nothing else is in it. Takes the bytes, the path, the name.
Remover = Callable[[bytes, str, str], bytes | None]


def remove(session: Session, targets: Sequence[str], *, outs: bool = False) -> RemoveResult:
    """Forget stages and tracked data: .dvc file or entries of dvc.yaml and dvc.lock, and lines of .gitignore.

    Data stays as writable copies that the cache does not share; with `outs` it goes (what the cache lacks: into the
    trash). A target inside a tracked folder takes that member out of the folder's record. All targets are checked
    first, so that a wrong one changes nothing.

    Raises: TargetError, OwnershipError.
    """
    session.narrow(targets)
    found = list(dict.fromkeys(target for text in targets for target in _find(session, text)))
    for stage, _path in found:
        if stage.name is not None and (stage.templated or stage.generator):
            raise OwnershipError(f"cannot remove a parametrized {session.index.describe(stage)}")
    for stage, path in found:
        if path is not None:
            _without_member(session, stage, path)
    paths = [path or out.path for stage, path in found for out in stage.outs]
    session.project.path_locks.check(paths, paths if outs else ())
    if outs:
        gone = [path or out.path for stage, path in found for out in stage.outs if "://" not in out.path]
        Reach(session.project).require(gone)
    result = RemoveResult()
    whole = {stage for stage, path in found if path is None}
    for stage, path in found:
        if path is None:
            _remove_stage(session, stage, result, outs=outs)
        elif stage not in whole:
            _remove_member(session, stage, path, result, outs=outs)
    return result


def _find(session: Session, text: str) -> list[Target]:
    path = session.absolute(text)
    if split_target(text)[0] is None:
        owner = session.index.containing(path)
        if owner is not None and owner[0].name is None:
            return [Target(owner[0], None if path == owner[1].path else path)]
        below = [stage for stage, _ in session.index.below(path) if stage.name is None]
        if below and not _is_stage(session, text):
            return [Target(stage) for stage in dict.fromkeys(below)]
        if owner is not None and not _is_stage(session, text):
            where = session.index.address(owner[0])
            raise TargetError(f"'{text}' is an output of stage '{where}': 'dvnb remove {where}' removes that stage")
    try:
        stages = session.targets.stages([text])
    except TargetError as exc:
        if not is_metafile(text):
            raise
        # dvc names the .dvc file in full here
        shown = session.project.shown(path)
        raise TargetError(str(exc).replace(f"'{shown}'", f"'{path}'", 1), exc.hint) from exc
    if any(stage.generator == text for stage in stages):
        raise TargetError(f"Stage '{text}' not found inside 'dvc.yaml' file")
    return [Target(stage) for stage in stages]


def _is_stage(session: Session, text: str) -> bool:
    return bool(session.index.named(session.absolute(PIPELINE_FILE), text))


def _remove_stage(session: Session, stage: Stage, result: RemoveResult, *, outs: bool) -> None:
    project = session.project
    reach = Reach(project)
    local = [out for out in stage.outs if "://" not in out.path]
    for out in local:
        if outs:
            delete_out(project, out)
            result.deleted.append(project.shown(out.path))
        elif out.cache and os.path.lexists(out.path) and reach.allows(out.path):
            unprotect_noted(out.path, project.cache, project.state, project.journal)
    for out in local:
        stop_ignoring(project, out)
    if stage.name is None:
        project.journal.move(stage.file)
    else:
        _remove_entry(project, lock_path(stage.file), stage.name, lockfile.remove)
        _remove_entry(project, stage.file, stage.name, dvcyaml.remove_stage)
        for path in session.index.pointers_to(stage):
            project.journal.move(path)
    project.state.record_links(out.path for out in local if not os.path.lexists(out.path))
    result.stages.append(session.index.address(stage))


def _remove_entry(project: Project, path: str, name: str, without: Remover) -> None:
    """Take a stage out of dvc.yaml or dvc.lock; a file that would be empty goes into the trash."""
    old = read_if_there(path)
    if old is None:
        return
    new = without(old, project.shown(path), name)
    if new is None:
        project.journal.move(path)
    elif new != old:
        project.journal.write(path, new)


def delete_out(project: Project, out: Out) -> None:
    """Remove an out from the workspace, its unsaved content, and whatever else is in its folder, into the trash."""
    if not os.path.lexists(out.path):
        return
    if not out.cache or (os.path.islink(out.path) and not os.path.exists(out.path)):
        project.journal.move(out.path)
        return
    project.checkout(out.path, None)
    if os.path.lexists(out.path):  # ignored files are no content of the out
        project.journal.move(out.path)


def stop_ignoring(project: Project, out: Out) -> str | None:
    """Drop an out's line from the .gitignore beside it; that file (absolute) if it changed."""
    if project.git is None or not out.cache or not Reach(project).allows(out.path):
        return None
    folder, name = os.path.split(out.path)
    path = os.path.join(folder, ".gitignore")
    try:
        with open(path, "rb") as file:
            old = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    new = remove_entry(old.decode("utf-8", "surrogateescape"), name)
    if new is None:
        project.journal.move(path)
    elif (data := new.encode("utf-8", "surrogateescape")) != old:
        project.journal.write(path, data)
    else:
        return None
    project.forget_git()
    return path


def _remove_member(session: Session, stage: Stage, path: str, result: RemoveResult, *, outs: bool) -> None:
    project = session.project
    out, listing = _without_member(session, stage, path)
    hash_info = project.cache.put_tree(listing)
    if os.path.lexists(path) and outs:
        delete_out(project, Out(path, path))
        result.deleted.append(project.shown(path))
    elif os.path.lexists(path):
        unprotect_noted(path, project.cache, project.state, project.journal)
    out.recorded = Fingerprint(hash_info, nfiles=len(listing.entries))
    session.recorder.write(stage)
    result.members.append(project.shown(path))


def _without_member(session: Session, stage: Stage, path: str) -> tuple[Out, Tree]:
    """The out around `path`, and its listing without what is there. Raises: TargetError if nothing is."""
    out = next(out for out in stage.outs if path.startswith(out.path + os.sep))
    old = members.listing(session, out)
    kept = old.merge(members.relpath(path, out), Tree({}, old.algorithm))
    if kept == old:
        shown = session.project.shown
        raise TargetError(f"'{shown(path)}' is not tracked in '{shown(out.path)}'")
    return out, kept


def unprotect(session: Session, targets: Sequence[str]) -> UnprotectResult:
    """Turn links into the cache into writable copies: of a path, or of what a stage or .dvc file stands for.

    Raises: TargetError for a path that is not there; nothing has changed then.
    """
    paths = list(dict.fromkeys(path for text in targets for path in _data_paths(session, text)))
    session.project.path_locks.check(paths)
    for path in paths:
        unprotect_noted(path, session.project.cache, session.project.state, session.project.journal)
    return UnprotectResult([session.project.shown(path) for path in paths])


def _data_paths(session: Session, text: str) -> list[str]:
    """Where the data is that a target of `unprotect` means; a metafile itself is no data."""
    path = session.absolute(text)
    is_metafile = split_target(text)[0] is not None
    if os.path.exists(path) and not is_metafile:
        return [path]
    stages = session.targets.stages([text]) if is_metafile or _is_stage(session, text) else []
    paths = [out.path for stage in stages for out in stage.outs if out.cache and os.path.exists(out.path)]
    if not paths:
        raise TargetError(f"can't unprotect non-existing data '{text}'")
    return paths


def destroy(session: Session) -> DestroyResult:
    """End the project: metafiles, settings and the cache within `.dvc` go into the trash; data stays, as copies.

    Raises: FormatError where a metafile cannot be read, BusyPathError while a stage runs: then nothing has changed.
    """
    project = session.project
    stages = session.index.stages
    project.path_locks.check([], [project.root])
    journal = _outer_journal(project)
    for out in (out for stage in stages for out in stage.outs):
        if out.cache and os.path.exists(out.path):
            unprotect_noted(out.path, project.cache, project.state, journal)
    for path in [*_metafiles(stages), os.path.join(project.root, ".dvcignore"), project.dvc_dir]:
        if os.path.lexists(path):
            journal.move(path)
    journal.close()
    return DestroyResult(journal.home)


def _metafiles(stages: Iterable[Stage]) -> list[str]:
    files = dict.fromkeys(stage.file for stage in stages)
    pipelines = dict.fromkeys(lock_path(stage.file) for stage in stages if stage.name is not None)
    return [*files, *pipelines]


def _outer_journal(project: Project) -> Journal:
    """A journal that does not lie in `.dvc`, as that of a project without git does."""
    if not project.journal.folder.startswith(project.dvc_dir + os.sep):
        return project.journal
    from dvnb.repo.upkeep.gone import outer_trash  # few projects are without git

    return Journal(outer_trash(project.root), "destroy")
