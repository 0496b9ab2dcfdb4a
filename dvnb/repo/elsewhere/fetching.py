"""Copying content out of other repos, without tracking it: get.

Source: dvc's repo/get.py, api/data.py (get_url).
"""

from __future__ import annotations

import os

from dvnb.errors import DvnbError, MissingObjectsError, TargetError
from dvnb.events import Listener, ignore_events
from dvnb.formats.config_schema import url_scheme
from dvnb.objects.hashing import MD5, HashInfo
from dvnb.objects.remotes import transfer
from dvnb.objects.removal import remove_path
from dvnb.objects.store import LocalStore
from dvnb.objects.tree import Tree
from dvnb.objects.walk import not_data, walk_files
from dvnb.pipeline.index import is_metafile
from dvnb.pipeline.stage import Out
from dvnb.repo.data.placing import beside, destination, put
from dvnb.repo.elsewhere.overrides import NONE, Overrides, open_place, project_of
from dvnb.repo.elsewhere.repos import Elsewhere, shared_cache_dir
from dvnb.repo.results import GetResult

_HIDDEN = frozenset({".dvcignore", ".git", ".dvc"})


class MissingPathError(TargetError):
    """The other repo has no such path."""


def get(  # noqa: PLR0913 - a verb has the options it has
    cwd: str,
    url: str,
    path: str,
    out: str | None,
    *,
    rev: str | None,
    force: bool,
    jobs: int | None = None,
    overrides: Overrides = NONE,
    listener: Listener = ignore_events,
) -> GetResult:
    """Copy a file or folder of another repo to `out`; `jobs` objects of its remote at once.

    Raises: TargetError where something is in the way; MissingPathError; GitError; MissingObjectsError; RemoteError.
    """
    target = destination(cwd, path, out, force=force)
    if is_metafile(os.path.basename(target)):
        raise TargetError("the given path is a DVC file, you must specify a data file or a directory")
    with open_place(url, cwd, rev, overrides, listener=listener) as other, beside(target) as temporary:
        other.jobs = jobs
        copy_out(other, path, temporary, listener)
        put(temporary, target, cwd)
    return GetResult(os.path.relpath(target, cwd), url)


def show_url(
    cwd: str, url: str, path: str, *, rev: str | None, overrides: Overrides = NONE, listener: Listener = ignore_events
) -> GetResult:
    """Where the remote of another repo has (or would have) the object of a tracked path; its cache without a remote.

    Raises: MissingPathError; ConfigError; GitError.
    """
    with (
        open_place(url, cwd, rev, overrides, listener=listener) as opened,
        project_of(opened, opened.project.relpath(_inside(opened, path))) as (other, inner),
    ):
        found = other.index.containing(_inside(other, inner))
        if found is None or found[1].recorded is None or found[1].recorded.hash_info is None:
            raise MissingPathError(f"'{path}' is not tracked by DVC in '{url}'")
        hash_info, _ = _wanted(other, found[1], _inside(other, inner), shared_store(other))
        location = other.project.cache.path(hash_info)
        if found[1].remote or other.project.config.get("core.remote"):
            _, options = other.project.config.remote(found[1].remote)
            location = location_at(str(options["url"]), hash_info)
    return GetResult(path, location)


def location_at(url: str, hash_info: HashInfo) -> str:
    """Where a remote at `url` has, or would have, an object: a path, or a URL."""
    scheme = url_scheme(url)
    if scheme in ("", "file", "local"):
        return LocalStore(os.path.expanduser(url.removeprefix(f"{scheme}://"))).path(hash_info)
    place = f"{hash_info.value[:2]}/{hash_info.value[2:]}"
    return f"{url.rstrip('/')}/{f'files/md5/{place}' if hash_info.algorithm == MD5 else place}"


def copy_out(other: Elsewhere, path: str, target: str, listener: Listener) -> None:
    """Write a file or folder of another repo at `target` (absolute), where nothing is yet.

    Raises: MissingPathError; MissingObjectsError where neither its cache nor its remote has the content.
    """
    with project_of(other, other.project.relpath(_inside(other, path))) as (inner, relpath):
        _copy_path(inner, path, relpath, target, listener)


def _copy_path(other: Elsewhere, path: str, relpath: str, target: str, listener: Listener) -> None:
    absolute = _inside(other, relpath)
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
        _copy_git(other, relpath, target, skip=target, top=True)
    for out in below:
        place = os.path.join(target, os.path.relpath(out.path, absolute))
        if os.path.lexists(place):  # the workspace of the other repo has it too
            remove_path(place)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        _copy_tracked(other, out, out.path, place, listener)


def _copy_git(other: Elsewhere, relpath: str, target: str, *, skip: str, top: bool = False) -> None:
    """What git has at a path, without dvc's own files; `skip` is the copy itself, where the folder holds that too."""
    place = os.path.join(other.tree.root, *relpath.split("/"))
    if other.tree.rev is None and place == skip:
        return
    if not (relpath == "" or other.tree.isdir(relpath)):
        if other.tree.rev is None and not os.path.isfile(place):
            raise not_data(place)
        with open(target, "wb") as file:
            file.write(other.tree.read(relpath))
        return
    if not top:
        os.makedirs(target)
    for name, _ in other.tree.listdir(relpath):
        if not is_metafile(name) and name not in _HIDDEN:
            _copy_git(other, f"{relpath}/{name}" if relpath else name, os.path.join(target, name), skip=skip)


def _copy_tracked(other: Elsewhere, out: Out, absolute: str, target: str, listener: Listener) -> None:
    """Write tracked data at `target`: as the workspace has it where that is asked for, and else as it is recorded."""
    import shutil  # slow to load

    if other.tree.rev is None and os.path.isfile(absolute):
        shutil.copy(absolute, target)
        return
    if other.tree.rev is None and os.path.isdir(absolute) and _copy_present(other, out, absolute, target):
        return
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


def _copy_present(other: Elsewhere, out: Out, absolute: str, target: str) -> bool:
    """Write a folder as the workspace has it; False, and nothing is written, if recorded members are not there."""
    import shutil

    present = {rel: path for rel, path, _ in walk_files(absolute, other.project.ignore)}
    try:
        hash_info, prefix = _wanted(other, out, absolute, shared_store(other))
        recorded = _listing(hash_info, other, shared_store(other)).entries if hash_info.is_dir else {}
    except MissingObjectsError:  # what is there is all that anybody knows of
        recorded, prefix = {}, None
    below = f"{prefix}/" if prefix else ""
    if any(name.startswith(below) and name[len(below) :] not in present for name in recorded):
        return False
    os.makedirs(target)
    for rel, path in present.items():
        place = os.path.join(target, *rel.split("/"))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copyfile(path, place)
    return True


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


def _object(hash_info: HashInfo, other: Elsewhere, store: LocalStore) -> str:
    for place in (other.project.cache, store):
        if place.has(hash_info):
            return place.path(hash_info)
    raise MissingObjectsError(f"'{hash_info.value}' is neither in the cache nor in the remote of '{other.url}'")


def _listing(hash_info: HashInfo, other: Elsewhere, store: LocalStore) -> Tree:
    place = other.project.cache if other.project.cache.has(hash_info) else store
    return place.read_tree(hash_info)


def _inside(other: Elsewhere, path: str) -> str:
    absolute = os.path.normpath(os.path.join(other.project.root, path))
    if not other.project.contains(absolute):
        raise MissingPathError(f"'{path}' is outside of '{other.url}'")
    return absolute
