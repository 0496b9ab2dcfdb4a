"""Putting what a path holds into the cache, and linking the path to it.

Source: dvc_data's hashfile/transfer.py, dvc's output.py (save, commit, add).
"""

from __future__ import annotations

import os

from dvnb.errors import DvnbError
from dvnb.events import Listener, Warned
from dvnb.objects.build import Builder, Built, build
from dvnb.objects.files import settle_mode
from dvnb.objects.hashing import MD5, HashInfo
from dvnb.objects.links import usable_types
from dvnb.objects.meter import Meter
from dvnb.objects.soundness import looks_sound
from dvnb.objects.stamp import Stamp, stamp_of
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.objects.walk import Ignore
from dvnb.objects.workspace.relink import COPYING, relink_files

MOVING = (["hardlink"], ["symlink"])
"""First link types by which a file itself becomes the object."""

NOT_LINKED = (
    "'{path}' is in the cache, but could not be linked to it: its file system allows none of the types in cache.type "
    "({types}). It stays as it is; add 'copy' to cache.type, or run 'dvnb checkout --relink' with another one."
)

_LOOKED_AT = 64
"""So many objects, where they are there already, are looked at for damage: what the workspace has can replace them."""


def add(
    path: str,
    store: LocalStore,
    *,
    link_types: list[str],
    relink: bool = True,
    state: State,
    ignore: Ignore | None = None,
    emit: Listener | None = None,
) -> Built:
    """`build` and `save` in one: what is new is read once (unless it shall be linked into the cache).

    Raises: as `build` and `save`.
    """
    may_move = relink and any([kind] in MOVING for kind in link_types)
    if may_move and _usable(link_types, store, path)[:1] in MOVING:
        built = build(path, state=state, ignore=ignore, emit=emit)
    else:
        meter = Meter(emit, "add", None, "B") if emit else None
        stored: set[str] = set()
        clone: bool | None = None

        def read(file: str, size: int) -> str:
            nonlocal clone
            if clone is None:
                clone = "reflink" in link_types and store.can_reflink(os.path.realpath(path))
            value = store.ingest(file, size, clone=clone, meter=meter)
            stored.add(value)
            return value

        built = Builder(state, ignore, None, MD5, read).build(path)
        built.stored = stored
    save(built, path, store, link_types=link_types, relink=relink, state=state, emit=emit)
    return built


def save(
    built: Built,
    path: str,
    store: LocalStore,
    *,
    link_types: list[str],
    relink: bool = True,
    listing: bool = True,
    state: State,
    emit: Listener | None = None,
) -> None:
    """Put what was measured at `path` into the store, members before the listing, then link the workspace to it.

    `listing`: False stores the members of a folder alone.
    `relink`: False leaves the workspace's files as they are; else symlinks become files (unless symlinks are wanted)
    and every file gets one of the `link_types`, best first; a single file that is a copy gets the mode of a new one.
    Where no link can be made between the two places the files stay as they are, with a warning.

    Raises: DvnbError for a file that changed since it was measured; nothing wrong is stored then.
    """
    fingerprint = built.fingerprint
    algorithm = _algorithm(built)
    # An executable file and its read-only object cannot be one inode: the modes differ.
    types = ["copy"] if fingerprint.isexec else _usable(link_types, store, path)
    if relink and not types:
        relink = False
        if emit:
            emit(Warned(NOT_LINKED.format(path=path, types=", ".join(link_types))))
    few = built.tree is None or len(built.tree) <= _LOOKED_AT
    if few or built.stored or _lacks_members(built, store, state):
        _save_members(built, store, algorithm, move=relink and types[:1] in MOVING, types=types, emit=emit)
    if built.tree is not None and listing:
        store.put_tree(built.tree)
    if relink:
        for part in built.parts:
            relink_files(part.folder, part.values, part.unsettled, store, algorithm, types=types, state=state)
    if relink and built.tree is None and types[:1] in COPYING:
        _settle_mode(built, path, state)


def _settle_mode(built: Built, path: str, state: State) -> None:
    """Give a single file the mode of a copy, whose hash stays known although its stamp becomes another."""
    for part in built.parts:
        known = part.folder.stamps[0] == stamp_of(os.stat(path))
        if not settle_mode(path, executable=built.fingerprint.isexec) or not known:
            continue
        name, part.folder.stamps[0] = part.folder.names[0], stamp_of(os.stat(path))
        if name not in part.unsettled:
            learned = {name: (part.folder.stamps[0], part.values[0])}
            state.update_listing(part.folder.path, learned, kind=_algorithm(built))


def _algorithm(built: Built) -> str:
    return built.fingerprint.hash_info.algorithm if built.fingerprint.hash_info else MD5


def _lacks_members(built: Built, store: LocalStore, state: State) -> bool:
    hash_info, tree = built.fingerprint.hash_info, built.tree
    return hash_info is None or tree is None or bool(store.missing_members(hash_info, tree.entries.values, state))


def _usable(link_types: list[str], store: LocalStore, path: str) -> list[str]:
    store.make_folder(store.root)
    return usable_types(path if os.path.isdir(path) else os.path.dirname(path), store.root, link_types)


def _save_members(
    built: Built, store: LocalStore, algorithm: str, *, move: bool, types: list[str], emit: Listener | None
) -> None:
    values = {value for part in built.parts for value in part.values} - built.stored
    missing = store.missing_values(values, algorithm)
    if len(values) <= _LOOKED_AT:
        missing |= {value for value in values - missing if not looks_sound(store.value_path(value, algorithm))}
    if not missing:
        return
    meter = Meter(emit, "save", len(missing)) if emit else None
    for part in built.parts:
        folder = part.folder
        clone: bool | None = None
        for name, stamp, value in zip(folder.names, folder.stamps, part.values, strict=True):
            if value not in missing:
                continue
            missing.remove(value)
            source = folder.path + os.sep + name
            if clone is None:
                clone = "reflink" in types and store.can_reflink(os.path.realpath(source))
            hash_info = HashInfo(algorithm, value)
            if not (move and name not in folder.links and _move(store, source, stamp, hash_info)):
                _store_one(store, source, stamp, hash_info, settled=name not in part.unsettled, clone=clone)
            if meter:
                meter.add()
    if meter:
        meter.finish()


def _move(store: LocalStore, source: str, stamp: Stamp, hash_info: HashInfo) -> bool:
    # A file with other names, or one that changed, must not become an object itself.
    status = os.lstat(source)
    return status.st_nlink == 1 and stamp_of(status) == stamp and store.put_link(source, hash_info)


def _store_one(
    store: LocalStore, source: str, stamp: Stamp, hash_info: HashInfo, *, settled: bool, clone: bool
) -> None:
    if settled or hash_info.algorithm != MD5:
        same = store.put_file(source, hash_info, stamp=stamp, clone=clone)
    else:
        same = store.ingest(source, stamp[2], clone=clone) == hash_info.value
    if not same:
        raise DvnbError(f"'{source}' changed while it was being saved")
