"""Bringing recorded content from the store back into the workspace.

Nothing that only the workspace holds is ever removed: it is refused, or by force moved into the trash.
Source: dvc's repo/checkout.py, dvc_data's hashfile/checkout.py and index/checkout.py; SPEC 2.5, 2.7, 2.8, 2.11-2.13.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Literal

from dvnb.errors import Hint, MissingObjectsError, WorkspaceConflictError
from dvnb.events import Listener
from dvnb.objects.build import Built
from dvnb.objects.files import make_executable
from dvnb.objects.hashing import Fingerprint
from dvnb.objects.links import usable_types
from dvnb.objects.meter import Meter
from dvnb.objects.removal import remove_empty_folders
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.objects.undo.journal import Journal
from dvnb.objects.walk import Folder, Ignore
from dvnb.objects.workspace.plan import ITSELF, Plan, make_plan
from dvnb.objects.workspace.relink import relink_files
from dvnb.objects.workspace.restore import Restorer
from dvnb.records import dataclass

UNSAVED = "Can't remove the following unsaved files without confirmation. Use `--force` to force."


@dataclass(frozen=True, slots=True)
class Change:
    """What a checkout did to one path (absolute): as a whole, and to how many files."""

    path: str
    kind: Literal["added", "modified", "deleted"]
    is_dir: bool
    files_added: int = 0
    files_modified: int = 0
    files_deleted: int = 0


def conflicts(
    path: str,
    want: Fingerprint | None,
    *,
    store: LocalStore,
    state: State,
    ignore: Ignore | None,
    only: str | None = None,
) -> list[str]:
    """Files (absolute) that `checkout` would have to remove or replace though the store lacks their content."""
    try:
        plan = make_plan(path, want, store=store, state=state, ignore=ignore, only=only)
    except MissingObjectsError:
        return []  # then nothing will be touched
    return sorted(map(plan.absolute, plan.unsaved))


def checkout(  # noqa: PLR0913 - named, and all of them part of the question
    path: str,
    want: Fingerprint | None,
    *,
    store: LocalStore,
    state: State,
    ignore: Ignore | None,
    link_types: list[str],
    force: bool = False,
    relink: bool = False,
    only: str | None = None,
    journal: Journal,
    emit: Listener | None = None,
) -> Change | None:
    """Make `path` (absolute) hold what is wanted there (None: nothing); None if it does already.

    `only` is a path inside a wanted folder: the rest is left alone. `relink` also links anew what is not linked by one
    of the `link_types`. Ignored files stay.

    Raises: WorkspaceConflictError for unsaved content, before anything is touched, unless `force`, which moves it into
    the trash; MissingObjectsError if objects are missing, after all others were restored and with nothing deleted.
    """
    plan = make_plan(path, want, store=store, state=state, ignore=ignore, only=only)
    return apply(
        plan, store=store, state=state, link_types=link_types, force=force, relink=relink, journal=journal, emit=emit
    )


def apply(
    plan: Plan,
    *,
    store: LocalStore,
    state: State,
    link_types: list[str],
    force: bool = False,
    relink: bool = False,
    journal: Journal,
    emit: Listener | None = None,
) -> Change | None:
    """Do what was planned just now. Raises: as `checkout`."""
    if plan.unsaved and not force:
        unsaved = sorted(map(plan.absolute, plan.unsaved))
        raise WorkspaceConflictError("\n".join([UNSAVED, *unsaved]), unsaved)
    is_executable = plan.want is not None and plan.want.isexec
    types = ["copy"] if is_executable else link_types
    restorer = Restorer(store, plan.algorithm, types, state, journal, emit)
    is_dir = _is_dir(plan)
    in_the_way = _in_the_way(plan)
    coming = [rel for rel in plan.create + plan.replace if plan.new[rel] not in plan.missing]
    _note(plan, coming, in_the_way, journal, is_dir=is_dir)
    _remove(plan, in_the_way, journal, state)
    if is_dir and plan.whole and plan.want is not None:
        os.makedirs(plan.path, exist_ok=True)
    missing = plan.missing | _restore(plan, coming, restorer, emit)
    if relink and plan.current is not None:
        missing |= _relink(plan, plan.current, store, types, state, journal)
    became_executable = is_executable and os.path.isfile(plan.path) and make_executable(plan.path)
    if missing:
        raise _missing(plan, missing)
    _remove(plan, [rel for rel in plan.delete if rel not in in_the_way], journal, state)
    return _change(plan, is_dir=is_dir) or (Change(plan.path, "modified", False, 0, 1) if became_executable else None)


def _is_dir(plan: Plan) -> bool:
    if plan.want is not None and plan.want.hash_info is not None:
        return plan.want.hash_info.is_dir
    return os.path.isdir(plan.path) and not os.path.islink(plan.path)


def _in_the_way(plan: Plan) -> set[str]:
    """What must go before anything is restored: files where folders shall be, files in folders that become files."""
    if not plan.delete:
        return set()
    coming = {rel for rel in plan.create if plan.new[rel] not in plan.missing}
    folders = {parent for rel in coming for parent in _parents(rel)}
    return {rel for rel in plan.delete if rel in folders or not coming.isdisjoint(_parents(rel))}


def _parents(rel: str) -> list[str]:
    parts = rel.split("/")[:-1]
    return [ITSELF, *("/".join(parts[: count + 1]) for count in range(len(parts)))] if rel else []


def _note(plan: Plan, coming: list[str], in_the_way: set[str], journal: Journal, *, is_dir: bool) -> None:
    """Move unsaved content that gives way into the trash, then write down what else will be changed."""
    unsaved = set(plan.unsaved)
    if unsaved:
        giving_way = in_the_way.union(coming)
        for rel in [rel for rel in plan.unsaved if rel in giving_way]:
            journal.move(plan.absolute(rel))
    replaced = set(plan.replace).intersection(coming) if plan.missing else plan.replace
    old = {rel: plan.old[rel] for rel in [*replaced, *plan.delete] if rel not in unsaved}
    becomes_folder = is_dir and plan.want is not None
    if old or coming or (becomes_folder and not plan.existed):
        new = {rel: plan.new[rel] for rel in coming}
        journal.place(plan.path, plan.algorithm, old=old, new=new, folder=becomes_folder)


def _remove(plan: Plan, rels: Collection[str], journal: Journal, state: State) -> None:
    """Remove members, those with unsaved content into the trash, and the folders that are empty then."""
    unsaved = set(plan.unsaved)
    by_folder: dict[str, list[str]] = {}
    for rel in rels:
        path = plan.absolute(rel)
        if rel not in unsaved:
            os.unlink(path)
        elif os.path.lexists(path):  # it did not have to give way before
            journal.move(path)
        folder, name = os.path.split(path)
        by_folder.setdefault(folder, []).append(name)
    for folder, names in by_folder.items():
        state.update_listing(folder, {}, without=names, kind=plan.algorithm)
    is_going = plan.want is None or plan.new.keys() == {ITSELF}
    if is_going and plan.current is not None and plan.current.tree is not None:
        folders = {part.folder.path for part in plan.current.parts}
        gone = remove_empty_folders(folders, os.path.dirname(plan.path))
    else:
        gone = remove_empty_folders({folder for folder in by_folder if folder.startswith(plan.path)}, plan.path)
    journal.remove_folders(gone)


def _restore(plan: Plan, coming: list[str], restorer: Restorer, emit: Listener | None) -> set[str]:
    if not coming:
        return set()
    meter = Meter(emit, "checkout", len(coming)) if emit else None
    members = plan.new if len(coming) == len(plan.new) else {rel: plan.new[rel] for rel in coming}
    missing = restorer.restore(plan.path, members, meter)
    if meter:
        meter.finish()
    return missing


def _existing(path: str) -> str:
    """The nearest folder that exists."""
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def _relink(
    plan: Plan, current: Built, store: LocalStore, types: list[str], state: State, journal: Journal
) -> set[str]:
    """Link the files that stayed as they were; the values whose objects are missing."""
    store.make_folder(store.root)
    usable = usable_types(_existing(plan.path), store.root, types) or types
    changed = {plan.absolute(rel) for rel in [*plan.replace, *plan.delete]}
    missing = store.missing_values(set(plan.old.values()) & set(plan.new.values()), plan.algorithm)
    for part in current.parts:
        kept = Folder(part.folder.path, part.folder.prefix)
        values: list[str] = []
        for name, stamp, value in zip(part.folder.names, part.folder.stamps, part.values, strict=True):
            if value not in missing and os.path.join(kept.path, name) not in changed:
                kept.names.append(name)
                kept.stamps.append(stamp)
                values.append(value)
        kept.links = part.folder.links
        relink_files(kept, values, part.unsettled, store, plan.algorithm, types=usable, state=state, journal=journal)
    return missing


def _change(plan: Plan, *, is_dir: bool) -> Change | None:
    counts = len(plan.create), len(plan.replace), len(plan.delete)
    if plan.want is None:
        return Change(plan.path, "deleted", is_dir, *counts) if plan.existed else None
    was_dir = plan.current is not None and plan.current.tree is not None
    made = plan.whole and not (plan.existed and was_dir == is_dir)
    if not any(counts) and not made:
        return None
    return Change(plan.path, "modified" if plan.existed else "added", is_dir, *counts)


def _missing(plan: Plan, missing: set[str]) -> MissingObjectsError:
    total = len(set(plan.new.values()))
    message = f"cannot check out '{plan.path}': {len(missing)} of {total} objects are not in the cache"
    return MissingObjectsError(message, [plan.path], Hint("pull", plan.path))
