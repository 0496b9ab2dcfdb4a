"""Files of a repo, and where its remote has them. Source: dvc's api/data.py."""

from __future__ import annotations

import io
from collections.abc import Mapping
from types import TracebackType
from typing import IO, Any, NoReturn

from dvnb.errors import TargetError
from dvnb.repo.elsewhere.files import Files
from dvnb.repo.elsewhere.locations import MissingPathError, object_url, path_in
from dvnb.repo.elsewhere.opening import open_files

Options = Mapping[str, Any]


class Opened:
    """What `open` returns: the file is opened by `with`."""

    def __init__(self, path: str, mode: str, encoding: str | None, where: dict[str, Any]) -> None:
        self._path = path
        self._mode = mode
        self._encoding = encoding
        self._where = where
        self._files: Files | None = None
        self._file: IO[Any] | None = None

    def __enter__(self) -> IO[Any]:
        self._files = open_files(subrepos=True, **self._where)
        try:
            self._file = _open_in(self._files, self._path, self._mode, self._encoding)
        except BaseException:
            self._files.close()
            raise
        return self._file

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
        if self._files is not None:
            self._files.close()

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError("dvnb.api.open() should be used in a with statement.")


def open(  # noqa: A001, PLR0917 - dvc's name and order
    path: str,
    repo: str | None = None,
    rev: str | None = None,
    remote: str | None = None,
    mode: str = "r",
    encoding: str | None = None,
    config: Options | None = None,
    remote_config: Options | None = None,
) -> Opened:
    """A file of a repo, to be opened by `with`; content that is only in the remote is streamed from there.

    `path` counts from the root of the repo; without a rev, and within the repo, from the current folder.
    Raises: ValueError for a mode that writes; within `with` MissingPathError, TargetError for a folder,
    MissingObjectsError for content that nobody has, GitError, ConfigError, RemoteError.
    """
    if "r" not in mode or "+" in mode:
        raise ValueError("Only reading `mode` is supported.")
    where = {"url": repo, "rev": rev, "remote": remote, "config": config, "remote_config": remote_config}
    return Opened(path, mode, encoding, where)


def read(  # noqa: PLR0917 - dvc's order
    path: str,
    repo: str | None = None,
    rev: str | None = None,
    remote: str | None = None,
    mode: str = "r",
    encoding: str | None = None,
    config: Options | None = None,
    remote_config: Options | None = None,
) -> Any:
    """The whole content of a file of a repo: text, or bytes with the mode "rb". Raises: as `open`."""
    with open(path, repo, rev, remote, mode, encoding, config, remote_config) as file:
        return file.read()


def get_url(
    path: str,
    repo: str | None = None,
    rev: str | None = None,
    remote: str | None = None,
    config: Options | None = None,
    remote_config: Options | None = None,
) -> str:
    """Where the remote has, or would have, the content of a tracked path.

    Raises: OutputNotFoundError for a path that is not tracked; ConfigError without a remote; GitError.
    """
    files = open_files(repo, rev, subrepos=True, remote=remote, config=config, remote_config=remote_config)
    try:
        return object_url(files, path)
    finally:
        files.close()


def _open_in(files: Files, path: str, mode: str, encoding: str | None) -> IO[Any]:
    try:
        file = files.open(path_in(files, path))
    except FileNotFoundError as exc:
        other = files.other
        raise MissingPathError(path, other.url if other.cloned else other.project.root) from exc
    except IsADirectoryError as exc:
        raise TargetError(f"'{path}' is a directory") from exc
    return file if "b" in mode else io.TextIOWrapper(file, encoding)
