"""The names in git's index file, versions 2 to 4.

Source: git's Documentation/gitformat-index.txt.
"""

from __future__ import annotations

import os
from bisect import bisect_left

from dvnb.errors import GitError

_STAT_SIZE = 40  # ctime, mtime, dev, ino, mode, uid, gid, size
_EXTENDED = 0x4000
_COMPRESSED = 4  # the version whose names leave out what they share with the one before


class Index:
    """Sorted names, as bytes relative to the work tree's root."""

    __slots__ = ("names",)

    def __init__(self, names: list[bytes]) -> None:
        self.names = names

    def holds(self, relpath: str) -> bool:
        """Whether `relpath`, or anything below it, is in the index; "" asks for anything at all."""
        name = os.fsencode(relpath)
        if not name:
            return bool(self.names)
        return self._at(bisect_left(self.names, name)) == name or self._at(
            bisect_left(self.names, name + b"/")
        ).startswith(name + b"/")

    def below(self, relpath: str) -> list[str]:
        """The names at or below `relpath`."""
        name = os.fsencode(relpath)
        if not name:
            return [os.fsdecode(each) for each in self.names]
        # What lies below a folder stands together, but "a-b" comes between "a" and "a/b".
        start, end = bisect_left(self.names, name + b"/"), bisect_left(self.names, name + b"0")
        exact = [name] if self._at(bisect_left(self.names, name)) == name else []
        return [os.fsdecode(each) for each in [*exact, *self.names[start:end]]]

    def _at(self, position: int) -> bytes:
        return self.names[position] if position < len(self.names) else b""


def read_index(data: bytes, hash_size: int = 20) -> Index | None:
    """Parse an index file; None where its names are not all in it, because it is split or sparse.

    Raises: GitError if this is no index of a known version.
    """
    version = int.from_bytes(data[4:8], "big")
    if data[:4] != b"DIRC" or version not in range(2, _COMPRESSED + 1):
        raise GitError("the index of the git repository cannot be read")
    count = int.from_bytes(data[8:12], "big")
    read = _read_compressed if version == _COMPRESSED else _read_padded
    try:
        names, end = read(data, count, _STAT_SIZE + hash_size)
    except (IndexError, ValueError) as exc:
        raise GitError("the index of the git repository is damaged") from exc
    if _extensions(data, end, hash_size) & {b"link", b"sdir"}:
        return None
    return Index(list(dict.fromkeys(names)))


def _read_padded(data: bytes, count: int, fixed: int) -> tuple[list[bytes], int]:
    names: list[bytes] = []
    position = 12
    for _ in range(count):
        start = position + fixed + (4 if data[position + fixed] & (_EXTENDED >> 8) else 2)
        end = data.index(b"\0", start)
        names.append(data[start:end])
        # One to eight zero bytes make each entry's length a multiple of eight.
        position += (end - position + 8) & ~7
    return names, position


def _read_compressed(data: bytes, count: int, fixed: int) -> tuple[list[bytes], int]:
    names: list[bytes] = []
    name = b""
    position = 12
    for _ in range(count):
        position += fixed + (4 if data[position + fixed] & (_EXTENDED >> 8) else 2)
        byte = data[position]
        dropped = byte & 127
        while byte & 128:
            position += 1
            byte = data[position]
            dropped = ((dropped + 1) << 7) | (byte & 127)
        end = data.index(b"\0", position + 1)
        name = name[: len(name) - dropped] + data[position + 1 : end]
        names.append(name)
        position = end + 1
    return names, position


def _extensions(data: bytes, position: int, hash_size: int) -> set[bytes]:
    found: set[bytes] = set()
    while position + 8 <= len(data) - hash_size:
        found.add(data[position : position + 4])
        position += 8 + int.from_bytes(data[position + 4 : position + 8], "big")
    return found
