"""Where objects go and come from beside the cache: folders on this machine, and anything fsspec reaches.

Layout below a remote's URL is that of the cache (SPEC 2.1, 7.2): `files/md5/ab/cd…`, legacy objects `ab/cd…`, and the
run cache below `runs/`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, BinaryIO, Protocol, cast

from dvnb.objects.files import write_atomic
from dvnb.objects.hashing import HashInfo
from dvnb.objects.names import SUFFIX
from dvnb.objects.store import LocalStore

RUNS = "runs"

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)


class ObjectStore(Protocol):
    """Objects by hash: the cache and every remote. Each is a LocalStore or a `FarStore`."""

    def has(self, hash_info: HashInfo) -> bool:
        """Whether an object is there."""
        ...

    def missing(self, hashes: Iterable[HashInfo]) -> set[HashInfo]:
        """Those of `hashes` that are not there."""
        ...

    def missing_values(self, values: Collection[str], algorithm: str = "md5") -> set[str]:
        """Like `missing`, for values of one algorithm."""
        ...

    def put_file(self, source: str, hash_info: HashInfo) -> object:
        """Store a copy of a local file whose hash is known; nobody ever sees half of it."""
        ...

    def put_bytes(self, data: bytes, hash_info: HashInfo) -> None:
        """Store bytes whose hash is known."""
        ...

    def open(self, hash_info: HashInfo) -> BinaryIO:
        """Read an object. Raises: FileNotFoundError."""
        ...


class RunFiles(Protocol):
    """The run cache's files in a store, by names such as `runs/ab/abc…/def…`."""

    def names(self) -> set[str]:
        """All that are there."""
        ...

    def read(self, name: str) -> bytes:
        """One file's content."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """Store one file."""
        ...


class FarStore(ObjectStore, Protocol):
    """Objects that are not in a folder of this machine."""

    @property
    def jobs(self) -> int:
        """How many requests may run at once."""
        ...

    def get_file(self, hash_info: HashInfo, target: str) -> None:
        """Copy an object into a local file. Raises: FileNotFoundError."""
        ...

    def remove(self, hash_info: HashInfo) -> None:
        """Remove an object for good. Raises: FileNotFoundError."""
        ...

    def all_hashes(self) -> Iterator[HashInfo]:
        """Every object. Raises: RemoteError for a store that cannot be listed."""
        ...

    def run_files(self) -> RunFiles:
        """The run cache's files. Raises: RemoteError for a store that cannot have any."""
        ...


def open_remote(url: str, options: Mapping[str, Any]) -> LocalStore | FarStore:
    """The store at a remote's URL; `options` are its settings in the config, a path is taken as it is.

    Raises: RemoteError for a scheme that nothing installed can handle.
    """
    match = _SCHEME.match(url)
    scheme = match[1].lower() if match else "file"
    if scheme in ("file", "local"):
        path = match[2] if match else url
        return LocalStore(os.path.expanduser(path), shared_group=options.get("shared") == "group")
    from dvnb.objects.remotes import fsspec_store

    return fsspec_store.open_store(url, scheme, options)


def far_store(store: ObjectStore) -> FarStore:
    """A store that is no LocalStore, as what it then is."""
    return cast("FarStore", store)


def run_files(store: ObjectStore) -> RunFiles:
    """The run cache's files in a store.

    Raises: RemoteError where there can be none.
    """
    return LocalRuns(store.root) if isinstance(store, LocalStore) else far_store(store).run_files()


def all_hashes(store: ObjectStore) -> Iterator[HashInfo]:
    """Every object in a store.

    Raises: RemoteError for a store that cannot be listed.
    """
    if isinstance(store, LocalStore):
        return (hash_info for hash_info, _ in store.all_objects())
    return far_store(store).all_hashes()


def remove_object(store: ObjectStore, hash_info: HashInfo) -> None:
    """Remove an object for good, if it is there."""
    with suppress(FileNotFoundError):
        if isinstance(store, LocalStore):
            os.unlink(store.path(hash_info))
        else:
            far_store(store).remove(hash_info)


class LocalRuns:
    """The run cache's files below a folder."""

    def __init__(self, root: str) -> None:
        self._root = root

    def names(self) -> set[str]:
        """All that are there."""
        found: set[str] = set()
        for folder, _, files in os.walk(os.path.join(self._root, RUNS)):
            prefix = os.path.relpath(folder, self._root).replace(os.sep, "/")
            found.update(f"{prefix}/{name}" for name in files if not name.endswith(SUFFIX))
        return found

    def read(self, name: str) -> bytes:
        """One file's content."""
        with open(self._path(name), "rb") as file:
            return file.read()

    def write(self, name: str, data: bytes) -> None:
        """Store one file."""
        path = self._path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_atomic(path, data)

    def _path(self, name: str) -> str:
        return os.path.join(self._root, *name.split("/"))
