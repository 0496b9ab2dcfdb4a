"""What a path holds now, and putting it into the cache.

Source: dvc_data's hashfile/build.py and transfer.py, dvc's output.py (save, commit, add).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import Protocol

from dvnb.errors import DvnbError
from dvnb.events import Listener, Warned
from dvnb.objects.hashing import MD5, WHOLE, Fingerprint, HashInfo, hash_file
from dvnb.objects.links import usable_types
from dvnb.objects.listing import Listing
from dvnb.objects.meter import Meter
from dvnb.objects.soundness import looks_sound
from dvnb.objects.stamp import Stamp, is_settled, settle, stamp_of
from dvnb.objects.state import NOTEBOOK, State
from dvnb.objects.store import LocalStore
from dvnb.objects.tree import Tree
from dvnb.objects.walk import Folder, Ignore, not_data, walk_folders
from dvnb.objects.workspace.relink import relink_files
from dvnb.records import dataclass, field

MOVING = (["hardlink"], ["symlink"])
"""First link types by which a file itself becomes the object."""

NOT_LINKED = (
    "'{path}' is in the cache, but could not be linked to it: its file system allows none of the types in cache.type "
    "({types}). It stays as it is; add 'copy' to cache.type, or run 'dvnb checkout --relink' with another one."
)

_LOOKED_AT = 64
"""So many objects, where they are there already, are looked at for damage: what the workspace has can replace them."""

Reader = Callable[[str, int], str]
"""Makes a file's hash from its path and expected size."""


class Canonical(Protocol):
    """How some files (notebooks) are hashed by meaning instead of by bytes."""

    def applies(self, path: str) -> bool:
        """Whether the file at `path` (absolute) counts by its canonical form."""
        ...

    def hash(self, path: str) -> tuple[str, int]:
        """MD5 and size of that form."""
        ...


class Paired(Canonical, Protocol):
    """What also knows files that are the same notebook, written down in different ways."""

    def other_side(self, path: str) -> str | None:
        """The other file, if there is one."""
        ...

    def contents(self, path: str, other: str) -> tuple[str, str]:
        """Digests of what two such files say. Raises: NotebookError."""
        ...

    def unsynchronized(self, path: str, other: str) -> str:
        """What to tell people of such a pair, whose `other` file is ahead."""
        ...


@dataclass(slots=True, eq=False)
class Measured:
    """One folder as it was walked, with the hashes of its files in the order of `folder.names`.

    `unsettled` are names whose stamps are too young to tell a change since they were read (stamp.py).
    """

    folder: Folder
    values: list[str]
    unsettled: set[str]


@dataclass(slots=True, eq=False)
class Built:
    """What was at a path: `tree` only for a folder; `parts` are its files, folder by folder (one part for a file).

    `stored` are hash values that are in the store already. `broken` are symlinks that led nowhere (absolute).
    """

    fingerprint: Fingerprint
    tree: Tree | None
    parts: list[Measured]
    stored: set[str] = field(default_factory=set[str])
    broken: list[str] = field(default_factory=list[str])


