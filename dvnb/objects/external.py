"""Files and folders that no project tracks: a path on this machine, or whatever URL fsspec reaches.

Source: dvc's fs/__init__.py (parse_external_url) and dvc-http's checksum.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from dvnb.errors import RemoteError, TargetError
from dvnb.objects.hashing import Fingerprint
from dvnb.objects.remote_options import filesystem_options

_HTTP = ("http", "https")


class Entry(NamedTuple):
    """One file or folder in a listing; `path` is POSIX, relative to the folder listed."""

    path: str
    is_dir: bool
    size: int | None


class External:
    """What is at a URL. Raises in its methods: TargetError for what is not there, RemoteError for all else."""

    def __init__(self, url: str, options: Mapping[str, Any] | None = None) -> None:
        import fsspec  # type: ignore[import-untyped]  # slow to load

        self.url = url
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
            raise TargetError(f"The path '{self.url}' does not exist") from exc
        except Exception as exc:  # each filesystem has exceptions of its own
            raise RemoteError(f"cannot read '{self.url}': {exc}") from exc

    def is_dir(self) -> bool:
        """Whether it is a folder."""
        return self._info()["type"] == "directory"

    def fingerprint(self) -> Fingerprint:
        """What the storage says of its content, as a metafile records it: `etag`, for http called `checksum`.

        Raises: RemoteError where it says nothing, since a change could not be noticed.
        """
        info = self._info()
        tag = info.get("ETag") or info.get("etag") or info.get("e_tag")
        if not tag:
            raise RemoteError(f"could not find an ETag for '{self.url}'")
        name = "checksum" if self._scheme in _HTTP else "etag"
        return Fingerprint(None, info.get("size"), extra={name: str(tag).removeprefix("W/").strip('"')})

    def download(self, target: str) -> None:
        """Copy the file or folder to the path `target`, where nothing is yet."""
        is_dir = self.is_dir()
        try:
            self._fs.get(self._path.rstrip("/") + "/" * is_dir, target, recursive=is_dir)
        except Exception as exc:  # as above
            raise RemoteError(f"cannot download '{self.url}': {exc}") from exc

    def list(self, *, recursive: bool = False, level: int | None = None) -> list[Entry]:
        """What is in the folder; a file is its own only entry. `level`: how many folders deep."""
        if level == 0 or not self.is_dir():
            return [Entry(self.url, False, self._info().get("size"))]
        return sorted(self._below(self._path.rstrip("/"), "", (level or -1) if recursive else 1))

    def _below(self, folder: str, prefix: str, depth: int) -> list[Entry]:
        found: list[Entry] = []
        try:
            infos: list[dict[str, Any]] = self._fs.ls(folder, detail=True)
        except Exception as exc:  # as above
            raise RemoteError(f"cannot list '{self.url}': {exc}") from exc
        for info in infos:
            path = str(info["name"]).rstrip("/")
            entry = Entry(prefix + path.rpartition("/")[2], info["type"] == "directory", info.get("size"))
            if entry.is_dir and depth != 1:
                found += self._below(path, f"{entry.path}/", depth - 1)
            else:
                found.append(entry)
        return found


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

    def download(self, target: str) -> None:
        """Copy the file or folder to the path `target`, where nothing is yet. Raises: TargetError."""
        import shutil  # slow to load

        if self.is_dir():
            shutil.copytree(self.path, target)
        else:
            shutil.copy(self.path, target)

    def list(self, *, recursive: bool = False, level: int | None = None) -> list[Entry]:
        """What is in the folder; a file is its own only entry. Raises: TargetError."""
        if level == 0 or not self.is_dir():
            return [Entry(self.path, False, os.stat(self.path).st_size if os.path.isfile(self.path) else None)]
        return sorted(self._below(self.path, "", (level or -1) if recursive else 1))

    def _below(self, folder: str, prefix: str, depth: int) -> list[Entry]:
        found: list[Entry] = []
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False) and depth != 1:
                    found += self._below(entry.path, f"{prefix}{entry.name}/", depth - 1)
                else:
                    found.append(Entry(prefix + entry.name, entry.is_dir(), entry.stat(follow_symlinks=False).st_size))
        return found


def open_external(url: str, cwd: str) -> External | LocalPath:
    """What is at a URL, or at a path relative to `cwd`. Raises: RemoteError for a scheme nothing can handle."""
    if "://" in url and not url.startswith(("file://", "local://")):
        return External(url)
    path = url.partition("://")[2] if "://" in url else url
    return LocalPath(os.path.normpath(os.path.join(cwd, os.path.expanduser(path))), url)
