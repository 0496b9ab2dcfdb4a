"""Copying content out of other repos, and from URLs, without tracking it: get, get-url, list-url.

Source: dvc's repo/get.py, repo/get_url.py, repo/ls_url.py, api/data.py (get_url).
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager

from dvnb.errors import DvnbError, MissingObjectsError, NotARepoError, TargetError
from dvnb.events import Listener, ignore_events
from dvnb.objects import transfer
from dvnb.objects.external import open_external
from dvnb.objects.hashing import HashInfo
from dvnb.objects.remote import ObjectStore, open_remote
from dvnb.objects.removal import remove_path
from dvnb.objects.state import user_cache_dir
from dvnb.objects.store import LocalStore
from dvnb.objects.trash import Trash
from dvnb.objects.tree import Tree
from dvnb.pipeline.index import is_metafile
from dvnb.pipeline.stage import Out
from dvnb.project.discover import find_root
from dvnb.project.project import Project
from dvnb.repo.elsewhere import Elsewhere, open_elsewhere, shared_cache_dir
from dvnb.repo.results import GetResult, UrlEntry, UrlListResult

EXISTS = "The {kind} '{path}' already exists locally. \nTo override it, re-run with '--force'."
_HIDDEN = frozenset({".dvcignore", ".git", ".dvc"})


class MissingPathError(TargetError):
    """The other repo has no such path."""


def get(
    cwd: str, url: str, path: str, out: str | None, *, rev: str | None, force: bool, listener: Listener = ignore_events
) -> GetResult:
    """Copy a file or folder of another repo to `out`.

    Raises: TargetError where something is in the way; MissingPathError; GitError; MissingObjectsError; RemoteError.
    """
    target = destination(cwd, path, out, force=force)
    if is_metafile(os.path.basename(target)):
        raise TargetError("the given path is a DVC file, you must specify a data file or a directory")
    with open_elsewhere(_absolute(url, cwd), rev, listener=listener) as other, _beside(target) as temporary:
        copy_out(other, path, temporary, listener)
        _put(temporary, target, cwd)
    return GetResult(os.path.relpath(target, cwd), url)


def show_url(cwd: str, url: str, path: str, *, rev: str | None, listener: Listener = ignore_events) -> GetResult:
    """Where the remote of another repo has (or would have) the object of a tracked path.

    Raises: MissingPathError; ConfigError without a remote; GitError.
    """
    with open_elsewhere(_absolute(url, cwd), rev, listener=listener) as other:
        found = other.index.containing(_inside(other, path))
        if found is None or found[1].recorded is None or found[1].recorded.hash_info is None:
            raise MissingPathError(f"'{path}' is not tracked by DVC in '{url}'")
        hash_info, _ = _wanted(other, found[1], _inside(other, path), shared_store(other))
        _, options = other.project.config.remote(found[1].remote)
        store = open_remote(options["url"], options)
        location: str = store.path(hash_info)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType, reportUnknownMemberType]
    return GetResult(path, str(location))  # pyright: ignore[reportUnknownArgumentType]


def get_url(cwd: str, url: str, out: str | None, *, force: bool) -> GetResult:
    """Copy what is at a path or URL to `out`. Raises: TargetError, RemoteError."""
    target = destination(cwd, url, out, force=force)
    with _beside(target) as temporary:
        open_external(url, cwd).download(temporary)
        _put(temporary, target, cwd)
    return GetResult(os.path.relpath(target, cwd), url)


def list_url(cwd: str, url: str, *, recursive: bool, level: int | None) -> UrlListResult:
    """What is in a folder at a path or URL. Raises: TargetError, RemoteError."""
    entries = open_external(url, cwd).list(recursive=recursive, level=level)
    return UrlListResult([UrlEntry(entry.path, entry.is_dir, entry.size) for entry in entries])


def destination(cwd: str, source: str, out: str | None, *, force: bool) -> str:
    """The absolute path to write to: in an existing folder, or one named with "/" at its end, under its own name.

    Raises: TargetError if something is there, unless `force`.
    """
    from urllib.parse import urlsplit  # slow to load

    name = os.path.basename(os.path.normpath(urlsplit(source).path))
    shown = out or name
    if out and (out.endswith("/") or os.path.isdir(os.path.join(cwd, out))):
        shown = os.path.join(out, name)
    target = os.path.normpath(os.path.join(cwd, shown))
    if os.path.lexists(target) and not force:
        kind = "directory" if os.path.isdir(target) else "file"
        raise TargetError(EXISTS.format(kind=kind, path=shown))
    return target


def copy_out(other: Elsewhere, path: str, target: str, listener: Listener) -> None:
    """Write a file or folder of another repo at `target` (absolute), where nothing is yet.

    Raises: MissingPathError; MissingObjectsError where neither its cache nor its remote has the content.
    """
    absolute = _inside(other, path)
    relpath = other.project.relpath(absolute)
    found = other.index.containing(absolute)
    if found is not None and found[1].cache:
        _copy_tracked(other, found[1], absolute, target, listener)
        return
    below = [out for _, out in other.index.below(absolute) if out.cache]
    if not below and relpath and not other.tree.exists(relpath):
        raise MissingPathError(f"'{path}' does not exist in '{other.url}'")
    if below or not relpath or other.tree.isdir(relpath):
        os.makedirs(target)
    if relpath == "" or other.tree.exists(relpath):
        _copy_git(other, relpath, target, top=True)
    for out in below:
        place = os.path.join(target, os.path.relpath(out.path, absolute))
        if os.path.lexists(place):  # the workspace of the other repo has it too
            remove_path(place)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        _copy_tracked(other, out, out.path, place, listener)


def _copy_git(other: Elsewhere, relpath: str, target: str, *, top: bool = False) -> None:
    """What git has at a path, without dvc's own files."""
    if not (relpath == "" or other.tree.isdir(relpath)):
        with open(target, "wb") as file:
            file.write(other.tree.read(relpath))
        return
    if not top:
        os.makedirs(target)
    for name, _ in other.tree.listdir(relpath):
        if not is_metafile(name) and name not in _HIDDEN:
            _copy_git(other, f"{relpath}/{name}" if relpath else name, os.path.join(target, name))