def build(
    path: str,
    *,
    state: State,
    ignore: Ignore | None = None,
    canonical: Canonical | None = None,
    algorithm: str = MD5,
    emit: Listener | None = None,
    tolerate_broken: bool = False,
) -> Built:
    """Measure the file or folder at `path` (absolute), reading only what changed since it was last measured.

    `tolerate_broken`: symlinks that lead nowhere are noted instead of refused.

    Raises: FileNotFoundError; TargetError for what cannot be tracked.
    """
    meter = Meter(emit, "hash", None, "B") if emit else None

    def read(file: str, _size: int) -> str:
        return hash_file(file, algorithm, meter)

    return Builder(state, ignore, canonical, algorithm, read).build(path, tolerate_broken=tolerate_broken)


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
    state: State,
    emit: Listener | None = None,
) -> None:
    """Put what was measured at `path` into the store, members before the listing, then link the workspace to it.

    `relink`: False leaves the workspace's files as they are; else symlinks become files (unless symlinks are wanted)
    and every file gets one of the `link_types`, best first. Where none can be made between the two places the files
    stay as they are, with a warning.

    Raises: DvnbError for a file that changed since it was measured; nothing wrong is stored then.
    """
    fingerprint = built.fingerprint
    algorithm = fingerprint.hash_info.algorithm if fingerprint.hash_info else MD5
    # An executable file and its read-only object cannot be one inode: the modes differ.
    types = ["copy"] if fingerprint.isexec else _usable(link_types, store, path)
    if relink and not types:
        relink = False
        if emit:
            emit(Warned(NOT_LINKED.format(path=path, types=", ".join(link_types))))
    few = built.tree is None or len(built.tree) <= _LOOKED_AT
    if few or built.stored or _lacks_members(built, store, state):
        _save_members(built, store, algorithm, move=relink and types[:1] in MOVING, types=types, emit=emit)
    if built.tree is not None:
        store.put_tree(built.tree)
    if relink:
        for part in built.parts:
            relink_files(part.folder, part.values, part.unsettled, store, algorithm, types=types, state=state)
    if relink and fingerprint.isexec:
        make_executable(path)


def _lacks_members(built: Built, store: LocalStore, state: State) -> bool:
    hash_info, tree = built.fingerprint.hash_info, built.tree
    return hash_info is None or tree is None or bool(store.missing_members(hash_info, tree.entries.values, state))


def _usable(link_types: list[str], store: LocalStore, path: str) -> list[str]:
    store.make_folder(store.root)
    return usable_types(path if os.path.isdir(path) else os.path.dirname(path), store.root, link_types)


def make_executable(path: str) -> None:
    """Let its owner run a file (SPEC 2.5)."""
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if not mode & stat.S_IXUSR:
        os.chmod(path, mode | stat.S_IXUSR)


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


