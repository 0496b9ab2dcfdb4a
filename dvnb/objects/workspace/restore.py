"""Writing objects into the workspace, folder by folder."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from typing import cast

from dvnb.errors import DvnbError
from dvnb.events import Listener, Warned
from dvnb.objects.anchor import Anchor
from dvnb.objects.links import link, usable_types
from dvnb.objects.listing import Columns, listing_of
from dvnb.objects.meter import Meter
from dvnb.objects.soundness import OBJECT_MODE
from dvnb.objects.stamp import Stamp, all_settled, is_settled, stamp_of
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.objects.undo.journal import Journal
from dvnb.objects.workspace.bulk import Made, Member, Objects, make_files
from dvnb.objects.workspace.doubt import Doubt

_AT_ONCE = 64
"""Files between two signs of life."""


class Restorer:
    """Makes files from objects of one algorithm, by the first link type that works; the state learns of each.

    An object that does not look as it was left (soundness.py) is read first; a damaged one is moved into the trash,
    told of, and counts as missing.
    """

    def __init__(
        self,
        store: LocalStore,
        algorithm: str,
        types: list[str],
        state: State,
        journal: Journal,
        emit: Listener | None = None,
    ) -> None:
        self._store = store
        self._algorithm = algorithm
        self._types = types
        self._state = state
        self._journal = journal
        self._emit = emit
        self._doubt = Doubt(store, algorithm, state)
        self._usable: list[str] | None = None

    def restore(self, path: str, members: Mapping[str, str], meter: Meter | None = None) -> set[str]:
        """Make files below a path (absolute) from the objects of their values, replacing what is there.

        `members` are by relpath, "" for a file at the path itself. Returns the values that were missing.
        """
        missing: set[str] = set()
        by_folder: dict[str, list[Member]] = {}
        if "" in members:
            folder, name = os.path.split(path)
            by_folder[folder] = [(name, members[""])]
        else:
            by_folder = _by_folder(members)
        base = self._store.base(self._algorithm)
        with ExitStack() as stack:
            objects: Objects | None = None
            with suppress(OSError):
                objects = stack.enter_context(Anchor(base)), base, self._doubt
            for below, files in by_folder.items():
                folder = below if "" in members else os.path.join(path, below) if below else path
                missing |= self._restore_folder(folder, files, objects, meter)
        return missing

    def _restore_folder(
        self, folder: str, files: list[Member], objects: Objects | None, meter: Meter | None
    ) -> set[str]:
        os.makedirs(folder, exist_ok=True)
        with os.scandir(folder) as found:
            is_new = next(found, None) is None
        if self._usable is None and objects is not None:
            self._usable = usable_types(objects[1], folder, self._types)
        stamps: Made = []
        for start in range(0, len(files), _AT_ONCE):
            some = files[start : start + _AT_ONCE]
            fast = self._usable[0] if self._usable else ""
            made: Made = make_files(objects, folder, some, fast) if objects else [None] * len(some)
            if None in made:
                for index, (name, value) in enumerate(some):
                    if made[index] is None:
                        made[index] = self._restore_one(folder + os.sep + name, value)
            stamps += made
            if meter:
                meter.add(len(some))
        names, values = [name for name, _ in files], [value for _, value in files]
        self._learn(folder, _settled((names, stamps, values)), is_new=is_new)
        return {value for value, stamp in zip(values, stamps, strict=True) if stamp is None}

    def _learn(self, folder: str, known: Columns, *, is_new: bool) -> None:
        if is_new:
            self._state.replace_columns(folder, known, self._algorithm)
        else:
            self._state.update_listing(folder, listing_of(known), kind=self._algorithm)

    def _restore_one(self, path: str, value: str) -> Stamp | None:
        """The stamp of the new file; None without an object for it."""
        source = self._store.value_path(value, self._algorithm)
        try:
            status = os.stat(source)
        except FileNotFoundError:
            return None
        if self._doubt.is_raised_by(value, status):
            if not self._is_mended(source, value, status):
                return None
            status = os.stat(source)
        if self._usable is None:
            self._usable = usable_types(source, os.path.dirname(path), self._types)
        try:
            return self._make(source, path)
        except (IsADirectoryError, DvnbError):
            if not os.path.isdir(path):
                raise
            self._journal.move(path)  # only ignored files are left in a folder that gave way to this file
            return self._make(source, path)

    def _make(self, source: str, path: str) -> Stamp:
        link(source, path, self._usable or self._types)
        return stamp_of(os.stat(path))

    def _is_mended(self, source: str, value: str, status: os.stat_result) -> bool:
        if self._doubt.is_unfounded(value):
            if stat.S_IMODE(status.st_mode) != OBJECT_MODE:
                with suppress(OSError):  # the store may be read-only
                    os.chmod(source, OBJECT_MODE)
            return True
        put_away(value, source, self._journal, self._emit)
        return False


def _by_folder(members: Mapping[str, str]) -> dict[str, list[Member]]:
    """Members as names and values, by the folder they are right inside of (relative, "" for the first)."""
    if not any("/" in rel for rel in members):
        return {"": list(members.items())} if members else {}
    found: dict[str, list[Member]] = {}
    for rel, value in members.items():
        below, _, name = rel.rpartition("/")
        found.setdefault(below, []).append((name, value))
    return found


def _settled(made: tuple[list[str], Made, list[str]]) -> Columns:
    """Those that were made and can be known again: a copy is backdated, a link has the mtime of its object."""
    now = time.time_ns()
    names, stamps, values = made
    if None not in stamps:
        known = cast("list[Stamp]", stamps)
        if all_settled(known, now):
            return names, known, values
    kept = [at for at, stamp in enumerate(stamps) if stamp is not None and is_settled(stamp, now)]
    return [names[at] for at in kept], [cast("Stamp", stamps[at]) for at in kept], [values[at] for at in kept]


def put_away(value: str, path: str, journal: Journal, emit: Listener | None) -> str:
    """Move a damaged object into the trash, and say so; where it lies now."""
    stored = journal.leave(path)
    if emit is not None:
        emit(
            Warned(
                f"object '{value}' is damaged and is now in '{stored}': 'dvnb pull' brings it back, or"
                " 'dvnb fsck --repair', which looks into the workspace, too."
            )
        )
    return stored
