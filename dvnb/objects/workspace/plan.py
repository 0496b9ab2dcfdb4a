"""What a checkout would do to a path, found out before anything is touched."""

from __future__ import annotations

import os

from dvnb.errors import Hint, MissingObjectsError
from dvnb.objects.build import Built, build
from dvnb.objects.hashing import LEGACY, MD5, Fingerprint, hash_file
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.objects.tree import folders_of
from dvnb.objects.walk import Ignore
from dvnb.objects.workspace.doubt import Doubt
from dvnb.records import dataclass

ITSELF = ""
"""The relpath of a file that is the out itself, not a member of it."""


@dataclass(slots=True, eq=False)
class Plan:
    """How the workspace at `path` (absolute) differs from what is wanted there.

    `whole`: all of the path is in scope, not just one of its members. Relpaths are POSIX, "" for a single file. `new`
    are the wanted members in scope, `old` those there now (value "" for a symlink that leads nowhere). `create`,
    `replace`, `delete` are relpaths; `unsaved` those of the latter two whose content the store lacks. `missing` are
    hash values that `create` and `replace` need and the store lacks.
    """

    path: str
    want: Fingerprint | None
    whole: bool
    existed: bool
    current: Built | None
    old: dict[str, str]
    new: dict[str, str]
    create: list[str]
    replace: list[str]
    delete: list[str]
    unsaved: list[str]
    missing: set[str]

    @property
    def algorithm(self) -> str:
        """Of all hashes in the plan."""
        return _algorithm(self.want)

    def touched(self) -> set[str]:
        """The path, if anything will be done, and every folder in which it will be done (all absolute)."""
        changes = self.changes
        return {self.path, *map(self.absolute, folders_of(changes))} if changes else set()

    @property
    def changes(self) -> list[str]:
        """Relpaths at which anything will be done."""
        return self.create + self.replace + self.delete

    def absolute(self, relpath: str) -> str:
        """A member's path."""
        return f"{self.path}{os.sep}{relpath}" if relpath else self.path


def make_plan(
    path: str,
    want: Fingerprint | None,
    *,
    store: LocalStore,
    state: State,
    ignore: Ignore | None,
    only: str | None = None,
) -> Plan:
    """Compare what is at `path` with what is wanted there (None: nothing). `only`: a path in it (absolute).

    Raises: MissingObjectsError if the store lacks the wanted folder's listing, or no hash is recorded.
    """
    scope = path if only is None else only
    prefix = ITSELF if scope == path else os.path.relpath(scope, path).replace(os.sep, "/")
    current, old = _current(path, scope, prefix, state=state, ignore=ignore, algorithm=_algorithm(want))
    whole = not prefix
    existed = os.path.lexists(path)
    if current is not None and want is not None and whole and _is_as_wanted(current, want):
        return Plan(path, want, whole, existed, current, old, dict(old), [], [], [], [], set())
    new = _wanted(path, want, prefix, store)
    create = [rel for rel in new if rel not in old] if old else list(new)
    replace = [rel for rel, value in new.items() if old.get(rel, value) != value] if old else []
    delete = [rel for rel in old if rel not in new]
    plan = Plan(path, want, whole, existed, current, old, new, create, replace, delete, [], set())
    plan.missing = _missing(plan, store, state)
    plan.unsaved = _unsaved(plan, store, state)
    return plan


def _missing(plan: Plan, store: LocalStore, state: State) -> set[str]:
    new, coming = plan.new, plan.create + plan.replace
    listing = plan.want.hash_info if plan.want is not None else None
    if listing is not None and listing.is_dir and len(coming) == len(new):
        return store.missing_members(listing, lambda: set(new.values()), state)
    return store.missing_values({new[rel] for rel in coming}, plan.algorithm)


def _is_as_wanted(current: Built, want: Fingerprint) -> bool:
    return not current.broken and current.fingerprint.hash_info == want.hash_info


def _algorithm(want: Fingerprint | None) -> str:
    return want.hash_info.algorithm if want and want.hash_info else MD5


def _current(
    path: str, scope: str, prefix: str, *, state: State, ignore: Ignore | None, algorithm: str
) -> tuple[Built | None, dict[str, str]]:
    if prefix and os.path.lexists(path) and not os.path.isdir(path):
        scope, prefix = path, ITSELF  # a file where the folder should be
    if not os.path.exists(scope):
        return None, {prefix: ""} if os.path.lexists(scope) else {}
    built = build(scope, state=state, ignore=ignore, algorithm=algorithm, tolerate_broken=True)
    if built.tree is None:
        return built, {prefix: built.parts[0].values[0]}
    below = prefix + "/" if prefix else ""
    entries = built.tree.entries
    old = {below + rel: value for rel, value in entries.items()} if below else dict(entries)
    for link in built.broken:
        old[os.path.relpath(link, path).replace(os.sep, "/")] = ""
    return built, old


def _wanted(path: str, want: Fingerprint | None, prefix: str, store: LocalStore) -> dict[str, str]:
    if want is None:
        return {}
    if want.hash_info is None:
        raise MissingObjectsError(f"cannot check out '{path}': no hash is recorded for it", [path])
    if not want.hash_info.is_dir:
        return {} if prefix else {ITSELF: want.hash_info.value}
    try:
        return store.read_tree(want.hash_info).under(prefix).entries
    except MissingObjectsError as exc:
        message = f"cannot check out '{path}': its listing '{want.hash_info.value}' is not in the cache"
        raise MissingObjectsError(message, [path], Hint("pull", path)) from exc


def _unsaved(plan: Plan, store: LocalStore, state: State) -> list[str]:
    going = plan.replace + plan.delete
    if not going:
        return []
    values = {plan.old[rel] for rel in going} - {""}
    doubt = Doubt(store, plan.algorithm, state)
    absent = {value for value in values if not doubt.is_sound(value)}
    suspects = [rel for rel in going if not plan.old[rel] or plan.old[rel] in absent]
    return [rel for rel in suspects if not _is_saved_otherwise(plan, rel, store, state)]


def _is_saved_otherwise(plan: Plan, rel: str, store: LocalStore, state: State) -> bool:
    """Whether a file is a dangling link into the store, or its content lies there under the other algorithm's name."""
    path = plan.absolute(rel)
    if os.path.islink(path) and os.readlink(path).startswith(store.root + os.sep):
        return True
    if not plan.old[rel]:
        return False
    other = MD5 if plan.algorithm == LEGACY else LEGACY
    if other == LEGACY and not store.has_legacy():
        return False
    status = os.stat(path)
    value = state.hash_of(path, status, other) or hash_file(path, other)
    return not store.missing_values({value}, other)