class Builder:
    """One measuring: what all its folders share. `read` makes the hash of a file from its path and expected size."""

    def __init__(
        self, state: State, ignore: Ignore | None, canonical: Canonical | None, algorithm: str, read: Reader
    ) -> None:
        self._state = state
        self._ignore = ignore
        self._canonical = canonical
        self._algorithm = algorithm
        self._read = read
        self._size = 0

    def build(self, path: str, *, tolerate_broken: bool = False) -> Built:
        """Measure one path; to be called once."""
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            return self._build_folder(path, tolerate_broken=tolerate_broken)
        if not stat.S_ISREG(status.st_mode):
            raise not_data(path)
        return self._build_file(path, status)

    def _build_file(self, path: str, status: os.stat_result) -> Built:
        parent, name = os.path.split(path)
        folder = Folder(parent, "")
        folder.names.append(name)
        folder.stamps.append(stamp_of(status))
        if os.path.islink(path):
            folder.links.add(name)
        part = self._measure(folder, whole=False)
        hash_info = HashInfo(self._algorithm, part.values[0])
        fingerprint = Fingerprint(hash_info, size=self._size, isexec=bool(status.st_mode & stat.S_IXUSR))
        return Built(fingerprint, None, [part])

    def _build_folder(self, path: str, *, tolerate_broken: bool) -> Built:
        self._state.load_below(path, self._algorithm)
        broken: list[str] = []
        parts: list[Measured] = []
        entries: dict[str, str] = {}
        # The whole walk comes first: what cannot be tracked is refused before anything is read or stored.
        for folder in list(walk_folders(path, self._ignore, broken=broken if tolerate_broken else None)):
            part = self._measure(folder, whole=True)
            parts.append(part)
            prefix = folder.prefix
            names = [prefix + name for name in folder.names] if prefix else folder.names
            entries.update(zip(names, part.values, strict=True))
        self._state.keep_only(path, {part.folder.path for part in parts}, self._algorithm)
        tree = Tree(entries, self._algorithm)
        fingerprint = Fingerprint(tree.hash_info(), size=self._size, nfiles=len(entries))
        return Built(fingerprint, tree, parts, broken=broken)

    def _measure(self, folder: Folder, *, whole: bool) -> Measured:
        """Hash a folder's files; `whole`: these are all of them, so what is stored of others is outdated."""
        columns = self._state.columns(folder.path, self._algorithm) if whole and self._canonical is None else None
        if columns is not None and columns[0] == folder.names and columns[1] == folder.stamps:
            # Of two that are equal only one shall stay in memory.
            folder.names, folder.stamps = columns[0], columns[1]
            self._size += sum([stamp[2] for stamp in columns[1]])
            return Measured(folder, columns[2], set())
        known = self._state.listing(folder.path, self._algorithm)
        values = [
            entry[1] if (entry := known.get(name)) is not None and entry[0] == stamp else ""
            for name, stamp in zip(folder.names, folder.stamps, strict=True)
        ]
        self._size += sum([stamp[2] for stamp in folder.stamps])
        if "" in values:
            unread = [index for index, value in enumerate(values) if not value]
        else:
            unread: list[int] = []
            folder.stamps = [known[name][0] for name in folder.names]  # as above
        is_outdated = whole and len(known) != len(values) - len(unread)
        kept: Listing = {}
        if is_outdated or unread:
            kept = {name: known[name] for name, value in zip(folder.names, values, strict=True) if value and whole}
        if self._canonical is not None:
            taken = self._measure_canonical(folder, values, self._canonical)
            unread = [index for index in unread if index not in taken]
        read, unsettled = self._read_files(folder, values, unread) if unread else ({}, set[str]())
        if whole and (is_outdated or read):
            self._state.replace_listing(folder.path, kept | read, self._algorithm)
        elif read:
            self._state.update_listing(folder.path, read, kind=self._algorithm)
        return Measured(folder, values, unsettled)

    def _read_files(self, folder: Folder, values: list[str], unread: list[int]) -> tuple[Listing, set[str]]:
        """Fill in `values`; what is now known for sure, and the names of the others."""
        names, stamps, start = folder.names, folder.stamps, folder.path.rstrip(os.sep) + os.sep
        read_at = settle([stamps[index] for index in unread])
        large = [index for index in unread if stamps[index][2] >= WHOLE]
        if len(large) > 1:
            self._read_at_once(folder, values, large)
            unread = [index for index in unread if not values[index]] + large
        listing: Listing = {}
        unsettled: set[str] = set()
        for index in unread:
            name, stamp = names[index], stamps[index]
            value = values[index] = values[index] or self._read(start + name, stamp[2])
            if is_settled(stamp, read_at):
                listing[name] = (stamp, value)
            else:
                unsettled.add(name)
        return listing, unsettled

    def _read_at_once(self, folder: Folder, values: list[str], large: list[int]) -> None:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(len(large), os.cpu_count() or 1)) as pool:
            paths = [os.path.join(folder.path, folder.names[index]) for index in large]
            sizes = [folder.stamps[index][2] for index in large]
            for index, value in zip(large, pool.map(self._read, paths, sizes), strict=True):
                values[index] = value

    def _measure_canonical(self, folder: Folder, values: list[str], canonical: Canonical) -> set[int]:
        """Fill in `values` of files that count by their canonical form; their indices."""
        known = self._state.listing(folder.path, NOTEBOOK)
        taken: set[int] = set()
        for index, name in enumerate(folder.names):
            path = os.path.join(folder.path, name)
            if not canonical.applies(path):
                continue
            stamp = folder.stamps[index]
            entry = known.get(name)
            if entry is None or entry[0] != stamp:
                read_at = settle([stamp])
                value, size = canonical.hash(path)
                entry = stamp, f"{value} {size}"
                if is_settled(stamp, read_at):
                    self._state.update_listing(folder.path, {name: entry}, kind=NOTEBOOK)
            value, _, size_text = entry[1].partition(" ")
            values[index] = value
            self._size += int(size_text) - stamp[2]
            taken.add(index)
        return taken
