"""Making workspace files hang on the cache in the wanted way, once their content is in it (SPEC 2.4, 2.7)."""

from __future__ import annotations

import os
import time

from dvnb.objects.hashing import HashInfo
from dvnb.objects.links import is_linked_as, kind_of_link, link
from dvnb.objects.listing import Listing
from dvnb.objects.stamp import Stamp, is_settled, stamp_of
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.objects.undo.journal import Journal
from dvnb.objects.walk import Folder
from dvnb.objects.workspace.doubt import Doubt

COPYING = (["reflink"], ["copy"])


def relink_files(
    folder: Folder,
    values: list[str],
    unsettled: set[str],
    store: LocalStore,
    algorithm: str,
    *,
    types: list[str],
    state: State,
    journal: Journal | None = None,
) -> int:
    """Link one folder's files to their objects, which are in the store, where they are not already; how many were.

    `types` are the link types that can be used here: the first is wanted, the others are for where it fails.
    A file that changed since it was walked stays as it is, and so does one whose object is damaged. The folder's stamps
    become those of the new files. `journal`: where nobody noted yet what will be linked.
    """
    if journal is not None:
        _note(folder, values, store, algorithm, types[0], journal)
    learned: Listing = {}
    linked = 0
    doubt = Doubt(store, algorithm, state)
    for index, name in enumerate(folder.names):
        stamp = folder.stamps[index]
        is_link = name in folder.links
        if types[:1] in COPYING and not is_link and stamp[3]:
            continue  # a plain file of its own, as by far the most
        path = os.path.join(folder.path, name)
        target = store.path(HashInfo(algorithm, values[index]))
        if not _is_same(stamp_of(os.stat(path)), stamp):
            continue
        copied = False
        if not is_linked_as(path, target, types[0]):
            if not doubt.is_sound(values[index]):
                continue
            kind = link(target, path, types)
            copied = kind in ("copy", "reflink")
            linked += 1
        new = stamp_of(os.stat(path))
        folder.stamps[index] = new
        # A copy is settled from the start; a link is no more so than the file was when it was read.
        if new != stamp and (copied or name not in unsettled) and is_settled(new, time.time_ns()):
            learned[name] = (new, values[index])
    if learned:
        state.update_listing(folder.path, learned, kind=algorithm)
    return linked


def _note(folder: Folder, values: list[str], store: LocalStore, algorithm: str, wanted: str, journal: Journal) -> None:
    """Note how those files hang on the cache that will not any more."""
    was: dict[str, tuple[str, str]] = {}
    for name, value in zip(folder.names, values, strict=True):
        path, source = os.path.join(folder.path, name), store.value_path(value, algorithm)
        if not is_linked_as(path, source, wanted):
            kind = kind_of_link(path, source)
            if kind:
                was[name] = kind, "" if kind == "copy" else source
            elif os.path.islink(path):
                was[name] = "symlink", os.readlink(path)
    journal.relink(folder.path, was)


def _is_same(one: Stamp, other: Stamp) -> bool:
    return one[:3] == other[:3]  # linking changes the ctime
