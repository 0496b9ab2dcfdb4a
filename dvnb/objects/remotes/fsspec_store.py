"""Objects on anything that fsspec reaches. Imported only for remotes that are not folders of this machine."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, BinaryIO, TypeVar, cast

from dvnb.errors import RemoteError
from dvnb.objects.hashing import HASH_LENGTH, HEX, LEGACY, MD5, HashInfo
from dvnb.objects.names import SUFFIX, temporary_name
from dvnb.objects.remotes.options import filesystem_options
from dvnb.objects.remotes.remote import RUNS

# Fsspec is an untyped library; its filesystems are Any here.
FileSystem = Any

T = TypeVar("T")
R = TypeVar("R")

# Where a file appears whole or not at all, and folders need not be made.
_OBJECT_STORES = frozenset({"s3", "gs", "gcs", "azure", "abfs", "oss", "gdrive", "http", "https"})
# Where nothing can be listed.
_UNLISTED = frozenset({"http", "https"})

_PREFIXES = 256
_NAMES_PER_LISTING = 1000


def open_store(url: str, scheme: str, options: Mapping[str, Any]) -> FsspecStore:
    """The store at `url`.

    Raises: RemoteError if there is no filesystem for its scheme, a package is missing, or the settings do not fit.
    """
    import fsspec  # type: ignore[import-untyped]

    try:
        protocol, arguments, root = filesystem_options(url, scheme, options)
        kind: Any = cast("Any", fsspec).get_filesystem_class(protocol)
    except ImportError as exc:
        needed = str(exc) or f"a package for {scheme}"
        message = f"URL '{url}' is supported but requires these missing dependencies: {needed}"
        raise RemoteError(message) from exc
    except ValueError as exc:
        raise RemoteError(f"Unsupported URL type {scheme}://") from exc
    try:
        filesystem = kind(**arguments)
    except Exception as exc:  # each filesystem has exceptions of its own
        raise RemoteError(f"cannot open remote '{url}': {exc}") from exc
    upload = {"method": str(options["method"]).lower()} if options.get("method") else {}
    return FsspecStore(filesystem, root, url=url, scheme=scheme, jobs=options.get("jobs"), upload=upload)


class FsspecStore:
    """Objects below `root`, a path of an fsspec `filesystem`.

    `jobs` is how many requests run at once; `upload` are arguments for the filesystem's uploads.
    """

    def __init__(
        self,
        filesystem: FileSystem,
        root: str,
        *,
        url: str = "",
        scheme: str = "",
        jobs: int | None = None,
        upload: Mapping[str, Any] | None = None,
    ) -> None:
        self.root = root.rstrip("/")
        self.url = url or root
        self.jobs = jobs or _default_jobs()
        self._fs = filesystem
        self._upload = upload or {}
        self._is_object_store = scheme in _OBJECT_STORES
        self._is_listed = scheme not in _UNLISTED
        self._made: set[str] = set()

    def path(self, hash_info: HashInfo) -> str:
        """Where an object lies, whether it is there or not."""
        return self._path(hash_info.value, hash_info.algorithm)

    def has(self, hash_info: HashInfo) -> bool:
        """Whether an object is there."""
        return not self.missing_values({hash_info.value}, hash_info.algorithm)

    def missing(self, hashes: Iterable[HashInfo]) -> set[HashInfo]:
        """Those of `hashes` that are not there.

        Raises: RemoteError if the remote cannot be asked.
        """
        asked = set(hashes)
        absent: set[HashInfo] = set()
        for algorithm in (MD5, LEGACY):
            values = {hash_info.value for hash_info in asked if hash_info.algorithm == algorithm}
            absent.update(HashInfo(algorithm, value) for value in self.missing_values(values, algorithm))
        return absent

    def missing_values(self, values: Collection[str], algorithm: str = MD5) -> set[str]:
        """Like `missing`, for values of one algorithm; asks for each or lists folders, whichever is less work."""
        asked = set(values)
        if not asked:
            return asked
        self._fs.invalidate_cache()
        prefixes = sorted({value[:2] for value in asked})
        if not self._is_listed or len(asked) <= 2 * len(prefixes):
            return self._missing_one_by_one(asked, algorithm)
        first = self._listed(prefixes[0], algorithm)
        requests = len(prefixes) * max(1, len(first) // _NAMES_PER_LISTING)
        if requests > len(asked):
            return self._missing_one_by_one(asked, algorithm)
        listings = self._each(lambda prefix: self._listed(prefix, algorithm), prefixes[1:])
        return asked.difference(first, *listings)

    def put_file(self, source: str, hash_info: HashInfo) -> None:
        """Store a copy of a local file."""
        self._put(self.path(hash_info), lambda path: self._fs.put_file(source, path, **self._upload))

    def put_bytes(self, data: bytes, hash_info: HashInfo) -> None:
        """Store bytes whose hash is known."""
        self._put(self.path(hash_info), lambda path: self._fs.pipe_file(path, data))

    def get_file(self, hash_info: HashInfo, target: str) -> None:
        """Copy an object into a local file. Raises: FileNotFoundError."""
        self._fs.get_file(self.path(hash_info), target)

    def open(self, hash_info: HashInfo) -> BinaryIO:
        """Read an object. Raises: FileNotFoundError."""
        return cast("BinaryIO", self._fs.open(self.path(hash_info), "rb"))

    def remove(self, hash_info: HashInfo) -> None:
        """Remove an object for good."""
        self._fs.rm_file(self.path(hash_info))

    def all_hashes(self) -> Iterator[HashInfo]:
        """Every object, of either algorithm.

        Raises: RemoteError for a remote that cannot be listed.
        """
        self._need_listing()
        for algorithm, value in self._names_at_once() if self._is_object_store else self._names_by_folder():
            plain = value.removesuffix(".dir")
            if len(plain) == HASH_LENGTH and HEX.issuperset(plain):
                yield HashInfo(algorithm, value)

    def _names_by_folder(self) -> Iterator[tuple[str, str]]:
        for algorithm in (MD5, LEGACY):
            prefixes = [f"{number:02x}" for number in range(_PREFIXES)]
            for listing in self._each(lambda prefix, kind=algorithm: self._listed(prefix, kind), prefixes):
                yield from ((algorithm, value) for value in sorted(listing))

    def _names_at_once(self) -> Iterator[tuple[str, str]]:
        """An object store has no folders: it lists what is below the root a thousand names at a time."""
        self._fs.invalidate_cache()
        depth = self.root.count("/") + 1
        for paths in self._each(self._fs.find, [self.root]):
            for path in sorted(cast("list[str]", paths)):
                names = path.split("/")[depth:]
                if names[:2] == ["files", "md5"]:
                    yield MD5, "".join(names[2:])
                elif len(names) == 2:  # noqa: PLR2004 - `ab/cd…`, as dvc 2 has it
                    yield LEGACY, "".join(names)

    def run_files(self) -> FsspecRuns:
        """The run cache's files.

        Raises: RemoteError for a remote that cannot be listed.
        """
        self._need_listing()
        return FsspecRuns(self._fs, self.root, self._put)

    def _need_listing(self) -> None:
        if not self._is_listed:
            raise RemoteError(f"run-cache is not supported for http filesystem: {self.url}")

    def _path(self, value: str, algorithm: str) -> str:
        base = f"{self.root}/files/md5" if algorithm == MD5 else self.root
        return f"{base}/{value[:2]}/{value[2:]}"

    def _missing_one_by_one(self, values: set[str], algorithm: str) -> set[str]:
        ordered = sorted(values)
        present = self._each(lambda value: self._is_there(self._path(value, algorithm)), ordered)
        return {value for value, there in zip(ordered, present, strict=True) if not there}

    def _is_there(self, path: str) -> bool:
        # `exists` of most filesystems says no whatever goes wrong, and `info` of http calls no connection "not found".
        try:
            self._fs.info(path)
        except FileNotFoundError as exc:
            if isinstance(exc.__cause__, OSError) and not isinstance(exc.__cause__, FileNotFoundError):
                raise RemoteError(str(exc.__cause__)) from exc
            return False
        return True

    def _listed(self, prefix: str, algorithm: str) -> set[str]:
        folder = posixpath.dirname(self._path(prefix, algorithm))
        try:
            paths: list[str] = self._fs.ls(folder, detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return set()
        return {prefix + name for name in map(_name, paths) if not name.endswith(SUFFIX)}

    def _each(self, function: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """`function` of each item, several at once.

        Raises: RemoteError for whatever goes wrong.
        """
        from concurrent.futures import ThreadPoolExecutor

        todo = list(items)
        try:
            if len(todo) < 2:  # noqa: PLR2004 - nothing to do at once
                return [function(item) for item in todo]
            with ThreadPoolExecutor(min(self.jobs, len(todo))) as pool:
                return list(pool.map(function, todo))
        except Exception as exc:  # each filesystem has exceptions of its own
            raise RemoteError(f"cannot read remote '{self.url}': {exc}") from exc

    def _put(self, path: str, write: Callable[[str], object]) -> None:
        if self._is_object_store:
            write(path)
            return
        folder = posixpath.dirname(path)
        if folder not in self._made:
            self._fs.makedirs(folder, exist_ok=True)
            self._made.add(folder)
        temporary = f"{folder}/{temporary_name()}"
        try:
            write(temporary)
            self._fs.mv(temporary, path)
        except BaseException:
            if self._fs.exists(temporary):
                self._fs.rm_file(temporary)
            raise


class FsspecRuns:
    """The run cache's files below a path of an fsspec filesystem."""

    def __init__(self, filesystem: FileSystem, root: str, put: Callable[[str, Callable[[str], object]], None]) -> None:
        self._fs = filesystem
        self._root = root
        self._put = put

    def names(self) -> set[str]:
        """All that are there."""
        self._fs.invalidate_cache()
        top = f"{self._root}/{RUNS}"
        if not self._fs.exists(top):
            return set()
        found: set[str] = set()
        for path in cast("list[str]", self._fs.find(top)):
            # A run cache has two folders and a file: how a filesystem writes what is above does not matter.
            name = "/".join([RUNS, *path.split("/")[-3:]])
            if not name.endswith(SUFFIX):
                found.add(name)
        return found

    def read(self, name: str) -> bytes:
        """One file's content."""
        return cast("bytes", self._fs.cat_file(f"{self._root}/{name}"))

    def write(self, name: str, data: bytes) -> None:
        """Store one file."""
        self._put(f"{self._root}/{name}", lambda path: self._fs.pipe_file(path, data))


def _name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _default_jobs() -> int:
    return 4 * (os.cpu_count() or 1)