def _copy_tracked(other: Elsewhere, out: Out, absolute: str, target: str, listener: Listener) -> None:
    import shutil  # slow to load

    store = shared_store(other)
    hash_info, prefix = _wanted(other, out, absolute, store, fetch=True, listener=listener)
    if not hash_info.is_dir:
        shutil.copyfile(_object(hash_info, other, store), target)
        if out.recorded and out.recorded.isexec:
            os.chmod(target, os.stat(target).st_mode | 0o100)
        return
    os.makedirs(target)
    members = _listing(hash_info, other, store).entries
    for relpath, value in members.items():
        if prefix is None or relpath.startswith(prefix + "/"):
            place = os.path.join(target, relpath if prefix is None else relpath[len(prefix) + 1 :])
            os.makedirs(os.path.dirname(place), exist_ok=True)
            shutil.copyfile(_object(HashInfo(hash_info.algorithm, value), other, store), place)


def _wanted(
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
    entries = _listing(hash_info, other, store).entries
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
    _, options = other.project.config.remote(out.remote)
    remote: ObjectStore = open_remote(options["url"], options)
    done = transfer.fetch({hash_info: None if prefix is None else {prefix}}, remote, store, emit=listener)
    if done.failed:
        raise DvnbError(str(done.failed[0]))


def shared_store(other: Elsewhere) -> LocalStore:
    """Where objects go that the other repo's remote has and its cache lacks."""
    return other.project.cache if other.cloned else LocalStore(shared_cache_dir())


def _object(hash_info: HashInfo, other: Elsewhere, store: LocalStore) -> str:
    for place in (other.project.cache, store):
        if place.has(hash_info):
            return place.path(hash_info)
    raise MissingObjectsError(f"'{hash_info.value}' is neither in the cache nor in the remote of '{other.url}'")


def _listing(hash_info: HashInfo, other: Elsewhere, store: LocalStore) -> Tree:
    place = other.project.cache if other.project.cache.has(hash_info) else store
    return place.read_tree(hash_info)


def _inside(other: Elsewhere, path: str) -> str:
    return os.path.normpath(os.path.join(other.project.root, path))


def _absolute(url: str, cwd: str) -> str:
    path = os.path.join(cwd, url)
    return path if os.path.exists(path) else url


@contextmanager
def _beside(target: str) -> Generator[str]:
    """A free name in the target's folder; what is left there at the end is removed."""
    folder, name = os.path.split(target)
    os.makedirs(folder, exist_ok=True)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    try:
        yield temporary
    finally:
        if os.path.lexists(temporary):
            remove_path(temporary)


def _put(temporary: str, target: str, cwd: str) -> None:
    if os.path.lexists(target):
        _trash(cwd).move(target)
    os.replace(temporary, target)


def _trash(cwd: str) -> Trash:
    """The trash of the project around `cwd`, or of the user where there is none."""
    try:
        return Project(find_root(cwd)).trash
    except NotARepoError:
        return Trash(os.path.join(user_cache_dir(), "trash"))
