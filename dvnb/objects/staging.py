"""Where files are made before they are renamed to where they belong.

A process that is killed leaves its unfinished file behind. Between the files of a tracked folder the next `add` would
take that for data, so that files of a project are made in its `.dvc/tmp`, where renaming from there is possible.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable
from contextlib import suppress

from dvnb.objects.names import SUFFIX, temporary_name

OUTDATED_SECONDS = 3600.0
"""Nobody works on a file any more that did not change for so long."""

_places: dict[str, str] = {}
_apart: set[str] = set()
_last: tuple[str, str] = "", ""


def use(root: str, place: str) -> None:
    """Make files below the folder `root` (absolute) in `place` from now on; what was left in it long ago goes.

    A place that cannot be made, or where a link leads elsewhere, is not used.
    """
    with suppress(OSError):
        os.makedirs(place, exist_ok=True)
    if not os.path.isdir(place) or os.path.realpath(place) != place:
        _places.pop(root, None)
    else:
        sweep(place)
        _places[root] = place
    _forget()


def put(target: str, make: Callable[[str], object]) -> None:
    """Let `make` make a file, whose path it is given, and rename that to `target` (absolute), replacing what is there.

    Raises: what `make` raises; OSError. Nothing is left then.
    """
    folder = os.path.dirname(target)
    place = place_for(folder)
    if place != folder:
        if _put_by_way_of(place, target, make):
            return
        _apart.add(folder)
        _forget()
    _put_by_way_of(folder, target, make)


def _put_by_way_of(place: str, target: str, make: Callable[[str], object]) -> bool:
    """Make the file in `place`; False if that folder is gone, or nothing can be renamed from there to the target."""
    temporary = place + os.sep + temporary_name()
    try:
        make(temporary)
        os.replace(temporary, target)
    except OSError as exc:
        _discard(temporary)
        if place != os.path.dirname(target):
            is_apart = exc.errno == errno.EXDEV and exc.filename2 == target
            if is_apart or not os.path.isdir(place):
                return False
        if exc.filename is None:
            exc.filename = target  # writing to a descriptor failed
        raise
    except BaseException:
        _discard(temporary)
        raise
    return True


def place_for(folder: str) -> str:
    """The folder in which temporary files are made for `folder` (absolute)."""
    global _last  # noqa: PLW0603 - files come folder by folder, so that the last answer is nearly always the next one
    known, place = _last
    if known != folder:
        place = _find_place(folder)
        _last = folder, place
    return place


def sweep(folder: str) -> None:
    """Remove temporary files that killed processes left in a folder long ago."""
    now = time.time()
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            is_ours = entry.name.startswith(".") and entry.name.endswith(SUFFIX)
            if is_ours and now - entry.stat(follow_symlinks=False).st_ctime > OUTDATED_SECONDS:
                _discard(entry.path)


def _find_place(folder: str) -> str:
    if folder in _apart:
        return folder
    around = [root for root in _places if folder == root or folder.startswith(root.rstrip(os.sep) + os.sep)]
    if not around:
        return folder
    place = _places[max(around, key=len)]
    try:
        return place if os.stat(place).st_dev == os.stat(folder).st_dev else folder
    except OSError:
        return folder


def _forget() -> None:
    global _last  # noqa: PLW0603 - see above
    _last = "", ""


def _discard(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
