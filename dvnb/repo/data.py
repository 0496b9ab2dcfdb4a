"""Tracking data: add and commit.

Source: dvc's repo/add.py, repo/commit.py, output.py (add, apply).
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from dvnb.errors import DvnbError, OwnershipError, TargetError
from dvnb.formats import dvcfile
from dvnb.formats.dvcfile import DvcFile, OutEntry
from dvnb.objects.build import build, save
from dvnb.objects.checkout import checkout
from dvnb.objects.files import write_atomic
from dvnb.objects.hashing import Fingerprint
from dvnb.objects.tree import Tree
from dvnb.pipeline import runcache
from dvnb.pipeline.graph import OverlapError, check_outs
from dvnb.pipeline.index import is_metafile
from dvnb.pipeline.record import listed, tracked_by_git
from dvnb.pipeline.stage import Out, Stage
from dvnb.repo.results import AddResult, CommitResult, TrackedOut
from dvnb.repo.session import Session

SYMLINKED = (
    "Cannot add files inside symlinked directories to DVC. "
    "See <https://dvc.org/doc/user-guide/troubleshooting#add-symlink> for more information."
)
OUTSIDE = (
    "Cached output(s) outside of DVC project: {path}. "
    "See <https://dvc.org/doc/user-guide/data-management/importing-external-data> for more info."
)


def add(
    session: Session,
    targets: Sequence[str],
    *,
    glob: bool = False,
    out: str | None = None,
    commit: bool = True,
    force: bool = False,
    relink: bool = True,
) -> AddResult:
    """Track files and folders: into the cache, a .dvc file beside each, .gitignore. All targets are checked first.

    `out`: the one target is copied in from elsewhere, to this path; `force` lets it replace what is there.

    Raises: TargetError, OwnershipError, OverlapError; nothing has changed then.
    """
    if out is not None:
        return _add_from_elsewhere(session, targets, out, force=force)
    paths = [session.absolute(target) for target in _expand(session, targets, glob=glob)]
    work = [(path, _stage_for(session, path)) for path in paths]
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
        _write(session, stage)
        result.outs.append(_tracked(session, stage))
    result.to_stage, result.staged = session.tell_git(session.recorder.written)
    return result


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
    found = session.targets.find(targets, with_deps=with_deps, recursive=recursive)
    session.project.path_locks.check(
        [dep.path for stage, _ in found for dep in stage.deps], [out.path for stage, _ in found for out in stage.outs]
    )
    result = CommitResult()
    for stage, path in found:
        changed = bool(session.status.reasons(stage, path)) and _really_changed(session, stage)
        if changed and not force:
            raise DvnbError(f"unable to commit changed {session.index.describe(stage)}. Use `-f|--force` to force.")
    for stage, path in found:
        owned = stage.find_out(path) if path else None
        if path and owned is None:
            _take(session, path, stage, commit=True, relink=relink)
        else:
            session.recorder.take_deps(stage)
            session.recorder.take_outs(stage, relink=relink, only=path)
            runcache.remember(session.project, session.recorder, stage)
        session.recorder.write(stage)
        result.stages.append(session.index.address(stage))
    result.to_stage, result.staged = session.tell_git(session.recorder.written)
    return result


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
    return [path for path in dict.fromkeys(found) if not is_metafile(os.path.basename(path))]


def _stage_for(session: Session, path: str) -> Stage:
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
    return stage


def _new_stage(session: Session, path: str) -> Stage:
    project = session.project
    if not project.contains(path):
        raise TargetError(OUTSIDE.format(path=project.shown(path)))
    if is_metafile(os.path.basename(path)):
        raise TargetError(f"DVC file '{project.shown(path)}' cannot be an output.")
    rule = project.ignore.explain(path, os.path.isdir(path))
    if project.ignore.is_ignored(path, os.path.isdir(path)):
        where = ":".join(str(part) for part in rule if part != 0) if rule else ".dvcignore"
        raise TargetError(f"Path '{path}' is ignored by {where}")
    if os.path.realpath(os.path.dirname(path)) != os.path.dirname(path) or (
        os.path.islink(path) and os.path.isdir(path)
    ):
        raise TargetError(SYMLINKED)
    folder, name = os.path.split(path)
    return Stage(file=path + ".dvc", name=None, wdir=folder, outs=[Out(path, name)])


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
        raise TargetError(
            f"output '{project.shown(path)}' does not exist: [Errno 2] No such file or directory: '{path}'"
        )
    if project.git and out.cache and project.git.is_tracked(out.path):
        raise OwnershipError(tracked_by_git(project.shown(out.path)))


def _take(session: Session, path: str, stage: Stage, *, commit: bool, relink: bool) -> None:
    if path == stage.outs[0].path:
        session.recorder.take_outs(stage, commit=commit, relink=relink)
    else:
        _take_member(session, path, stage.outs[0], commit=commit, relink=relink)


def _take_member(session: Session, path: str, out: Out, *, commit: bool, relink: bool) -> None:
    """Record one path inside a tracked folder; the rest of the folder need not be there."""
    project = session.project
    assert out.recorded is not None  # noqa: S101 - a folder has members only once recorded
    assert out.recorded.hash_info is not None  # noqa: S101
    old = project.cache.read_tree(out.recorded.hash_info)
    prefix = os.path.relpath(path, out.path).replace(os.sep, "/")
    new, size = _replace_member(session, path, prefix, old, commit=commit, relink=relink)
    tree = Tree(new)
    hash_info = tree.hash_info()
    if hash_info == out.recorded.hash_info:
        return
    if commit:
        project.cache.put_bytes(tree.to_bytes(), hash_info)
    purely_added = size is not None and len(new) > len(old.entries) and new.items() >= old.entries.items()
    total = out.recorded.size + size if purely_added and size is not None and out.recorded.size else None
    out.recorded = listed(Fingerprint(hash_info, size=total, nfiles=len(new)), tree, out)


def _replace_member(
    session: Session, path: str, prefix: str, old: Tree, *, commit: bool, relink: bool
) -> tuple[dict[str, str], int | None]:
    """The folder's entries with those at `prefix` replaced by what is there now, and the size of the latter."""
    project = session.project
    kept = {rel: md5 for rel, md5 in old.entries.items() if rel != prefix and not rel.startswith(prefix + "/")}
    if not os.path.exists(path):
        if len(kept) == len(old.entries):
            raise TargetError(f"'{project.shown(path)}' does not exist")
        return kept, None
    built = build(path, state=project.state, ignore=project.ignore, emit=project.emit)
    if commit:
        save(
            built,
            path,
            project.cache,
            link_types=project.link_types,
            relink=relink,
            state=project.state,
            emit=project.emit,
        )
    if built.tree is not None:
        kept.update((f"{prefix}/{rel}", md5) for rel, md5 in built.tree.entries.items())
    elif built.fingerprint.hash_info:
        kept[prefix] = built.fingerprint.hash_info.value
    return kept, built.fingerprint.size


