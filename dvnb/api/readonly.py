"""An fsspec filesystem that is only read: parts of files, and the refusal of all that would write."""

from __future__ import annotations

import errno
import os
from typing import Any, BinaryIO, NoReturn, cast

from fsspec.spec import AbstractFileSystem
from fsspec.utils import read_block


class ReadOnlyFileSystem(AbstractFileSystem):
    """What follows from `_open`, whose files can be sought in, whatever size `info` tells."""

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **kwargs: Any) -> bytes:
        """The bytes of a file, or some of them; negative places count from its end."""
        with self._open(path) as file:
            size = file.seek(0, os.SEEK_END) if (start or 0) < 0 or (end or 0) < 0 else 0
            first = max(0, size + start) if start is not None and start < 0 else start or 0
            file.seek(first)
            if end is None:
                return file.read()
            return file.read(max(0, (size + end if end < 0 else end) - first))

    def tail(self, path: str, size: int = 1024) -> bytes:
        """The last bytes of a file."""
        return self.cat_file(path, start=-size)

    def read_block(self, fn: str, offset: int, length: int | None, delimiter: bytes | None = None) -> bytes:
        """Bytes of a file; with a `delimiter` whole lines, those that begin in this block."""
        with cast("BinaryIO", self._open(fn)) as file:
            size = file.seek(0, os.SEEK_END)
            length = size - offset if length is None or offset + length > size else length
            return read_block(file, offset, length, delimiter)

    def mkdir(self, path: str, create_parents: bool = True, **kwargs: Any) -> None:
        """Refused: read-only."""
        refuse()

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """Refused: read-only."""
        refuse()

    def rmdir(self, path: str) -> None:
        """Refused: read-only."""
        refuse()

    def _rm(self, path: str) -> None:
        refuse()

    def cp_file(self, path1: str, path2: str, **kwargs: Any) -> None:
        """Refused: read-only."""
        refuse()


def refuse() -> NoReturn:
    """Raise what a read-only filesystem says."""
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))
