"""Making one file from another: reflink, hard link, symlink or copy.

What the filesystems can do is found out once per pair of devices.
Source: dvc_objects' fs/generic.py (transfer), dvc_data's hashfile/db/local.py (unprotect); SPEC 2.7.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Literal

from dvnb.errors import DvnbError
from dvnb.objects.hashing import WHOLE
from dvnb.objects.names import temporary_name
from dvnb.objects.staging import place_for, put
from dvnb.objects.stamp import backdated

if TYPE_CHECKING:
    from dvnb.objects.state import State

LinkType = Literal["reflink", "hardlink", "symlink", "copy"]

READ_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
CREATE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FICLONE = 0x40049409
_COPY_AT_ONCE = 1 << 26

_reflinks: dict[tuple[int, int], bool] = {}


def usable_types(source: str, folder: str, wanted: Iterable[str]) -> list[str]:
    """Those of the `wanted` link types by which files in `folder` can hang on files at `source`; both exist."""
    same_device = os.stat(source).st_dev == os.stat(folder).st_dev
    able = {"reflink": lambda: can_reflink(source, folder), "hardlink": lambda: same_device}
    return [kind for kind in wanted if able.get(kind, lambda: True)()]


def link(source: str, target: str, types: Iterable[str]) -> str:
    """Make `target` from `source` by the first type that works, replacing a file that is there; the type used.

    An empty file is never hard-linked: there may be more of them than an inode can have names.

    Raises: DvnbError if no type works; FileNotFoundError if there is no source.
    """
    last: OSError | None = None
    for kind in types:
        if kind == "reflink" and not can_reflink(source, os.path.dirname(target)):
            continue
        try:
            _make(source, target, kind)
        except FileNotFoundError:
            raise
        except OSError as exc:
            if exc.errno in _NO_ROOM:
                raise
            last = exc
        else:
            return kind
    tried = ", ".join(types)
    raise DvnbError(f"cannot link '{target}' to the cache by any of the types in cache.type ({tried})") from last


def _make(source: str, target: str, kind: str) -> None:
    if kind == "symlink":
        put(target, lambda temporary: os.symlink(source, temporary))
    elif kind == "hardlink" and os.stat(source).st_size:
        put(target, lambda temporary: os.link(source, temporary))
    else:
        put(target, lambda temporary: copy(source, temporary, clone=kind == "reflink"))


def copy(source: str, target: str, *, clone: bool = False) -> None:
    """Copy a file's bytes into a new file that is backdated (stamp.py); `clone`: as a reflink."""
    fd = os.open(source, READ_FLAGS)
    try:
        new = os.open(target, CREATE_FLAGS, 0o666)
        try:
            if clone:
                clone_descriptor(fd, new)
            else:
                copy_descriptor(fd, new, os.fstat(fd).st_size)
            if os.utime in os.supports_fd:
                os.utime(new, ns=backdated())
        finally:
            os.close(new)
    finally:
        os.close(fd)


def copy_descriptor(source: int, target: int, size: int) -> None:
    """Copy all bytes of one open file into another, empty one; `size` is only a guess."""
    if size < WHOLE:
        data = os.read(source, size + 1)
        write_all(target, data)
        if len(data) <= size:
            return
    try:
        while os.copy_file_range(source, target, _COPY_AT_ONCE):
            pass
    except (AttributeError, OSError):  # not on this system, or not between these filesystems
        while data := os.read(source, 1 << 20):
            write_all(target, data)


def write_all(fd: int, data: bytes) -> None:
    """Write all of `data`."""
    written = os.write(fd, data)
    while written < len(data):
        written += os.write(fd, memoryview(data)[written:])


def can_reflink(source: str, folder: str) -> bool:
    """Whether files in `folder` can share their blocks with `source` (a file or folder); tried once per device."""
    try:
        pair = os.stat(source).st_dev, os.stat(folder).st_dev
        known = _reflinks.get(pair)
        if known is None:
            known = _reflinks[pair] = pair[0] == pair[1] and _try_reflink(folder)
    except OSError:
        return False
    return known


def _try_reflink(folder: str) -> bool:
    source, target = (os.path.join(place_for(folder), temporary_name()) for _ in range(2))
    try:
        with open(source, "xb") as file:
            file.write(b"dvnb")
        copy(source, target, clone=True)
    except OSError:
        return False
    finally:
        discard(source)
        discard(target)
    return True


def clone_descriptor(source: int, target: int) -> None:
    """Let an open, empty file share the blocks of another. Raises: OSError where that cannot be."""
    if sys.platform == "linux":
        import fcntl

        fcntl.ioctl(target, _FICLONE, source)
    else:
        raise OSError(f"no reflinks on {sys.platform}")


def discard(path: str) -> None:
    """Remove a temporary file if it is there."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def kind_of_link(path: str, source: str) -> str:
    """How the file at `path` hangs on the object `source`: "hardlink", "symlink", "copy"; "" for a link elsewhere."""
    status = os.lstat(path)
    if os.path.islink(path):
        return "symlink" if os.readlink(path) == source else ""
    if status.st_nlink > 1:
        return "hardlink" if os.path.samestat(status, os.stat(source)) else ""
    return "copy"


def is_linked_as(path: str, source: str, wanted: str) -> bool:
    """Whether the file at `path` is what this link type would make it; a reflink looks like a copy."""
    kind = kind_of_link(path, source)
    if kind == "copy":
        return wanted in ("copy", "reflink") or (wanted == "hardlink" and os.stat(path).st_size == 0)
    return kind == wanted


def plain_files(path: str) -> list[str]:
    """Files at or below a path that hang on nothing else, relative to it ("" for itself)."""
    found: list[str] = []
    for file in _files(path):
        status = os.lstat(file)
        if stat.S_ISREG(status.st_mode) and status.st_nlink == 1:
            found.append(file[len(path) + 1 :])
    return found


def unprotect(path: str, state: State | None = None) -> None:
    """Turn a file, or all files below a folder, into writable copies that the cache does not share.

    `state` hands on what it knows of their hashes. A symlink that leads nowhere stays.
    """
    for file in _files(path):
        try:
            status = os.stat(file)
        except FileNotFoundError:
            continue
        if os.path.islink(file) or status.st_nlink > 1:
            known = state.hash_of(file, status) if state else None
            _make(os.path.realpath(file), file, "copy")
            if state is not None and known is not None:
                new = os.stat(file)
                state.remember(file, new, known, read_at=new.st_ctime_ns)
        elif not status.st_mode & 0o200:
            os.chmod(file, status.st_mode & 0o777 | 0o200)


def _files(path: str) -> Iterator[str]:
    if not os.path.isdir(path):
        yield path
        return
    for folder, _, names in os.walk(path):
        for name in names:
            yield os.path.join(folder, name)
