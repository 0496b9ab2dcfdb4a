"""Copying content out of other repos, without tracking it: get.

Source: dvc's repo/get.py, api/data.py (get_url).
"""

from __future__ import annotations

import os

from dvnb.errors import MissingObjectsError, TargetError
from dvnb.events import Listener, ignore_events
from dvnb.formats.config_schema import url_scheme
from dvnb.objects.hashing import MD5, HashInfo
from dvnb.objects.removal import remove_path
from dvnb.objects.store import LocalStore
from dvnb.objects.walk import not_data, walk_files
from dvnb.pipeline.index import is_metafile
from dvnb.pipeline.stage import Out
from dvnb.repo.data.placing import beside, destination, put
from dvnb.repo.elsewhere.overrides import NONE, Overrides, open_place, project_of
from dvnb.repo.elsewhere.repos import Elsewhere
from dvnb.repo.elsewhere.tracked import MissingPathError, inside, listing_of, object_file, shared_store, wanted_object
from dvnb.repo.results import GetResult

_HIDDEN = frozenset({".dvcignore", ".git", ".dvc"})


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
        project_of(opened, opened.project.relpath(inside(opened, path))) as (other, inner),
    ):
        found = other.index.containing(inside(other, inner))
        if found is None or found[1].recorded is None or found[1].recorded.hash_info is None:
            raise MissingPathError(f"'{path}' is not tracked by DVC in '{url}'")
        hash_info, _ = wanted_object(other, found[1], inside(other, inner), shared_store(other))
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
    with project_of(other, other.project.relpath(inside(other, path))) as (inner, relpath):
        _copy_path(inner, path, relpath, target, listener)


def _copy_path(other: Elsewhere, path: str, relpath: str, target: str, listener: Listener) -> None:
    absolute = inside(other, relpath)
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
    hash_info, prefix = wanted_object(other, out, absolute, store, fetch=True, listener=listener)
    if not hash_info.is_dir:
        shutil.copyfile(object_file(hash_info, other, store), target)
        if out.recorded and out.recorded.isexec:
            os.chmod(target, os.stat(target).st_mode | 0o100)
        return
    os.makedirs(target)
    members = listing_of(hash_info, other, store).entries
    for relpath, value in members.items():
        if prefix is None or relpath.startswith(prefix + "/"):
            place = os.path.join(target, relpath if prefix is None else relpath[len(prefix) + 1 :])
            os.makedirs(os.path.dirname(place), exist_ok=True)
            shutil.copyfile(object_file(HashInfo(hash_info.algorithm, value), other, store), place)


def _copy_present(other: Elsewhere, out: Out, absolute: str, target: str) -> bool:
    """Write a folder as the workspace has it; False, and nothing is written, if recorded members are not there."""
    import shutil

    present = {rel: path for rel, path, _ in walk_files(absolute, other.project.ignore)}
    try:
        hash_info, prefix = wanted_object(other, out, absolute, shared_store(other))
        recorded = listing_of(hash_info, other, shared_store(other)).entries if hash_info.is_dir else {}
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
