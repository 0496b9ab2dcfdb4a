"""Where files are made before they are renamed to where they belong.

A process that is killed leaves its unfinished file behind. Between the files of a tracked folder the next `add` would
take that for data, so that files of a project are made in its `.dvc/tmp`, where renaming from there is possible.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress

from dvnb.objects.names import is_leftover, temporary_name
from dvnb.objects.removal import remove_path

_APART = "apart"
"""The file in a place that says where files had to be made instead: a name of whoever did, and a folder, by line."""

_places: dict[str, str] = {}
_apart: set[str] = set()
_last: tuple[str, str] = "", ""


def use(root: str, place: str) -> None:
    """Make files below the folder `root` (absolute) in `place` from now on; what killed processes left in it goes.

    A place that cannot be made, or where a link leads elsewhere, is not used.
    """
    with suppress(OSError):
        os.makedirs(place, exist_ok=True)
    if not os.path.isdir(place) or os.path.realpath(place) != place:
        _places.pop(root, None)
    else:
        sweep(place)
        _sweep_apart(place)
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
        _make_apart(place, folder)
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
    """Remove temporary files of ours that killed processes left in a folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".0") and is_leftover(entry.name, entry.stat(follow_symlinks=False).st_ctime):
                remove_path(entry.path)


def _make_apart(place: str, folder: str) -> None:
    """From now on files for `folder` are made in it; whoever is killed then is known."""
    if folder not in _apart:
        _apart.add(folder)
        with suppress(OSError), open(os.path.join(place, _APART), "ab") as file:
            file.write(os.fsencode(f"{temporary_name()} {folder}\n"))


def _sweep_apart(place: str) -> None:
    """Remove what killed processes left in the folders where they made their files."""
    noted = os.path.join(place, _APART)
    try:
        with open(noted, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
            since = os.fstat(file.fileno()).st_ctime
    except OSError:
        return
    for folder in {line.partition(" ")[2] for line in lines}:
        sweep(folder)
    if all(is_leftover(line.partition(" ")[0], since) for line in lines):
        _discard(noted)  # none of those who noted something works on
        _apart.clear()


def _find_place(folder: str) -> str:
    if folder in _apart:
        return folder
    around = [root for root in _places if folder == root or folder.startswith(root.rstrip(os.sep) + os.sep)]
    if not around:
        return folder
    place = _places[max(around, key=len)]
    try:
        if os.stat(place).st_dev == os.stat(folder).st_dev:
            return place
    except OSError:
        return folder
    _make_apart(place, folder)
    return folder


def _forget() -> None:
    global _last  # noqa: PLW0603 - see above
    _last = "", ""


def _discard(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)
