"""The files that plots are drawn of, at one rev."""

from __future__ import annotations

import errno
import os
import posixpath

from dvnb.errors import MissingObjectsError
from dvnb.repo.compare.settled import read_settled
from dvnb.repo.elsewhere.files import Files

_NOWHERE = "No storage files available"


class SeenFiles:
    """The files of a rev by their paths relative to the folder that the user is in."""

    def __init__(self, files: Files) -> None:
        self._files = files
        project = files.other.project
        self._folder = project.relpath(project.cwd)

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        return self._kind(path) is not None

    def isdir(self, path: str) -> bool:
        """Whether there is a folder."""
        return self._kind(path) == "directory"

    def find(self, path: str) -> list[str]:
        """All files below a folder, sorted."""
        found: list[str] = []
        for name, info in self._files.children(self._inside(path)).items():
            inner = posixpath.normpath(posixpath.join(path, name))
            found.extend(self.find(inner) if info["type"] == "directory" else [inner])
        return sorted(found)

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises: FileNotFoundError with dvc's words, its path relative to the project."""
        inside = self._inside(path)
        other = self._files.other
        try:
            if other.tree.rev is None and (place := os.path.join(other.project.root, inside)) and os.path.isfile(place):
                return read_settled(place, path, other.project.emit)
            with self._files.open(inside) as file:
                return file.read()
        except MissingObjectsError as exc:
            raise FileNotFoundError(2, _NOWHERE, inside) from exc
        except FileNotFoundError as exc:
            found = self._files.index.containing(os.path.join(self._files.other.project.root, inside))
            is_data = found is not None and found[1].cache
            raise FileNotFoundError(2, _NOWHERE if is_data else os.strerror(errno.ENOENT), inside) from exc

    def _kind(self, path: str) -> str | None:
        try:
            return self._files.info(self._inside(path))["type"]
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _inside(self, path: str) -> str:
        inside = posixpath.normpath(posixpath.join(self._folder, path))
        if inside.startswith(("../", "/")) or inside == "..":
            raise FileNotFoundError(2, "No such file or directory", path)
        return "" if inside == "." else inside
