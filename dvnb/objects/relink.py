"""Making workspace files hang on the cache in the wanted way, once their content is in it (SPEC 2.4, 2.7)."""

from __future__ import annotations

import os
import time

from dvnb.objects.hashing import HashInfo
from dvnb.objects.links import is_linked_as, link
from dvnb.objects.listing import Listing
from dvnb.objects.stamp import Stamp, is_settled, stamp_of
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.objects.walk import Folder

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
) -> int:
    """Link one folder's files to their objects, which are in the store, where they are not already; how many were.

    `types` are the link types that can be used here: the first is wanted, the others are for where it fails.
    A file that changed since it was walked stays as it is. The folder's stamps become those of the new files.
    """
    learned: Listing = {}
    linked = 0
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


def _is_same(one: Stamp, other: Stamp) -> bool:
    return one[:3] == other[:3]  # linking changes the ctime
