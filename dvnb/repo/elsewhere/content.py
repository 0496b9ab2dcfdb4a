"""Content of tracked data of an opened repo, by hash: from its cache, from the shared one, else from its remote.

What comes from a remote is kept in the shared cache; nothing is ever written to the repo itself.
Source: dvc's fs/data.py and dvc_data's index (storage map).
"""

from __future__ import annotations

import os
from functools import cached_property
from io import BytesIO
from typing import BinaryIO

from dvnb.errors import ConfigError, MissingObjectsError, RemoteError
from dvnb.objects.hashing import MD5, HashInfo, hash_bytes, md5_bytes
from dvnb.objects.remotes import transfer
from dvnb.objects.remotes.listings import read_listing
from dvnb.objects.remotes.remote import ObjectStore
from dvnb.objects.store import LocalStore
from dvnb.objects.tree import Tree
from dvnb.pipeline.stage import Out
from dvnb.repo.elsewhere.keeping import keeping
from dvnb.repo.elsewhere.repos import Elsewhere, shared_cache_dir

STREAMED = 64 << 20
"""Bytes from which on an object is streamed rather than fetched before it is read."""


class Content:
    """Reads objects. One thread at a time may ask; what `open` returns belongs to who asked."""

    def __init__(self, other: Elsewhere) -> None:
        self._other = other
        self._remotes: dict[str | None, ObjectStore | None] = {}

    @cached_property
    def shared(self) -> LocalStore:
        """Where objects are kept that the repo's own cache lacks."""
        return self._other.project.cache if self._other.cloned else LocalStore(shared_cache_dir())

    def local(self, hash_info: HashInfo) -> str | None:
        """The file of an object that is on this machine."""
        for store in (self._other.project.cache, self.shared):
            if store.has(hash_info):
                return store.path(hash_info)
        return None

    def remote(self, out: Out) -> ObjectStore | None:
        """The remote that an out's content goes to; None if there is none. Raises: ConfigError, RemoteError."""
        name = out.remote or self._other.project.config.get("core.remote")
        if name not in self._remotes:
            self._remotes[name] = self._other.project.remote(name) if name else None
        return self._remotes[name]

    def listing(self, out: Out, hash_info: HashInfo) -> Tree | None:
        """A folder's listing; None if nobody has it. Raises: RemoteError."""
        for store in (self._other.project.cache, self.shared):
            if store.has(hash_info):
                return store.read_tree(hash_info)
        remote = self.remote(out)
        tree = read_listing(hash_info, self.shared, remote) if remote else None
        if tree is not None:
            data = tree.to_bytes()
            if f"{md5_bytes(data)}.dir" == hash_info.value:
                self._keep(data, hash_info)
            self.shared.know_tree(hash_info, tree)
        return tree

    def size(self, out: Out, hash_info: HashInfo) -> int | None:
        """Bytes of an object, asking the remote if need be; None if nobody has it."""
        path = self.local(hash_info)
        if path:
            return os.path.getsize(path)
        try:
            file = self._open_far(out, hash_info)
        except MissingObjectsError:
            return None
        with file:
            return _length(file)

    def open(self, out: Out, hash_info: HashInfo) -> BinaryIO:
        """Read an object: a small one is brought into the shared cache first, a large one while it is read.

        Raises: MissingObjectsError if nobody has it; RemoteError.
        """
        path = self.local(hash_info)
        if path is not None:
            return open(path, "rb")
        stream = self._open_far(out, hash_info)
        length = _length(stream)
        if hash_info.algorithm == MD5 and length is not None and length >= STREAMED:
            return keeping(stream, hash_info, self.shared)
        with stream:
            if length is None and self._fetch(out, hash_info):
                return self.shared.open(hash_info)
            data = self._read(stream, hash_info)
        self._keep(data, hash_info)
        return BytesIO(data)

    def _fetch(self, out: Out, hash_info: HashInfo) -> bool:
        """Bring an object of unknown size, which may not fit into memory, into the shared cache; False if it cannot."""
        remote = self.remote(out)
        return remote is not None and transfer.fetch([hash_info], remote, self.shared).transferred == 1

    def _read(self, stream: BinaryIO, hash_info: HashInfo) -> bytes:
        try:
            data = stream.read()
        except Exception as exc:  # each filesystem has exceptions of its own
            raise RemoteError(f"cannot read '{hash_info.value}' in the remote: {exc}") from exc
        if hash_bytes(data, hash_info.algorithm) != hash_info.value:
            raise RemoteError(f"the object '{hash_info.value}' is damaged in the remote")
        return data

    def _open_far(self, out: Out, hash_info: HashInfo) -> BinaryIO:
        remote = self.remote(out)
        try:
            if remote is not None:
                return remote.open(hash_info)
        except FileNotFoundError:
            pass
        except Exception as exc:  # each filesystem has exceptions of its own
            raise RemoteError(f"cannot read '{hash_info.value}' in the remote: {exc}") from exc
        raise self._missing(out)

    def _keep(self, data: bytes, hash_info: HashInfo) -> None:
        try:
            self.shared.put_bytes(data, hash_info)
        except OSError:  # a read-only home: it is read again another time
            return

    def _missing(self, out: Out) -> MissingObjectsError:
        path = self._other.project.relpath(out.path)
        try:
            name, _ = self._other.project.config.remote(out.remote)
            where = f"neither in the cache nor in the remote '{name}' of"
        except ConfigError:
            where = "not in the cache, and there is no remote, of"
        return MissingObjectsError(f"the content of '{path}' is {where} '{self._other.url}'", [path])


def _length(stream: BinaryIO) -> int | None:
    """Bytes of a far file; None where it cannot tell."""
    try:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
    except (OSError, ValueError):  # a stream that cannot go elsewhere; fsspec's raise either
        return None
    return size
