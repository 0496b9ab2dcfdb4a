"""A far object that is kept while it is read: who reads it to its end finds it in the cache the next time."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, BinaryIO

from dvnb.errors import RemoteError
from dvnb.objects.hashing import HashInfo, new_md5
from dvnb.objects.links import discard
from dvnb.objects.names import temporary_name
from dvnb.objects.staging import sweep

if TYPE_CHECKING:
    # What a `readinto` is given; typeshed's own name for it.
    from _typeshed import WriteableBuffer

    from dvnb.objects.store import LocalStore

BUFFER = 1 << 20


class KeepingReader(io.RawIOBase):
    """Reads `stream`, the object `hash_info` (of MD5), into `store` as far as it is read in order.

    Once all of it was read its hash is checked. Who jumps ahead gets what he asks for, and nothing is kept.
    """

    def __init__(self, stream: BinaryIO, hash_info: HashInfo, store: LocalStore) -> None:
        super().__init__()
        self._stream = stream
        self._hash_info = hash_info
        self._store = store
        self._hasher = new_md5()
        self._position = 0
        self._kept: int | None = 0  # how far the copy goes; None: there is none
        sweep(store.root)
        self._temporary = os.path.join(store.root, temporary_name())
        self._copy: BinaryIO | None = None
        try:
            store.make_folder(store.root)
            self._copy = open(self._temporary, "xb")  # noqa: SIM115 - closed with this file
        except OSError:  # a read-only home; the hash is checked all the same
            return

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """Where the remote's filesystem can."""
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go somewhere else."""
        self._position = self._stream.seek(offset, whence)
        return self._position

    def tell(self) -> int:
        """Where reading goes on."""
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read the next bytes.

        Raises: RemoteError where these were the last ones, and they are not what was pushed.
        """
        view = memoryview(buffer)
        data = self._stream.read(len(view))
        view[: len(data)] = data
        self._note(data)
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        """End reading; a copy that is not whole goes."""
        if not self.closed:
            self._stream.close()
            self._drop()
        super().close()

    def _note(self, data: bytes) -> None:
        if self._kept is None:
            return
        if self._position > self._kept:
            self._drop()
        elif not data:
            self._finish()
        elif self._position + len(data) > self._kept:
            new = data[self._kept - self._position :]
            self._hasher.update(new)
            self._kept += len(new)
            try:
                if self._copy is not None:
                    self._copy.write(new)
            except OSError:  # a full disk must not stop the reading
                self._discard_copy()

    def _finish(self) -> None:
        if self._position != self._kept:
            return
        intact = self._hasher.hexdigest() == self._hash_info.value
        if intact and self._copy is not None:
            self._keep(self._copy)
        self._drop()
        if not intact:
            raise RemoteError(f"the object '{self._hash_info.value}' is damaged in the remote")

    def _keep(self, copy: BinaryIO) -> None:
        try:
            copy.flush()
            if not self._store.put_link(self._temporary, self._hash_info):
                self._store.put_file(self._temporary, self._hash_info)
        except OSError:  # a full disk
            return

    def _drop(self) -> None:
        self._kept = None
        self._discard_copy()

    def _discard_copy(self) -> None:
        if self._copy is not None:
            self._copy.close()
            self._copy = None
            discard(self._temporary)


def keeping(stream: BinaryIO, hash_info: HashInfo, store: LocalStore) -> BinaryIO:
    """`stream` with a buffer, kept in `store` while it is read."""
    return io.BufferedReader(KeepingReader(stream, hash_info, store), BUFFER)
