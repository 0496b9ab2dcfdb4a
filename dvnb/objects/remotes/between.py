"""Many objects from one folder of objects into another, by the fewest calls: the hot path of push and pull.

Whatever is not plain sailing (an object that is missing, in doubt, large, or not what its name says) is left to
`transfer`, which goes the long way for that one object and says what is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress

from dvnb.objects.anchor import Anchor
from dvnb.objects.hashing import MD5, WHOLE, md5_bytes
from dvnb.objects.links import CREATE_FLAGS, READ_FLAGS, write_all
from dvnb.objects.names import temporary_name
from dvnb.objects.soundness import OBJECT_MODE, is_doubtful
from dvnb.objects.store import LocalStore

Bulk = Callable[[str, Sequence[str]], list[bool]]
"""Copies objects of one algorithm, whose values begin with the same two digits; which of them were copied."""


def bulk_copy(source: LocalStore, target: LocalStore, *, verify: bool) -> Bulk:
    """How objects are copied between two folders; `verify`: what is read is hashed on the way."""

    def copy(algorithm: str, values: Sequence[str]) -> list[bool]:
        if algorithm != MD5:
            return [False] * len(values)
        folder, new = (os.path.dirname(store.value_path(values[0], algorithm)) for store in (source, target))
        if not any(os.path.exists(source.value_path(value, algorithm)) for value in values):
            return [False] * len(values)  # no folder for nothing
        try:
            target.make_folder(new)
            with Anchor(folder) as here, Anchor(new) as there:
                # Where blocks can be shared that is faster than any copy.
                if not target.can_reflink(folder):
                    return _copy_objects(here, os.stat(folder).st_mtime_ns, there, values, verify=verify)
        except OSError:
            pass
        return [False] * len(values)

    return copy


def _copy_objects(here: Anchor, arrival: int, there: Anchor, values: Sequence[str], *, verify: bool) -> list[bool]:
    temporary = there.start + temporary_name()
    copied: list[bool] = []
    try:
        for value in values:
            done = False
            with suppress(OSError):
                data = _read(here, value, arrival)
                done = (
                    data is not None
                    and (not verify or md5_bytes(data) == value)
                    and _write(data, there, temporary, value, is_first=not copied)
                )
            if not done:
                _discard(there, temporary)
            copied.append(done)
    except BaseException:
        _discard(there, temporary)
        raise
    return copied


def _read(here: Anchor, value: str, arrival: int) -> bytes | None:
    fd = os.open(here.start + value[2:], READ_FLAGS, dir_fd=here.fd)
    try:
        status = os.fstat(fd)
        size = status.st_size
        if size >= WHOLE or is_doubtful(value, status, arrival):
            return None
        data = os.read(fd, size + 1)
    finally:
        os.close(fd)
    return data if len(data) == size else None


def _write(data: bytes, there: Anchor, temporary: str, value: str, *, is_first: bool) -> bool:
    """Write one object, unless the umask would give it other rights."""
    fd = os.open(temporary, CREATE_FLAGS, OBJECT_MODE, dir_fd=there.fd)
    try:
        if is_first and os.fstat(fd).st_mode & 0o7777 != OBJECT_MODE:
            return False
        write_all(fd, data)
    finally:
        os.close(fd)
    os.replace(temporary, there.start + value[2:], src_dir_fd=there.fd, dst_dir_fd=there.fd)
    return True


def _discard(there: Anchor, temporary: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(temporary, dir_fd=there.fd)