def _write(session: Session, stage: Stage) -> None:
    """Write a data source's .dvc file; an existing one keeps its comments and its own keys."""
    if os.path.exists(stage.file):
        session.recorder.write(stage)
        if stage.file not in session.recorder.written:
            session.recorder.written.append(stage.file)
        return
    outs = [OutEntry(path=out.text, fingerprint=out.recorded or Fingerprint(None)) for out in stage.outs]
    write_atomic(stage.file, dvcfile.render(DvcFile(outs=outs)))
    session.recorder.written.append(stage.file)


def _add_from_elsewhere(session: Session, targets: Sequence[str], out: str, *, force: bool) -> AddResult:
    if len(targets) != 1:
        raise TargetError("multiple targets can't be used with --out")
    project = session.project
    source, path = session.absolute(targets[0]), session.absolute(out)
    if not os.path.exists(source):
        raise TargetError(f"output '{targets[0]}' does not exist: [Errno 2] No such file or directory: '{source}'")
    stage = _stage_for(session, path)
    check_additions(session, [stage])
    built = build(source, state=project.state, ignore=None, emit=project.emit)
    save(built, source, project.cache, link_types=["copy"], relink=False, state=project.state, emit=project.emit)
    checkout(
        path,
        built.fingerprint,
        store=project.cache,
        state=project.state,
        ignore=project.ignore,
        link_types=project.link_types,
        force=force,
        trash=project.trash,
        emit=project.emit,
    )
    stage.outs[0].recorded = built.fingerprint
    session.recorder.ignore_in_git(stage.outs[0])
    _write(session, stage)
    staged = session.tell_git(session.recorder.written)
    return AddResult([_tracked(session, stage)], *staged)


def _value(fingerprint: Fingerprint) -> str:
    return fingerprint.hash_info.value if fingerprint.hash_info else ""


def _tracked(session: Session, stage: Stage) -> TrackedOut:
    out = stage.outs[0]
    recorded = out.recorded or Fingerprint(None)
    return TrackedOut(
        session.index.shown(out.path), session.index.shown(stage.file), _value(recorded), recorded.size, recorded.nfiles
    )
