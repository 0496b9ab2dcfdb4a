"""Bringing recorded data back into the workspace.

Source: dvc's repo/checkout.py.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress

from dvnb.errors import MissingObjectsError, TargetError, WorkspaceConflictError
from dvnb.events import Warned
from dvnb.git.trees import RevTree
from dvnb.objects.hashing import HashInfo
from dvnb.objects.workspace.checkout import UNSAVED, Change, apply
from dvnb.objects.workspace.plan import Plan, make_plan
from dvnb.pipeline.index import PIPELINE_FILE, Index, load_index
from dvnb.pipeline.stage import Out, Stage
from dvnb.pipeline.targets import Target, split_target, without_contained
from dvnb.project.project import Project
from dvnb.project.reach import Reach
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
    _apply(session, wanted, result, force=force, relink=relink, verify=verify)
    result.missing.sort()
    if result.missing and not allow_missing:
        raise missing_objects(result.missing)
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
    _apply(session, found, result, force=force, verify=verify)
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


def _within(session: Session, wanted: list[tuple[Stage, Out, str]]) -> list[tuple[Stage, Out, str]]:
    """Those that lie in the project: what somebody wrote into a metafile must not make us write anywhere else."""
    project = session.project
    for stage, out, _ in wanted:
        if not project.contains(out.path):
            where = f"'{project.shown(out.path)}' of {session.index.describe(stage)}"
            project.emit(Warned(f"{where} is outside of the project and left as it is"))
    return [pair for pair in wanted if project.contains(pair[1].path)]


def _plan(session: Session, wanted: list[tuple[Stage, Out, str]], result: CheckoutResult) -> list[Plan]:
    """What has to be done for each out; those whose listing is missing are noted in the result."""
    project = session.project
    plans: list[Plan] = []
    for _stage, out, path in wanted:
        if out.recorded is None:
            continue
        try:
            plan = make_plan(
                out.path,
                out.recorded,
                store=project.cache,
                state=project.state,
                ignore=project.ignore,
                only=None if path == out.path else path,
            )
        except MissingObjectsError:
            result.missing.append(project.shown(path))
            continue
        if not plan.whole and not plan.new:
            project.emit(Warned(f"'{project.shown(path)}' is not recorded in '{project.shown(out.path)}'."))
        plans.append(plan)
    return plans


def _without_record(session: Session, wanted: list[tuple[Stage, Out, str]], result: CheckoutResult) -> list[Plan]:
    """Outs that were never recorded cannot be made; what lies in their place is of another rev, and goes."""
    project = session.project
    plans: list[Plan] = []
    for _stage, out, _path in wanted:
        if out.recorded is not None:
            continue
        project.emit(Warned(f"No file hash info found for '{out.path}'. It won't be created."))
        result.missing.append(project.shown(out.path))
        if os.path.lexists(out.path):
            plans.append(make_plan(out.path, None, store=project.cache, state=project.state, ignore=project.ignore))
    return plans


def _apply(
    session: Session,
    wanted: list[tuple[Stage, Out, str]],
    result: CheckoutResult,
    *,
    force: bool,
    relink: bool = False,
    verify: bool = False,
) -> None:
    """Restore all of it, after making sure that nothing unsaved is in the way of any."""
    project = session.project
    wanted = _within(session, wanted)
    suspects = {out.recorded.hash_info for _, out, _ in wanted if out.recorded and out.recorded.hash_info}
    doubtful = {each for each in suspects if each.is_dir} if verify else _of_wrong_size(project, wanted)
    _put_away_damaged(project, doubtful)
    plans = _without_record(session, wanted, result) + _plan(session, wanted, result)
    Reach(project).require(sorted(path for plan in plans for path in plan.touched()))
    unsaved = [plan.absolute(rel) for plan in plans for rel in plan.unsaved]
    if unsaved and not force:
        raise WorkspaceConflictError("\n".join([UNSAVED, *sorted(unsaved)]), unsaved)
    if verify:
        _verify(project, plans, relink=relink)
    done: list[str] = []
    for plan in plans:
        try:
            change = apply(
                plan,
                store=project.cache,
                state=project.state,
                link_types=project.link_types,
                force=force,
                relink=relink,
                journal=project.journal,
                emit=project.emit,
            )
        except MissingObjectsError:
            result.missing.append(project.shown(plan.path))
            continue
        done.append(plan.path)
        if change is not None and plan.want is not None:
            note(session, result, change)
    project.state.record_links(done)
    for paths in (result.modified, result.added, result.deleted):
        paths.sort(key=lambda path: (not path.endswith(os.sep), path))


def _of_wrong_size(project: Project, wanted: Iterable[tuple[Stage, Out, str]]) -> set[HashInfo]:
    """Objects of single files that have not the size that is recorded."""
    found: set[HashInfo] = set()
    for _stage, out, _path in wanted:
        recorded = out.recorded
        if recorded is None or recorded.hash_info is None or recorded.hash_info.is_dir or recorded.size is None:
            continue
        with suppress(FileNotFoundError):
            if os.stat(project.cache.path(recorded.hash_info)).st_size != recorded.size:
                found.add(recorded.hash_info)
    return found


def _verify(project: Project, plans: Iterable[Plan], *, relink: bool) -> None:
    """Read the objects that files will be made of; what turns out to be damaged is missing from then on."""
    for plan in plans:
        rels = plan.new if relink else [*plan.create, *plan.replace]
        values = {HashInfo(plan.algorithm, plan.new[rel]) for rel in rels}
        plan.missing |= {each.value for each in _put_away_damaged(project, values)}


def _put_away_damaged(project: Project, suspects: Collection[HashInfo]) -> set[HashInfo]:
    if not suspects:
        return set()
    from dvnb.objects.verify import put_away_damaged  # few checkouts verify

    return put_away_damaged(project.cache, suspects, journal=project.journal, emit=project.emit)


def note(session: Session, result: CheckoutResult, change: Change) -> None:
    """Add one changed path to a result."""
    shown = session.project.shown(change.path) + (os.sep if change.is_dir else "")
    if not any(shown in paths for paths in (result.modified, result.added, result.deleted)):
        getattr(result, change.kind).append(shown)  # several targets may lie in one folder
    result.files_added += change.files_added
    result.files_modified += change.files_modified
    result.files_deleted += change.files_deleted


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


def missing_objects(paths: list[str]) -> MissingObjectsError:
    """The error of a checkout that found not all objects, in dvc's words."""
    listing = "\n".join(paths)
    return MissingObjectsError(
        f"Checkout failed for following targets:\n{listing}\nIs your cache up to date?\n"
        "<https://error.dvc.org/missing-files>",
        paths,
    )
