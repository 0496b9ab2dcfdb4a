"""What a path holds now, found out by reading only what changed since it was last measured.

Source: dvc_data's hashfile/build.py.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from typing import TYPE_CHECKING

from dvnb.events import Listener
from dvnb.objects.hashing import MD5, WHOLE, Fingerprint, HashInfo, hash_file
from dvnb.objects.listing import Listing
from dvnb.objects.meter import Meter
from dvnb.objects.stamp import is_settled, settle, stamp_of
from dvnb.objects.state import NOTEBOOK, State
from dvnb.objects.tree import Tree
from dvnb.objects.walk import Folder, Ignore, not_data, walk_folders
from dvnb.records import dataclass, field

if TYPE_CHECKING:
    from dvnb.objects.canonical import Canonical

Reader = Callable[[str, int], str]
"""Makes a file's hash from its path and expected size."""


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
