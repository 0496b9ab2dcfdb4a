"""Files of one rev, or of the workspace, behind one small interface; paths are relative to the project's root."""

from __future__ import annotations

import os
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from dvnb.errors import GitError
from dvnb.git.blobs import BlobReader
from dvnb.git.command import resolve, run

if TYPE_CHECKING:
    from dvnb.git.worktree import Git

_MAX_LINKS = 40


class FileTree(Protocol):
    """Read access to files. `relpath` is POSIX, "" is the root; `rev` is None for the workspace."""

    rev: str | None
    root: str

    def read(self, relpath: str) -> bytes:
        """The bytes of a file. Raises: FileNotFoundError, IsADirectoryError."""
        ...

    def exists(self, relpath: str) -> bool:
        """Whether there is a file or folder."""
        ...

    def isdir(self, relpath: str) -> bool:
        """Whether there is a folder."""
        ...

    def listdir(self, relpath: str) -> list[tuple[str, bool]]:
        """(name, whether it is a folder) sorted by name. Raises: FileNotFoundError, NotADirectoryError."""
        ...


class WorkspaceTree:
    """The files as they are on disk."""

    rev: str | None = None

    def __init__(self, root: str) -> None:
        self.root = root

    def read(self, relpath: str) -> bytes:
        """The bytes of a file; links are followed. Raises: FileNotFoundError, IsADirectoryError."""
        try:
            with open(self._path(relpath), "rb") as file:
                return file.read()
        except NotADirectoryError as exc:
            raise FileNotFoundError(*exc.args) from exc

    def exists(self, relpath: str) -> bool:
        """Whether there is a file or folder."""
        return os.path.exists(self._path(relpath))

    def isdir(self, relpath: str) -> bool:
        """Whether there is a folder."""
        return os.path.isdir(self._path(relpath))

    def listdir(self, relpath: str) -> list[tuple[str, bool]]:
        """(name, whether it is a folder) sorted by name."""
        with os.scandir(self._path(relpath)) as entries:
            return sorted((entry.name, _is_folder(entry)) for entry in entries)

    def _path(self, relpath: str) -> str:
        return os.path.join(self.root, *relpath.split("/")) if relpath else self.root


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle
        return False


class RevTree:
    """The files of one commit below `root`, listed once; file contents come from one git process, started when needed.

    `commit` is the full hash. Not for several threads at once.
    """

    def __init__(self, git: Git, rev: str, root: str | None = None) -> None:
        """List the commit that `rev` names. Raises: GitError if there is none, or `root` lies outside the work tree."""
        self.rev: str | None = rev
        self.root = root or git.root
        self.commit = resolve(git, rev)
        prefix = git.relpath(self.root)
        if prefix is None:
            raise GitError(f"'{self.root}' is outside of the git repository '{git.root}'")
        self._files, self._links, self._folders = _list_tree(git, self.commit, prefix)
        self._blobs = BlobReader(git)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the git process; the tree can still be used and would start another one."""
        self._blobs.close()

    def read(self, relpath: str) -> bytes:
        """The bytes of a file; links within the tree are followed. Raises: FileNotFoundError, IsADirectoryError."""
        path = self._follow(relpath)
        if path in self._folders:
            raise IsADirectoryError(21, "Is a directory", os.path.join(self.root, relpath))
        if path not in self._files:
            raise FileNotFoundError(2, "No such file or directory", os.path.join(self.root, relpath))
        return self._blob(self._files[path])

    def exists(self, relpath: str) -> bool:
        """Whether there is a file or folder."""
        path = self._follow(relpath)
        return path in self._files or path in self._folders

    def isdir(self, relpath: str) -> bool:
        """Whether there is a folder."""
        return self._follow(relpath) in self._folders

    def listdir(self, relpath: str) -> list[tuple[str, bool]]:
        """(name, whether it is a folder) sorted by name. Raises: FileNotFoundError, NotADirectoryError."""
        path = self._follow(relpath)
        if path not in self._folders:
            error = NotADirectoryError if path in self._files else FileNotFoundError
            raise error(os.path.join(self.root, relpath))
        prefix = f"{path}/" if path else ""
        return sorted((name, self.isdir(prefix + name)) for name in self._folders[path])

    def _follow(self, relpath: str) -> str | None:
        """The path behind the symbolic links in `relpath`; None if they lead out of the tree or in a circle."""
        if not self._links:
            return relpath
        todo = relpath.split("/")
        done: list[str] = []
        hops = 0
        while todo:
            part = todo.pop(0)
            if part in ("", "."):
                continue
            if part == "..":
                if not done:
                    return None
                done.pop()
                continue
            done.append(part)
            link = "/".join(done)
            if link in self._links:
                hops += 1
                target = os.fsdecode(self._blob(self._links[link]))
                if hops > _MAX_LINKS or target.startswith("/"):
                    return None
                done.pop()
                todo[:0] = target.split("/")
        return "/".join(done)

    def _blob(self, name: str) -> bytes:
        found = self._blobs.get(name)
        if found is None or found[0] != "blob":
            raise GitError(f"git object {name} of '{self.rev}' is missing or damaged")
        return found[1]


def _list_tree(git: Git, commit: str, prefix: str) -> tuple[dict[str, str], dict[str, str], dict[str, set[str]]]:
    """Blobs of files, blobs of links (both by path), and the names in each folder, of one commit below `prefix`."""
    files: dict[str, str] = {}
    links: dict[str, str] = {}
    folders: dict[str, set[str]] = {"": set()}
    below = ["--", f"{prefix}/"] if prefix else []
    listing = os.fsdecode(run(git, "ls-tree", "-r", "-z", "--full-tree", commit, *below))
    start = len(prefix) + 1 if prefix else 0
    for line in listing.split("\0"):
        if not line:
            continue
        facts, _, name = line.partition("\t")
        mode, kind, blob = facts.split(" ")
        path = name[start:]
        _enter(path, folders)
        if kind == "commit":  # a submodule: an empty folder in this commit
            folders.setdefault(path, set())
        elif mode == "120000":
            links[path] = blob
        else:
            files[path] = blob
    return files, links, folders


def _enter(path: str, folders: dict[str, set[str]]) -> None:
    folder, _, name = path.rpartition("/")
    known = folder in folders
    folders.setdefault(folder, set()).add(name)
    if not known:
        _enter(folder, folders)
