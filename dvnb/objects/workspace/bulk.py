"""Many files of one folder from sound objects, by the fewest calls: the hot path of a checkout.

Whatever is not plain sailing (an object that is missing, in doubt, empty or large; something in the way) is left to
`Restorer`, which goes the long way for that one file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress

from dvnb.objects.anchor import Anchor
from dvnb.objects.hashing import WHOLE
from dvnb.objects.links import CREATE_FLAGS, READ_FLAGS, write_all
from dvnb.objects.names import temporary_name
from dvnb.objects.staging import place_for
from dvnb.objects.stamp import Stamp, backdated, stamp_of
from dvnb.objects.workspace.doubt import Doubt

Member = tuple[str, str]
"""A file's name and the value of its object."""
Objects = tuple[Anchor, str, Doubt]
"""The folder of all objects of one algorithm, open and as a path, and what can be seen of them."""
Made = list[Stamp | None]
"""The stamps of new files; None for those that were not made."""


def make_files(objects: Objects, folder: str, members: Sequence[Member], kind: str) -> Made:
    """Make these files in a folder (absolute) by one link type, as far as they can be made fast."""
    make = _WAYS.get(kind)
    return [None] * len(members) if make is None else make(objects, folder, members)


def _hard_links(objects: Objects, folder: str, members: Sequence[Member]) -> Made:
    source, _, doubt = objects
    is_doubtful, source_fd = doubt.is_raised_by, source.fd
    made: Made = []
    with Anchor(folder) as target:
        target_fd = target.fd
        for name, value in members:
            path = f"{source.start}{value[:2]}/{value[2:]}"
            try:
                status = os.stat(path, dir_fd=source_fd)
                if status.st_size and not is_doubtful(value, status):
                    os.link(path, target.start + name, src_dir_fd=source_fd, dst_dir_fd=target_fd)
                    # As `stamp_of` says it: a hard link to an object is known without its ctime.
                    made.append((status.st_mtime_ns, status.st_ino, status.st_size, 0))
                    continue
            except OSError:
                pass
            made.append(None)
    return made


def _symlinks(objects: Objects, folder: str, members: Sequence[Member]) -> Made:
    source, base, doubt = objects
    is_doubtful, source_fd = doubt.is_raised_by, source.fd
    made: Made = []
    with Anchor(folder) as target:
        for name, value in members:
            below = f"{value[:2]}{os.sep}{value[2:]}"
            try:
                status = os.stat(source.start + below, dir_fd=source_fd)
                if status.st_size and not is_doubtful(value, status):
                    os.symlink(base + below, target.start + name, dir_fd=target.fd)
                    made.append(stamp_of(status))
                    continue
            except OSError:
                pass
            made.append(None)
    return made


def _copies(objects: Objects, folder: str, members: Sequence[Member]) -> Made:
    source, _, doubt = objects
    times = backdated()
    made: Made = []
    with Anchor(folder) as target, Anchor(place_for(folder)) as place:
        temporary = place.start + temporary_name()
        for name, value in members:
            try:
                data = _read(source, value, doubt)
                stamp = None if data is None else _write(data, place, temporary, target, name, times)
            except OSError:
                stamp = None
            except BaseException:
                _discard(temporary, place)
                raise
            if stamp is None:
                _discard(temporary, place)
            made.append(stamp)
    return made


def _read(source: Anchor, value: str, doubt: Doubt) -> bytes | None:
    fd = os.open(f"{source.start}{value[:2]}/{value[2:]}", READ_FLAGS, dir_fd=source.fd)
    try:
        status = os.fstat(fd)
        size = status.st_size
        if not 0 < size < WHOLE or doubt.is_raised_by(value, status):
            return None
        data = os.read(fd, size + 1)
    finally:
        os.close(fd)
    return data if len(data) == size else None


def _write(data: bytes, place: Anchor, temporary: str, target: Anchor, name: str, times: tuple[int, int]) -> Stamp:
    fd = os.open(temporary, CREATE_FLAGS, 0o666, dir_fd=place.fd)
    try:
        write_all(fd, data)
        os.utime(fd, ns=times)
    finally:
        os.close(fd)
    path = target.start + name
    os.replace(temporary, path, src_dir_fd=place.fd, dst_dir_fd=target.fd)
    return stamp_of(os.stat(path, dir_fd=target.fd))


def _discard(temporary: str, place: Anchor) -> None:
    with suppress(FileNotFoundError):
        os.unlink(temporary, dir_fd=place.fd)


_WAYS: dict[str, Callable[[Objects, str, Sequence[Member]], Made]] = {"hardlink": _hard_links, "symlink": _symlinks}
if os.utime in os.supports_fd:
    _WAYS["copy"] = _copies
