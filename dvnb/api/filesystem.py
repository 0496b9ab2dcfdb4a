"""The fsspec filesystem of `dvnb://`: any repo at any rev, tracked data included, read-only.

Source: dvc's fs/dvc.py.
"""

from __future__ import annotations

import errno
import os
import posixpath
import threading
import weakref
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO

from fsspec.utils import tokenize

from dvnb.api import urls
from dvnb.api.readonly import ReadOnlyFileSystem, refuse
from dvnb.errors import MissingObjectsError
from dvnb.repo.elsewhere.files import Files
from dvnb.repo.elsewhere.opening import open_files
from dvnb.repo.facade import Repo

Info = dict[str, Any]


class DvnbFileSystem(ReadOnlyFileSystem):
    """Git's files and tracked data of a repo, side by side; what only the remote has is read from there.

    `repo` is a path, a git URL or a `Repo`, by default the project around the current folder; `rev` a branch, tag or
    commit, by default the workspace of a path, the default branch of a URL. `subrepos`: projects in folders of this
    one are entered. `remote` is the remote to read from, `remote_config` options of it, `config` settings; they win
    over those of the repo. `fo` and `url` are other names for `repo`.

    The repo is opened when something is first asked, and stays as it then is. Instances can be used by several
    threads, and pickled: the copy opens the same repo.
    """

    protocol = "dvnb"
    root_marker = "/"
    cachable = False  # a workspace changes

    def __init__(
        self,
        repo: Repo | str | os.PathLike[str] | None = None,
        rev: str | None = None,
        subrepos: bool = False,
        *,
        fo: str | None = None,
        url: str | None = None,
        config: Mapping[str, Any] | None = None,
        remote: str | None = None,
        remote_config: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._repo = _location(repo or fo or url)
        self._rev = rev
        self._options: dict[str, Any] = {
            "subrepos": subrepos,
            "config": config,
            "remote": remote,
            "remote_config": remote_config,
        }
        self._start = os.getcwd()
        self._lock = threading.RLock()
        self._opened: Files | None = None
        self._process = 0

    def __reduce__(self) -> tuple[Callable[..., DvnbFileSystem], tuple[type[DvnbFileSystem], dict[str, Any]]]:
        # The other process may have another current folder.
        return _rebuild, (type(self), {"repo": self._repo or self._start, "rev": self._rev, **self._options})

    # ---- where things are

    @property
    def repo_url(self) -> str:
        """The path or URL of the repo."""
        return self._repo or self._start

    @property
    def fsid(self) -> str:
        """What is the same for the same commit of the same repo."""
        with self._lock:
            other = self._files().other
            return "dvnbfs_" + tokenize(other.url if other.cloned else other.project.root, other.commit)

    def getcwd(self) -> str:
        """Where relative paths begin: the current folder if it is in the workspace that is read, else the root."""
        with self._lock:
            return self._files().folder()

    @staticmethod
    def _get_kwargs_from_urls(path: Any) -> dict[str, str]:
        if not isinstance(path, str) or not path.startswith(urls.SCHEME):
            return {}
        address = urls.parse(path)
        return {key: value for key, value in (("repo", address.repo), ("rev", address.rev)) if value}

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(item) for item in path]
        path = os.fspath(path)
        if path.startswith(urls.SCHEME):
            path = urls.parse(path).path
        return path.rstrip("/") or cls.root_marker

    def unstrip_protocol(self, name: str) -> str:
        """The URL of a path."""
        if name.startswith(urls.SCHEME):
            return name
        if self._repo is None and self._rev is None:
            return urls.build(None, None, name)
        return urls.build(self._repo, self._rev, posixpath.join(self.getcwd(), name))

    # ---- asking

    def ls(self, path: str, detail: bool = True, **kwargs: Any) -> list[Any]:
        """What is in a folder: its names, or with `detail` as `info`.

        `dvc_only`: tracked data alone; `dvcfiles`: dvc's own files too. Raises: FileNotFoundError.
        """
        info = self.info(path)
        if info["type"] != "directory":
            found = {"": info}
        else:
            found = self._ask(
                path, Files.children, only_data=kwargs.get("dvc_only", False), metafiles=kwargs.get("dvcfiles", False)
            )
        folder = self._named(path)
        rows = [{**entry, "name": posixpath.join(folder, name) if name else folder} for name, entry in found.items()]
        return rows if detail else [row["name"] for row in rows]

    def info(self, path: str, **kwargs: Any) -> Info:
        """`name`, `type`, `size` (None: only the remote knows), `isexec`, `isout` and `isdvc`, `md5`, and more.

        `md5` is that of tracked data that is not in the workspace; `dvc_info` says what is recorded, `fs_info` what
        is in the workspace or in git, where these know the path. Raises: FileNotFoundError.
        """
        return {"name": self._named(path), **self._ask(path, Files.info)}

    def isdvc(self, path: str, **kwargs: Any) -> bool:
        """Whether a path is tracked data."""
        try:
            return self.info(path)["isdvc"]
        except FileNotFoundError:
            return False

    def size(self, path: str) -> int | None:
        """Bytes of a file, asking the remote if need be."""
        return self._ask(path, Files.size)

    def modified(self, path: str) -> datetime:
        """When a file of the workspace was changed. Raises: NotImplementedError for one that is not there."""
        info = self.info(path)
        if "mtime" not in info:
            raise NotImplementedError(f"'{path}' is not in a workspace")
        return datetime.fromtimestamp(info["mtime"], tz=UTC)

    def checksum(self, path: str) -> int:
        """A number that changes with the content: its MD5, where that is known."""
        info = self.info(path)
        return int(info["md5"].removesuffix(".dir") if "md5" in info else tokenize(info), 16)

    def du(
        self, path: str, total: bool = True, maxdepth: int | None = None, withdirs: bool = False, **kwargs: Any
    ) -> Any:
        """Bytes of all files at a path, or with `total=False` of each."""
        sizes = {name: self.size(name) or 0 for name in self.find(path, maxdepth=maxdepth, **kwargs)}
        return sum(sizes.values()) if total else sizes

    # ---- reading

    def _open(self, path: str, mode: str = "rb", **kwargs: Any) -> BinaryIO:
        if mode != "rb":
            refuse()
        opener = self._ask(path, Files.opener)
        try:
            return opener()  # not under the lock: other threads read meanwhile
        except MissingObjectsError as exc:
            raise FileNotFoundError(errno.ENOENT, exc.message, path) from exc

    def close(self) -> None:
        """Let go of the repo; it is opened again if something is asked."""
        with self._lock:
            opened, self._opened = self._opened, None
            if opened is not None and self._process == os.getpid():
                opened.close()

    # ---- within

    def _ask(self, path: str, question: Callable[..., Any], **options: Any) -> Any:
        with self._lock:
            files = self._files()
            return question(files, files.inside(self._strip_protocol(path)), **options)

    def _named(self, path: str) -> str:
        return self._strip_protocol(path) if path.startswith(urls.SCHEME) else path

    def _files(self) -> Files:
        # A forked process must not talk to its parent's git.
        if self._opened is None or self._process != os.getpid():
            self._opened = open_files(self._repo or self._start, self._rev, **self._options)
            self._process = os.getpid()
            weakref.finalize(self, _close, self._opened, self._process)
        return self._opened


def _location(repo: Repo | str | os.PathLike[str] | None) -> str | None:
    """A repo's URL, or the absolute path of one that is here."""
    if isinstance(repo, Repo):
        return repo.root
    text = os.fspath(repo) if repo else None
    return os.path.abspath(text) if text and os.path.exists(text) else text


def _rebuild(kind: type[DvnbFileSystem], options: dict[str, Any]) -> DvnbFileSystem:
    return kind(**options)


def _close(files: Files, pid: int) -> None:
    if pid == os.getpid():
        files.close()
