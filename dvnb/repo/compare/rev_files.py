"""The files of a rev that metrics and params are read from: git's or the workspace's, else what is tracked."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from functools import cached_property

from dvnb.errors import MissingObjectsError
from dvnb.git.trees import FileTree
from dvnb.pipeline.index import Index
from dvnb.project.project import Project
from dvnb.repo.compare.settled import read_settled
from dvnb.repo.elsewhere.files import Files
from dvnb.repo.elsewhere.repos import Elsewhere


class RevFiles:
    """Paths are POSIX, relative to the project's root."""

    def __init__(self, project: Project, tree: FileTree, index: Index) -> None:
        self._project = project
        self._tree = tree
        self._index = index

    def read(self, relpath: str) -> bytes:
        """The bytes of a file, those of tracked data from the cache or the remote.

        Raises: FileNotFoundError with dvc's words.
        """
        try:
            if self._tree.rev is None:
                path = os.path.join(self._project.root, *relpath.split("/"))
                return read_settled(path, self._project.shown(path), self._project.emit)
            return self._tree.read(relpath)
        except FileNotFoundError:
            if not self._is_data(relpath):
                raise
        try:
            with self._tracked.open(relpath) as file:
                return file.read()
        except (FileNotFoundError, MissingObjectsError) as exc:
            raise FileNotFoundError(errno.ENOENT, "No storage files available", relpath) from exc

    def expand(self, relpath: str) -> Iterator[str]:
        """The files at a path, which may be a folder."""
        if self._tree.isdir(relpath):
            for name, is_dir in self._tree.listdir(relpath):
                inner = f"{relpath}/{name}" if relpath else name
                if is_dir and name not in (".dvc", ".git"):
                    yield from self.expand(inner)
                elif not is_dir:
                    yield inner
        elif not self._tree.exists(relpath) and self._is_data(relpath):
            yield from self._expand_data(relpath)
        else:
            yield relpath

    def _expand_data(self, relpath: str) -> Iterator[str]:
        try:
            is_dir = self._tracked.info(relpath)["type"] == "directory"
        except FileNotFoundError:
            is_dir = False
        if not is_dir:
            yield relpath
            return
        for name in self._tracked.children(relpath):
            yield from self._expand_data(f"{relpath}/{name}")

    def _is_data(self, relpath: str) -> bool:
        owner = self._index.containing(os.path.join(self._project.root, *relpath.split("/")))
        return owner is not None and owner[1].cache

    @cached_property
    def _tracked(self) -> Files:
        return Files(Elsewhere(self._project.root, self._project, self._tree, cloned=False), index=self._index)
