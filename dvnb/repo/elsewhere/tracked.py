"""The objects that paths in another repo are, and where their bytes lie."""

from __future__ import annotations

import os

from dvnb.errors import DvnbError, MissingObjectsError, TargetError
from dvnb.events import Listener, ignore_events
from dvnb.objects.hashing import HashInfo
from dvnb.objects.remotes import transfer
from dvnb.objects.store import LocalStore
from dvnb.objects.tree import Tree
from dvnb.pipeline.stage import Out
from dvnb.repo.elsewhere.repos import Elsewhere, shared_cache_dir


class MissingPathError(TargetError):
    """The other repo has no such path."""


def wanted_object(
    other: Elsewhere,
    out: Out,
    absolute: str,
    store: LocalStore,
    *,
    fetch: bool = False,
    listener: Listener = ignore_events,
) -> tuple[HashInfo, str | None]:
    """The object at a path in an out: of a member folder the out's listing, and which of its members."""
    hash_info = out.recorded.hash_info if out.recorded else None
    if hash_info is None:
        raise MissingObjectsError(f"no content is recorded for '{other.project.relpath(out.path)}'")
    prefix = None if absolute == out.path else os.path.relpath(absolute, out.path).replace(os.sep, "/")
    if prefix is not None and not hash_info.is_dir:
        raise MissingPathError(f"'{other.project.relpath(absolute)}' does not exist in '{other.url}'")
    if fetch:
        _bring(other, out, hash_info, prefix, store, listener)
    if prefix is None:
        return hash_info, None
    entries = listing_of(hash_info, other, store).entries
    if prefix in entries:
        return HashInfo(hash_info.algorithm, entries[prefix]), None
    if not any(name.startswith(prefix + "/") for name in entries):
        raise MissingPathError(f"'{other.project.relpath(absolute)}' does not exist in '{other.url}'")
    return hash_info, prefix


def _bring(
    other: Elsewhere, out: Out, hash_info: HashInfo, prefix: str | None, store: LocalStore, listener: Listener
) -> None:
    """Fetch from the other repo's remote what its cache lacks; that cache itself is not written to."""
    cache = other.project.cache
    if cache.has(hash_info):
        entries = cache.read_tree(hash_info).entries if hash_info.is_dir else {}
        if not cache.missing_values(set(entries.values()), hash_info.algorithm):
            return
    owner = other.index.owner(out.path)
    if owner is not None and owner[0].is_import and owner[0].deps[0].repo is not None:
        from dvnb.repo.elsewhere.chained import bring_from_source  # few repos share what they imported

        bring_from_source(other, owner[0], hash_info, store)
        return
    wanted = {hash_info: None if prefix is None else {prefix}}
    done = transfer.fetch(wanted, other.project.remote(out.remote), store, jobs=other.jobs, emit=listener)
    if done.failed:
        raise DvnbError(str(done.failed[0]))


def shared_store(other: Elsewhere) -> LocalStore:
    """Where objects go that the other repo's remote has and its cache lacks."""
    return other.project.cache if other.cloned else LocalStore(shared_cache_dir())


def object_file(hash_info: HashInfo, other: Elsewhere, store: LocalStore) -> str:
    """The file that holds an object, in the other repo's cache or in `store`. Raises: MissingObjectsError."""
    for place in (other.project.cache, store):
        if place.has(hash_info):
            return place.path(hash_info)
    raise MissingObjectsError(f"'{hash_info.value}' is neither in the cache nor in the remote of '{other.url}'")


def listing_of(hash_info: HashInfo, other: Elsewhere, store: LocalStore) -> Tree:
    """The members of a folder, as recorded."""
    place = other.project.cache if other.project.cache.has(hash_info) else store
    return place.read_tree(hash_info)


def inside(other: Elsewhere, path: str) -> str:
    """A path in another repo, absolute. Raises: MissingPathError for one that leads out of it."""
    absolute = os.path.normpath(os.path.join(other.project.root, path))
    if not other.project.contains(absolute):
        raise MissingPathError(f"'{path}' is outside of '{other.url}'")
    return absolute
