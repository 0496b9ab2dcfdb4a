"""Bringing recorded data back into the workspace.

Source: dvc's repo/checkout.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from dvnb.errors import TargetError
from dvnb.git.trees import RevTree
from dvnb.pipeline.index import PIPELINE_FILE, Index, load_index
from dvnb.pipeline.stage import Out, Stage
from dvnb.pipeline.targets import Target, split_target, without_contained
from dvnb.project.reach import Reach
from dvnb.repo.data.restoring import missing_objects, restore
from dvnb.repo.results import CheckoutResult
from dvnb.repo.session import Session


def check_out(
    session: Session,
    targets: Sequence[str],
    *,
    with_deps: bool = False,
    recursive: bool = False,
    force: bool = False,
    relink: bool = False,
    allow_missing: bool = False,
    verify: bool = False,
) -> CheckoutResult:
    """Make the workspace hold what is recorded; content that nothing else holds is in the way unless `force`.

    What can be restored is restored also where objects are missing. `verify`: each object is read before a file is
    made of it; a damaged one goes into the trash, and is missing then.

    Raises: TargetError, also for data behind a symlink that leads out of the project; WorkspaceConflictError before
    anything changes; MissingObjectsError afterwards.
    """
    if not (with_deps or recursive):
        session.narrow(targets)
    found = _find(session, targets, with_deps=with_deps, recursive=recursive)
    wanted = list(dict.fromkeys(pair for target in found for pair in _cached_outs(target)))
    result = CheckoutResult(relinked=relink)
    if not targets:
        _remove_stale_links(session, result)
    restore(session, wanted, result, force=force, relink=relink, verify=verify)
    result.missing.sort()
    if result.missing and not allow_missing:
        error = missing_objects(result.missing)
        error.result = result
        raise error
    return result


def check_out_rev(
    session: Session, rev: str, targets: Sequence[str], *, force: bool = False, verify: bool = False
) -> CheckoutResult:
    """Bring paths of another rev into the workspace; git's HEAD and index stay.

    For data tracked by a .dvc file both the file and the data are restored; for an out of a stage only the data.
    `verify`: as in `check_out`.

    Raises: TargetError for a path that the rev lacks or that git tracks; GitError for an unknown rev.
    """
    project = session.project
    tree = project.tree(rev)
    assert isinstance(tree, RevTree)  # noqa: S101 - a rev was given
    with tree:
        there = load_index(project, tree)
        found = [pair for text in targets for pair in _at_rev(session, there, rev, text)]
        pointers = {
            stage.file: tree.read(project.relpath(stage.file))
            for stage, out, path in found
            if stage.name is None and path == out.path
        }
    result = CheckoutResult()
    restore(session, found, result, force=force, verify=verify)
    if result.missing:
        raise missing_objects(result.missing)
    for path, content in pointers.items():
        project.journal.write(path, content)
    return result


def _at_rev(session: Session, there: Index, rev: str, text: str) -> list[tuple[Stage, Out, str]]:
    project = session.project
    path = session.absolute(text)
    data_file = there.in_file(path)
    if data_file and data_file[0].name is None:
        return [(stage, out, out.path) for stage in data_file for out in stage.outs]
    named = _stages_at_rev(session, there, text)
    if named:
        return [(stage, out, out.path) for stage in named for out in stage.outs if out.cache]
    owner = there.containing(path)
    if owner:
        return [(*owner, path)]
    below = [(stage, out, out.path) for stage, out in there.below(path) if out.cache]
    if below:
        return below
    if there.tree.exists(project.relpath(path)):
        raise TargetError(f"'{text}' is tracked by git: restore it with 'git restore --source {rev} --worktree {text}'")
    raise TargetError(f"'{text}' does not exist as an output in rev '{rev}'")


def _stages_at_rev(session: Session, there: Index, text: str) -> list[Stage]:
    """Stages by name or by their dvc.yaml; the workspace need not have that file any more."""
    file, name = split_target(text)
    stages = there.in_file(session.absolute(file or PIPELINE_FILE))
    if file is None:
        name = text
    return [stage for stage in stages if name is None or name in (stage.name, stage.generator)]


def _find(session: Session, targets: Sequence[str], *, with_deps: bool, recursive: bool) -> list[Target]:
    found: list[Target] = []
    for text in targets or [None]:
        try:
            found += session.targets.find([text] if text else [], with_deps=with_deps, recursive=recursive)
        except TargetError as exc:
            raise TargetError(f"Did you mean `git checkout {text}`?: {exc}", exc.hint) from exc
    return without_contained(dict.fromkeys(found))


def _cached_outs(target: Target) -> Iterable[tuple[Stage, Out, str]]:
    for out in target.stage.outs:
        if not out.cache:
            continue
        if target.path is None or target.path == out.path:
            yield target.stage, out, out.path
        elif target.path.startswith(out.path + os.sep):
            yield target.stage, out, target.path


def _remove_stale_links(session: Session, result: CheckoutResult) -> None:
    """Outs that dvnb linked earlier, that nobody tracks any more and that nobody touched, go (SPEC 2.14)."""
    project = session.project
    used = [out.path for stage in session.index.stages for out in stage.outs]
    reach = Reach(project)
    for path in filter(reach.allows, project.state.stale_links(used)):
        change = project.checkout(path, None)
        if change is not None:
            result.deleted.append(project.shown(path) + (os.sep if change.is_dir else ""))
            result.files_deleted += 1
