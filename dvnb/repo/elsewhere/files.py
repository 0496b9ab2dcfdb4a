"""The files of an opened repo, as a filesystem has them: what is where, and their bytes.

Git's files and the workspace's come first, tracked data that is not in the workspace from wherever it is.
Source: dvc's fs/dvc.py.
"""

from __future__ import annotations

import errno
import os
import posixpath
from collections.abc import Callable
from functools import cached_property, partial
from io import BytesIO
from typing import BinaryIO

from dvnb.errors import MissingObjectsError
from dvnb.git.trees import WorkspaceTree
from dvnb.objects.hashing import HashInfo
from dvnb.pipeline.index import Index, is_metafile
from dvnb.pipeline.stage import Out
from dvnb.project.discover import DVC_DIR
from dvnb.repo.elsewhere.content import Content
from dvnb.repo.elsewhere.contents import IGNORE_FILE, Contents, Entry
from dvnb.repo.elsewhere.descriptions import Info, describe
from dvnb.repo.elsewhere.repos import Elsewhere, find_elsewhere, open_nested


class _Listed(Contents):
    """Contents whose listings are kept once they were fetched."""

    def __init__(self, other: Elsewhere, content: Content, *, only_data: bool = False) -> None:
        super().__init__(other, only_data=only_data)
        self._content = content

    def _members(self, out: Out, hash_info: HashInfo) -> dict[str, str]:
        tree = self._content.listing(out, hash_info)
        return tree.entries if tree else {}


