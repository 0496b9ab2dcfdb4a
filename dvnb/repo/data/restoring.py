"""Recorded outs made in the workspace, all of them planned before the first is touched."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from contextlib import suppress

from dvnb.errors import MissingObjectsError, WorkspaceConflictError
from dvnb.events import Warned
from dvnb.objects.hashing import HashInfo
from dvnb.objects.workspace.checkout import UNSAVED, Change, apply
from dvnb.objects.workspace.plan import Plan, make_plan
from dvnb.pipeline.stage import Out, Stage
from dvnb.project.project import Project
from dvnb.project.reach import Reach
from dvnb.repo.results import CheckoutResult
from dvnb.repo.session import Session


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


def restore(
    session: Session,
    wanted: list[tuple[Stage, Out, str]],
    result: CheckoutResult,
    *,
    force: bool,
    relink: bool = False,
    verify: bool = False,
) -> None:
    """Restore all of it, after making sure that nothing unsaved is in the way of any.

    Raises: WorkspaceConflictError, TargetError; BusyPathError for what a running stage writes or reads.
    """
    project = session.project
    wanted = _within(session, wanted)
    suspects = {out.recorded.hash_info for _, out, _ in wanted if out.recorded and out.recorded.hash_info}
    doubtful = {each for each in suspects if each.is_dir} if verify else _of_wrong_size(project, wanted)
    _put_away_damaged(project, doubtful)
    plans = _without_record(session, wanted, result) + _plan(session, wanted, result)
    touched = {plan.path: plan.touched() for plan in plans}
    Reach(project).require(sorted(path for paths in touched.values() for path in paths))
    if "DVC_STAGE" not in os.environ:  # a stage's own command may fetch what the stage is about
        changing = (plan.absolute(rel) for plan in plans for rel in plan.changes)
        project.path_locks.check((path for path, paths in touched.items() if paths), changing)
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


def missing_objects(paths: list[str]) -> MissingObjectsError:
    """The error of a checkout that found not all objects, in dvc's words."""
    listing = "\n".join(paths)
    return MissingObjectsError(
        f"Checkout failed for following targets:\n{listing}\nIs your cache up to date?\n"
        "<https://error.dvc.org/missing-files>",
        paths,
    )
