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
from dvnb.objects.stamp import backdated, is_settled, stamp_of
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
                if not self._restore_one(path, value):
                    missing.add(value)
                    continue
                stamp = stamp_of(os.stat(path))
                # A copy is backdated and so settled at once; a link has the mtime of its object.
                if is_settled(stamp, time.time_ns()):
                    learned[name] = (stamp, value)
                if meter:
                    meter.add()
            self._state.update_listing(folder, learned, kind=self._algorithm)
        return missing

    def _restore_one(self, path: str, value: str) -> bool:
        hash_info = HashInfo(self._algorithm, value)
        source = self._store.path(hash_info)
        try:
            status = os.stat(source)
        except FileNotFoundError:
            return False
        if stat.S_IMODE(status.st_mode) != OBJECT_MODE and not self._is_mended(source, hash_info):
            return False
        if self._usable is None:
            self._usable = usable_types(source, os.path.dirname(path), self._types)
        try:
            self._make(source, path, status.st_size)
        except (IsADirectoryError, DvnbError):
            if not os.path.isdir(path):
                raise
            self._journal.move(path)  # only ignored files are left in a folder that gave way to this file
            self._make(source, path, status.st_size)
        return True

    def _make(self, source: str, path: str, size: int) -> None:
        usable = self._usable or self._types
        if usable[:1] == ["copy"] and size < WHOLE:
            _copy_small(source, path, size)
        else:
            link(source, path, usable)

    def _is_mended(self, source: str, hash_info: HashInfo) -> bool:
        if self._store.is_intact(hash_info, self._state):
            with suppress(OSError):  # the store may be read-only
                os.chmod(source, OBJECT_MODE)
            return True
        self._journal.move(source)
        return False


def _copy_small(source: str, path: str, size: int) -> None:
    """The hot path of a checkout: one read, one write, one rename."""
    fd = os.open(source, READ_FLAGS)
    try:
        data = os.read(fd, size + 1)
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

    put(path, make)
