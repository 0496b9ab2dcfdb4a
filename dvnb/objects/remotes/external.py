"""Files and folders that no project tracks: a path on this machine, or whatever URL fsspec reaches.

Source: dvc's fs/__init__.py (parse_external_url) and dvc-http's checksum.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from dvnb.errors import RemoteError, TargetError
from dvnb.objects.hashing import MD5, Fingerprint, hash_file
from dvnb.objects.remotes.options import filesystem_options
from dvnb.objects.walk import not_data

_HTTP = ("http", "https")
_GONE = (404, 410)


class Entry(NamedTuple):
    """One file or folder in a listing; `path` is POSIX, relative to the folder listed."""

    path: str
    is_dir: bool
    size: int | None


class External:
    """What is at a URL. Raises in its methods: TargetError for what is not there, RemoteError for all else."""

    def __init__(self, url: str, options: Mapping[str, Any] | None = None, shown: str | None = None) -> None:
        import fsspec  # type: ignore[import-untyped]  # slow to load

        self.url = shown or url
        self._scheme = url.partition("://")[0].lower()
        try:
            protocol, arguments, self._path = filesystem_options(url, self._scheme, options or {})
            self._fs: Any = cast("Any", fsspec).get_filesystem_class(protocol)(**arguments)
        except ImportError as exc:
            raise RemoteError(f"URL '{url}' is supported but requires these missing dependencies: {exc}") from exc
        except ValueError as exc:
            raise RemoteError(f"Unsupported URL type {self._scheme}://") from exc

    def _info(self) -> dict[str, Any]:
        try:
            return self._fs.info(self._path)
        except FileNotFoundError as exc:
            cause = exc.__cause__
            # fsspec says of every web server that it lacks the file, also of one that cannot be reached.
            if self._scheme in _HTTP and cause is not None and getattr(cause, "status", None) not in _GONE:
                raise RemoteError(f"cannot read '{self.url}': {cause}") from exc
            raise TargetError(f"The path '{self.url}' does not exist") from exc
        except Exception as exc:  # each filesystem has exceptions of its own
            raise RemoteError(f"cannot read '{self.url}': {exc}") from exc

    def is_dir(self) -> bool:
        """Whether it is a folder."""
        return self._info()["type"] == "directory"

    def tag(self) -> Fingerprint | None:
        """What the storage says of a file's content, as a metafile records it: `etag`, for http called `checksum`.

        None for a folder, and where it says nothing: only the content itself then tells a change.
        """
        info = self._info()
        if info["type"] == "directory":
            return None
        if self._scheme in _HTTP:
            name, tag = "checksum", info.get("ETag") or info.get("Content-MD5")
        else:
            name, tag = "etag", _etag(self._scheme, info)
        return Fingerprint(None, info.get("size"), extra={name: str(tag)}) if tag else None

    def files(self) -> dict[str, str]:
        """Paths in this filesystem of all files, by their names in the folder; "" where this is a file itself."""
        if not self.is_dir():
            return {"": self._path}
        folder = self._path.rstrip("/")
        return {entry.path: f"{folder}/{entry.path}" for entry in self.list(recursive=True) if not entry.is_dir}

    def download(self, target: str, jobs: int | None = None) -> None:
        """Copy the file or folder to the path `target`, where nothing is yet; `jobs` files at once."""
        places: list[tuple[str, str]] = []
        for name, path in self.files().items():
            place = os.path.join(target, *name.split("/")) if name else target
            os.makedirs(os.path.dirname(place), exist_ok=True)
            places.append((path, place))
        self._download_files(places, jobs or 4 * (os.cpu_count() or 1))
        os.makedirs(os.path.dirname(target) if os.path.exists(target) else target, exist_ok=True)

    def _download_files(self, places: list[tuple[str, str]], workers: int) -> None:
        if workers == 1 or len(places) < 2:  # noqa: PLR2004 - nothing to do at once
            for path, place in places:
                self.download_file(path, place)
            return
        from concurrent.futures import ThreadPoolExecutor  # slow to load

        paths, targets = zip(*places, strict=True)
        with ThreadPoolExecutor(min(workers, len(places))) as pool:
            try:
                for _ in pool.map(self.download_file, paths, targets):
                    pass
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def download_file(self, path: str, target: str) -> tuple[str, int]:
        """Copy one of `files` to the path `target`; its MD5 and size."""
        try:
            self._fs.get_file(path, target)
        except Exception as exc:  # as above
            raise RemoteError(f"cannot download '{self.url}': {exc}") from exc
        return hash_file(target, MD5), os.path.getsize(target)

    def size(self) -> int | None:
        """Its size, where the storage says that."""
        return self._info().get("size")

    def list(self, *, recursive: bool = False, level: int | None = None, with_folders: bool = False) -> list[Entry]:
        """What is in the folder; a file is its own only entry. `level`: how many folders deep.

        `with_folders`: those too whose content is listed.
        """
        if level == 0 or not self.is_dir():
            return [Entry(self.url, False, self._info().get("size"))]
        depth = (level or -1) if recursive else 1
        return sorted(self._below(self._path.rstrip("/"), "", depth, with_folders=with_folders))

    def _below(self, folder: str, prefix: str, depth: int, *, with_folders: bool) -> list[Entry]:
        found: list[Entry] = []
        try:
            infos: list[dict[str, Any]] = self._fs.ls(folder, detail=True)
        except Exception as exc:  # as above
            raise RemoteError(f"cannot list '{self.url}': {exc}") from exc
        for info in infos:
            path = str(info["name"]).rstrip("/")
            entry = Entry(prefix + path.rpartition("/")[2], info["type"] == "directory", info.get("size"))
            goes_on = entry.is_dir and depth != 1
            if goes_on:
                found += self._below(path, f"{entry.path}/", depth - 1, with_folders=with_folders)
            if with_folders or not goes_on:
                found.append(entry)
        return found


def _etag(scheme: str, info: Mapping[str, Any]) -> str | None:
    """An ETag as dvc writes it, which differs from cloud to cloud."""
    if scheme == "gs" and info.get("etag"):
        import base64  # for one cloud only

        return base64.b64decode(info["etag"]).hex()
    tag = info.get("ETag") or info.get("etag") or info.get("e_tag")
    if tag and scheme == "azure":
        return '"' + str(tag).strip('"') + '"'
    return str(tag).strip('"') if tag else None


class LocalPath:
    """A path of this machine, like `External`."""

    def __init__(self, path: str, url: str) -> None:
        self.path = path
        self.url = url

    def is_dir(self) -> bool:
        """Whether it is a folder. Raises: TargetError."""
        if not os.path.exists(self.path):
            raise TargetError(f"The path '{self.url}' does not exist")
        return os.path.isdir(self.path)

    def download(self, target: str, jobs: int | None = None) -> None:
        """Copy the file or folder to the path `target`, where nothing is yet; one by one. Raises: TargetError."""
        import shutil  # slow to load

        if self.is_dir():
            shutil.copytree(self.path, target, copy_function=_copy_member)
        else:
            _require_file(self.path)
            shutil.copy(self.path, target)

    def size(self) -> int:
        """Its size as the filesystem has it. Raises: OSError."""
        return os.stat(self.path).st_size

    def list(self, *, recursive: bool = False, level: int | None = None, with_folders: bool = False) -> list[Entry]:
        """What is in the folder, as `External.list` has it. Raises: TargetError."""
        if level == 0 or not self.is_dir():
            return [Entry(self.path, False, os.stat(self.path).st_size if os.path.isfile(self.path) else None)]
        depth = (level or -1) if recursive else 1
        return sorted(self._below(self.path, "", depth, with_folders=with_folders))

    def _below(self, folder: str, prefix: str, depth: int, *, with_folders: bool) -> list[Entry]:
        found: list[Entry] = []
        with os.scandir(folder) as entries:
            for entry in entries:
                goes_on = entry.is_dir(follow_symlinks=False) and depth != 1
                if goes_on:
                    found += self._below(entry.path, f"{prefix}{entry.name}/", depth - 1, with_folders=with_folders)
                if with_folders or not goes_on:
                    found.append(Entry(prefix + entry.name, entry.is_dir(), entry.stat(follow_symlinks=False).st_size))
        return found


def _copy_member(source: str, target: str) -> None:
    import shutil  # as above

    _require_file(source)
    shutil.copy2(source, target)


def _require_file(path: str) -> None:
    if not os.path.exists(path):
        raise TargetError(f"The path '{path}' does not exist: it is a symlink that leads nowhere")
    if not os.path.isfile(path):
        raise not_data(path)


def open_external(
    url: str, cwd: str, options: Mapping[str, Any] | None = None, *, shown: str | None = None
) -> External | LocalPath:
    """What is at a URL, or at a path relative to `cwd`; `options` are settings as a remote has them.

    `shown`: what messages call it. Raises: RemoteError for a scheme nothing can handle.
    """
    if "://" in url and not url.startswith(("file://", "local://")):
        return External(url, options, shown)
    path = url.partition("://")[2] if "://" in url else url
    if not path:
        raise TargetError(f"The path '{url}' does not exist")
    return LocalPath(os.path.normpath(os.path.join(cwd, os.path.expanduser(path))), shown or url)
