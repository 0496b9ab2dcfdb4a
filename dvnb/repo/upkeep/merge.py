"""Three versions of a metafile into one, for git's merge driver: .dvc files by member, dvc.lock by stage.

Source: dvc's commands/git_hook.py, output.py (merge), dvc_data's hashfile/tree.py (merge); SPEC 11.4.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from dvnb.errors import ConfigError, MergeConflictError, MissingObjectsError, RemoteError
from dvnb.formats import dvcfile, lockfile
from dvnb.formats.dvcfile import DvcFile, OutEntry
from dvnb.formats.yamlio import Document, load
from dvnb.objects.files import write_atomic
from dvnb.objects.hashing import Fingerprint, HashInfo
from dvnb.objects.tree import Tree
from dvnb.project.project import Project
from dvnb.repo.results import MergeResult

_ABSENT: Any = object()
_FILE_FIELDS = ("deps", "md5", "wdir", "frozen", "always_changed", "desc", "meta")
_OUT_FIELDS = ("cache", "persist", "push", "remote", "desc", "type", "labels", "meta", "fs_config")


def merge(project: Project, ancestor: str, our: str, their: str, path: str) -> MergeResult:
    """Merge `their` into `our` (files of git's making, absolute paths) and write the result over `our`.

    `path` is the metafile's name for people. `our` stays as it is where the two contradict each other.

    Raises: MergeConflictError; FormatError; MissingObjectsError if a folder's listing is nowhere.
    """
    old, mine, yours = _read(ancestor), _read(our), _read(their)
    result = MergeResult(path)
    if _is_lock(mine, path):
        merged = _merge_locks(old, mine, yours, path, result)
    else:
        versions = [dvcfile.parse(data, path) if data.strip() else None for data in (old, mine, yours)]
        merged = dvcfile.render(_merge_files(project, versions, path, result), mine, path)
    write_atomic(our, merged)
    return result


def _is_lock(data: bytes, path: str) -> bool:
    raw = load(data, path)
    if isinstance(raw, dict) and "stages" in raw and "schema" not in raw:
        raise MergeConflictError(f"'{path}' cannot be merged: only .dvc files and dvc.lock can", [path])
    return isinstance(raw, dict) and "schema" in raw


def _pick(old: Any, our: Any, their: Any, what: str, conflicts: list[str]) -> Any:
    """The side that changed; a conflict where both did, each in its own way."""
    if their in (our, old):
        return our
    if our != old:
        conflicts.append(what)
    return their


def _refuse(path: str, conflicts: Iterable[str]) -> None:
    places = list(conflicts)
    if places:
        listing = "\n".join(places)
        raise MergeConflictError(f"'{path}' cannot be merged, both sides changed:\n{listing}", places)


def _merge_locks(old: bytes, our: bytes, their: bytes, path: str, result: MergeResult) -> bytes:
    versions = [data for data in (old, our, their) if data.strip()]
    for data in versions:
        lockfile.parse(data, path)  # each must be a lock file
    before, ours, theirs = (Document.from_bytes(data, path).data for data in (old, our, their))
    document = Document.from_bytes(our, path)
    conflicts: list[str] = []
    _merge_mapping(
        document.data, before, ours, theirs, conflicts, keys=[key for key in {**ours, **theirs} if key != "stages"]
    )
    was, is_ours, is_theirs = (_stages(version) for version in (before, ours, theirs))
    if document.data.get("stages") is None:
        document.data["stages"] = {}
    result.merged += _merge_mapping(
        document.data["stages"], was, is_ours, is_theirs, conflicts, keys={**is_ours, **is_theirs}
    )
    _refuse(path, conflicts)
    return document.to_bytes()


def _stages(version: dict[str, Any]) -> dict[str, Any]:
    return version.get("stages") or {}


def _merge_mapping(
    target: dict[Any, Any],
    old: Mapping[Any, Any],
    our: Mapping[Any, Any],
    their: Mapping[Any, Any],
    conflicts: list[str],
    keys: Iterable[Any],
) -> list[str]:
    """Bring into `target`, a copy of `our`, what `their` changed; the keys that were taken over."""
    taken: list[str] = []
    for key in keys:
        was, is_ours, is_theirs = (_plain(version.get(key, _ABSENT)) for version in (old, our, their))
        value: Any = _pick(was, is_ours, is_theirs, str(key), conflicts)
        if value == is_ours:
            continue
        taken.append(str(key))
        if value is _ABSENT:
            del target[key]
        else:
            target[key] = their[key]  # with the numbers as they are written there
    return taken


def _plain(value: Any) -> Any:
    """Without ruamel's own types: their equality minds the order of keys."""
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_plain(member) for member in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _merge_files(project: Project, versions: list[DvcFile | None], path: str, result: MergeResult) -> DvcFile:
    old, our, their = versions
    if our is None or their is None:
        raise MergeConflictError(f"'{path}' cannot be merged: one side is empty", [path])
    conflicts: list[str] = []
    fields = {name: _pick_field(name, old, our, their, conflicts) for name in _FILE_FIELDS}
    outs = [{out.path: out for out in version.outs} if version else {} for version in (old, our, their)]
    merged: list[OutEntry] = []
    for name in {**outs[1], **outs[2]}:
        before, mine, yours = (version.get(name) for version in outs)
        if mine is not None and yours is not None:
            merged.append(_merge_outs(project, before, mine, yours, conflicts, result))
            continue
        kept: OutEntry | None = _pick(before, mine, yours, name, conflicts)
        if kept is not None:
            merged.append(kept)
    _refuse(path, conflicts)
    return replace(our, outs=merged, **fields)


def _pick_field(name: str, old: object, our: object, their: object, conflicts: list[str]) -> Any:
    before = _ABSENT if old is None else getattr(old, name)
    return _pick(before, getattr(our, name), getattr(their, name), name, conflicts)


def _merge_outs(
    project: Project, old: OutEntry | None, our: OutEntry, their: OutEntry, conflicts: list[str], result: MergeResult
) -> OutEntry:
    fields = {name: _pick_field(name, old, our, their, conflicts) for name in _OUT_FIELDS}
    sides = (old.fingerprint if old else Fingerprint(None), our.fingerprint, their.fingerprint)
    before, mine, yours = (side.hash_info or side for side in sides)  # data elsewhere may have other checksums only
    if yours in (mine, before):
        fingerprint = our.fingerprint
    elif mine == before:
        fingerprint = their.fingerprint
    elif _are_folders(*sides):
        fingerprint = _merge_folders(project, sides, our.path, conflicts, result)
    else:
        conflicts.append(our.path)
        fingerprint = our.fingerprint
    return replace(our, fingerprint=fingerprint, **fields)


def _are_folders(old: Fingerprint, our: Fingerprint, their: Fingerprint) -> bool:
    """Whether these are versions of a folder whose listings can be merged."""
    known = [side.hash_info for side in (old, our, their) if side.hash_info is not None]
    plain = not (old.extra or our.extra or their.extra)
    same = len({hash_info.algorithm for hash_info in known}) == 1
    return plain and same and bool(our.hash_info and their.hash_info) and all(info.is_dir for info in known)


def _merge_folders(
    project: Project,
    sides: tuple[Fingerprint, Fingerprint, Fingerprint],
    path: str,
    conflicts: list[str],
    result: MergeResult,
) -> Fingerprint:
    trees = [_listing(project, side.hash_info, path) for side in sides]
    algorithm = trees[1].algorithm
    old, our, their = (tree.entries for tree in trees)
    found: list[str] = []
    entries: dict[str, str] = {}
    for name in {**our, **their}:
        value = _pick(old.get(name), our.get(name), their.get(name), f"{path}/{name}", found)
        if value is not None:
            entries[name] = value
    found += [f"{path}/{name}" for name in entries if _is_below_a_file(name, entries)]
    conflicts += found
    if found:
        return sides[1]
    tree = Tree(entries, algorithm)
    result.merged.append(path)
    return Fingerprint(project.cache.put_tree(tree), size=_size(project, tree), nfiles=len(entries))


def _is_below_a_file(name: str, entries: Mapping[str, str]) -> bool:
    """Whether one side has a file where the other has a folder."""
    parts = name.split("/")
    return any("/".join(parts[:count]) in entries for count in range(1, len(parts)))


def _listing(project: Project, hash_info: HashInfo | None, path: str) -> Tree:
    """A folder's listing, from the cache or the default remote: the other side may come from another machine."""
    if hash_info is None:
        return Tree({})
    try:
        return project.cache.read_tree(hash_info)
    except MissingObjectsError:
        tree = _remote_listing(project, hash_info)
    if tree is None:
        raise MissingObjectsError(
            f"'{path}' cannot be merged: its listing '{hash_info.value}' is neither in the cache nor in the remote."
            " Fetch the data of both branches first",
            [path],
        )
    return tree


def _remote_listing(project: Project, hash_info: HashInfo) -> Tree | None:
    from dvnb.objects.remotes.listings import read_listing  # few merges need it

    try:
        return read_listing(hash_info, project.cache, project.remote())
    except (ConfigError, RemoteError):
        return None


def _size(project: Project, tree: Tree) -> int | None:
    """What the members weigh together; None where the cache lacks one."""
    try:
        return sum(
            os.stat(project.cache.path(HashInfo(tree.algorithm, value))).st_size for value in tree.entries.values()
        )
    except FileNotFoundError:
        return None


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()
