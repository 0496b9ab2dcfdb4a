"""Writing objects into the workspace, folder by folder."""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress

from dvnb.errors import DvnbError
from dvnb.objects.hashing import WHOLE, HashInfo
from dvnb.objects.journal import Journal
from dvnb.objects.links import CREATE_FLAGS, READ_FLAGS, link, usable_types, write_all
from dvnb.objects.listing import Listing
from dvnb.objects.meter import Meter
from dvnb.objects.staging import put
from dvnb.objects.stamp import Stamp, backdated, is_settled, stamp_of, stamp_of_link
from dvnb.objects.state import State
from dvnb.objects.store import OBJECT_MODE, LocalStore


class Restorer:
    """Makes files from objects of one algorithm, by the first link type that works; the state learns of each.

    A damaged object is moved into the trash and counts as missing: one that is read-only is believed (SPEC 2.8).
    """

    def __init__(self, store: LocalStore, algorithm: str, types: list[str], state: State, journal: Journal) -> None:
        self._store = store
        self._algorithm = algorithm
        self._types = types
        self._state = state
        self._journal = journal
        self._usable: list[str] | None = None

    def restore(self, files: dict[str, str], meter: Meter | None = None) -> set[str]:
        """Make each path (absolute) from the object of its value, replacing files; the values that were missing."""
        missing: set[str] = set()
        by_folder: dict[str, list[str]] = {}
        for path in files:
            folder, _, name = path.rpartition(os.sep)
            by_folder.setdefault(folder, []).append(name)
        for folder, names in by_folder.items():
            os.makedirs(folder, exist_ok=True)
            learned: Listing = {}
            for name in names:
                path = folder + os.sep + name
                value = files[path]
                stamp = self._restore_one(path, value)
                if stamp is None:
                    missing.add(value)
                    continue
                # A copy is backdated and so settled at once; a link has the mtime of its object.
                if is_settled(stamp, time.time_ns()):
                    learned[name] = (stamp, value)
                if meter:
                    meter.add()
            self._state.update_listing(folder, learned, kind=self._algorithm)
        return missing

    def _restore_one(self, path: str, value: str) -> Stamp | None:
        """The stamp of the new file; None without an object for it."""
        source = self._store.value_path(value, self._algorithm)
        if self._usable is not None and self._usable[:1] == ["copy"]:
            stamp = _copy_small(source, path)
            if stamp is not None:
                return stamp
        try:
            status = os.stat(source)
        except FileNotFoundError:
            return None
        if stat.S_IMODE(status.st_mode) != OBJECT_MODE:
            if not self._is_mended(source, HashInfo(self._algorithm, value)):
                return None
            status = os.stat(source)
        if self._usable is None:
            self._usable = usable_types(source, os.path.dirname(path), self._types)
        try:
            return self._make(source, path, status)
        except (IsADirectoryError, DvnbError):
            if not os.path.isdir(path):
                raise
            self._journal.move(path)  # only ignored files are left in a folder that gave way to this file
            return self._make(source, path, status)

    def _make(self, source: str, path: str, status: os.stat_result) -> Stamp:
        usable = self._usable or self._types
        if status.st_size and not status.st_mode & 0o222 and _link_new(source, path, usable[0]):
            # What it leads to has not changed, but for its names: it need not be asked again.
            return stamp_of(status) if usable[0] == "symlink" else stamp_of_link(status)
        link(source, path, usable)
        return stamp_of(os.stat(path))

    def _is_mended(self, source: str, hash_info: HashInfo) -> bool:
        if self._store.is_intact(hash_info, self._state):
            with suppress(OSError):  # the store may be read-only
                os.chmod(source, OBJECT_MODE)
            return True
        self._journal.move(source)
        return False


def _link_new(source: str, path: str, kind: str) -> bool:
    """The hot path of a checkout by links: where nothing is in the way, no temporary name is needed."""
    try:
        if kind == "hardlink":
            os.link(source, path)
        elif kind == "symlink":
            os.symlink(source, path)
        else:
            return False
    except OSError:
        return False
    return True


def _copy_small(source: str, path: str) -> Stamp | None:
    """The hot path of a checkout by copies: of a small object that is intact, with nothing in the way; else None."""
    try:
        fd = os.open(source, READ_FLAGS)
    except FileNotFoundError:
        return None
    try:
        status = os.fstat(fd)
        if status.st_mode & 0o7777 != OBJECT_MODE or status.st_size >= WHOLE:
            return None
        data = os.read(fd, status.st_size + 1)
    finally:
        os.close(fd)

    def make(temporary: str) -> None:
        new = os.open(temporary, CREATE_FLAGS, 0o666)
        try:
            write_all(new, data)
            if os.utime in os.supports_fd:
                os.utime(new, ns=backdated())
        finally:
            os.close(new)

    try:
        put(path, make)
    except IsADirectoryError:
        return None
    return stamp_of(os.stat(path))