class Files:
    """Paths are POSIX, relative to the repo's root, "" is the root. Not for several threads at once.

    `subrepos`: projects in folders of this one are entered. `index`: the stages, where they are known already.
    """

    def __init__(self, other: Elsewhere, *, subrepos: bool = False, index: Index | None = None) -> None:
        self.other = other
        if index is not None:
            self.__dict__["index"] = index
        self.content = Content(other)
        self._subrepos = subrepos
        self._nested: dict[str, Files] = {}
        self._contents: dict[bool, Contents] = {}

    @cached_property
    def index(self) -> Index:
        """The stages; files of git and of the workspace are read without. Raises: FormatError for a broken file."""
        try:
            return self.other.index
        finally:
            self.other.project.close()  # its state is a file that would stay open

    def close(self) -> None:
        """Close the repo, and those in it."""
        for files in self._nested.values():
            files.close()
        self.other.close()

    def folder(self) -> str:
        """Where relative paths begin, from "/", the root: the current folder, if that is in this workspace."""
        project = self.other.project
        here = os.path.realpath(os.getcwd())
        in_workspace = isinstance(self.other.tree, WorkspaceTree) and project.contains(here)
        return "/" + (project.relpath(here) if in_workspace else "")

    def inside(self, path: str) -> str:
        """A path given by a person, relative to the root; one that begins with "/" counts from there."""
        return posixpath.normpath(posixpath.join(self.folder(), path.replace(os.sep, "/"))).lstrip("/")

    def info(self, path: str) -> Info:
        """What is at a path, without its name; see `children`. Raises: FileNotFoundError."""
        files, inner = self.owner(path)
        return describe(files, inner, files._find(inner))  # noqa: SLF001 - another of this class

    def children(self, path: str, *, only_data: bool = False, metafiles: bool = False) -> dict[str, Info]:
        """What is right inside a folder, by name; `metafiles`: dvc's own files too.

        `size` is None where nobody knows it without asking the remote; `md5` is that of tracked data that is not in
        the workspace; `dvc_info` and `fs_info` say what is recorded and what is in the workspace or in git.
        Raises: FileNotFoundError, NotADirectoryError.
        """
        files, inner = self.owner(path)
        entry = files._find(inner)  # noqa: SLF001
        if not entry.is_dir:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        found = files._listed(only_data=only_data).children(inner)  # noqa: SLF001
        return {
            name: describe(files, f"{inner}/{name}" if inner else name, child)
            for name, child in found.items()
            if metafiles or not (is_metafile(name) or name == IGNORE_FILE)
        }

    def open(self, path: str) -> BinaryIO:
        """Read a file. Raises: FileNotFoundError, IsADirectoryError; MissingObjectsError; RemoteError."""
        return self.opener(path)()

    def opener(self, path: str) -> Callable[[], BinaryIO]:
        """What opens a file, in any thread. Raises: as `open`."""
        files, inner = self.owner(path)
        return files._opener(inner, path)  # noqa: SLF001

    def size(self, path: str) -> int | None:
        """Bytes of a file, asking the remote if need be; None if nobody knows. Raises: FileNotFoundError."""
        info = self.info(path)
        if info["size"] is not None or info["type"] != "file":
            return info["size"]
        files, inner = self.owner(path)
        found = files.tracked(inner)
        return files.content.size(*found) if found else None

    def tracked(self, path: str) -> tuple[Out, HashInfo] | None:
        """The out at or above a path of this very project, and the object that the path is; None if there is none."""
        project = self.other.project
        absolute = os.path.normpath(os.path.join(project.root, path))
        found = self.index.containing(absolute)
        recorded = found[1].recorded if found else None
        if found is None or recorded is None or recorded.hash_info is None or not found[1].cache:
            return None
        out, hash_info = found[1], recorded.hash_info
        if out.path == absolute:
            return out, hash_info
        tree = self.content.listing(out, hash_info) if hash_info.is_dir else None
        value = tree.entries.get(os.path.relpath(absolute, out.path).replace(os.sep, "/")) if tree else None
        return (out, HashInfo(hash_info.algorithm, value)) if value else None

    def owner(self, path: str) -> tuple[Files, str]:
        """The project that a path belongs to, and the path in there."""
        if self._subrepos:
            parts = path.split("/") if path else []
            for count in range(1, len(parts) + 1):
                folder = "/".join(parts[:count])
                if self.other.tree.isdir(f"{folder}/{DVC_DIR}"):
                    return self._enter(folder).owner("/".join(parts[count:]))
        return self, path

    def _enter(self, folder: str) -> Files:
        if folder not in self._nested:
            self._nested[folder] = Files(open_nested(self.other, folder), subrepos=True)
        return self._nested[folder]

    def _listed(self, *, only_data: bool = False) -> Contents:
        if only_data not in self._contents:
            self._contents[only_data] = _Listed(self.other, self.content, only_data=only_data)
        return self._contents[only_data]

    def _find(self, path: str) -> Entry:
        return self._listed().find(path)

    def _opener(self, path: str, shown: str) -> Callable[[], BinaryIO]:
        try:
            file = self._open_tree(path)
        except FileNotFoundError:
            found = self.tracked(path)
            if found is None and not self._find(path).is_dir:
                raise
        else:
            return lambda: file
        if found is None or found[1].is_dir:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), shown)
        return partial(self._open_object, path, *found)

    def _open_object(self, path: str, out: Out, hash_info: HashInfo) -> BinaryIO:
        try:
            return self.content.open(out, hash_info)
        except MissingObjectsError:
            source = self._source(out)
            if source is None:
                raise
        below = os.path.relpath(os.path.join(self.other.project.root, path), out.path)
        return _open_source(source, below)

    def _open_tree(self, path: str) -> BinaryIO:
        tree = self.other.tree
        if isinstance(tree, WorkspaceTree):
            try:
                return open(os.path.join(tree.root, path), "rb")
            except NotADirectoryError as exc:
                raise FileNotFoundError(*exc.args) from exc
        return BytesIO(tree.read(path))

    def _source(self, out: Out) -> tuple[str, str, str | None] | None:
        """URL, path and commit of where an imported out came from, if that is a repo."""
        found = self.index.owner(out.path)
        if found is None or not found[0].is_import or found[0].deps[0].repo is None:
            return None
        repo = found[0].deps[0].repo
        url, dep = str(repo["url"]), found[0].deps[0]
        beside = os.path.normpath(os.path.join(found[0].wdir, url))
        if "://" not in url and os.path.exists(beside):
            url = beside
        return url, dep.text, repo.get("rev_lock") or repo.get("rev")


def _open_source(source: tuple[str, str, str | None], below: str) -> BinaryIO:
    url, path, rev = source
    files = Files(find_elsewhere(url, rev), subrepos=True)
    try:
        return files.open(os.path.normpath(os.path.join(path, below)).replace(os.sep, "/"))
    finally:
        files.close()
