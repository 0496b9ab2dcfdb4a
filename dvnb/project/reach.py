"""Where paths of a project really lead to: nothing is written or removed through a symlink that leads out of it."""

from __future__ import annotations

import os
from collections.abc import Iterable

from dvnb.errors import TargetError
from dvnb.project.project import Project


class Reach:
    """What lies within a project's own folders, symlinks followed; git's and dvc's folders are no places for data."""

    def __init__(self, project: Project) -> None:
        self._project = project
        git = project.git
        self._private = {project.dvc_dir, *([git.git_dir, git.common_dir] if git else [])}
        self._known = {project.root: project.root}

    def require(self, paths: Iterable[str]) -> None:
        """Make sure that all of these (absolute) can be written or removed: files, links, or folders with content.

        Raises: TargetError for the first that cannot.
        """
        for path in paths:
            real = self._real(path if os.path.isdir(path) else os.path.dirname(path))
            shown = self._project.shown(path)
            if not self._project.contains(real):
                raise TargetError(
                    f"'{shown}' leads out of the project, into '{real}': nothing is changed through a symlink"
                )
            for private in self._private:
                if real == private or real.startswith(private + os.sep):
                    where = self._project.shown(private)
                    raise TargetError(f"'{shown}' leads into '{where}', which is no place for data")

    def allows(self, path: str) -> bool:
        """Whether `require` accepts a path."""
        try:
            self.require([path])
        except TargetError:
            return False
        return True

    def _real(self, folder: str) -> str:
        """`os.path.realpath`, at the cost of one look for each new folder."""
        if folder not in self._known:
            parent, name = os.path.split(folder)
            if not self._project.contains(folder):
                return os.path.realpath(folder)
            path = os.path.join(self._real(parent), name)
            self._known[folder] = os.path.realpath(path) if os.path.islink(path) else path
        return self._known[folder]


def refuse_escape(project: Project, path: str) -> None:
    """Make sure that writing to a file (absolute) of the project does not, through symlinks, write elsewhere.

    Raises: TargetError.
    """
    if not project.contains(path):
        return
    real, home = os.path.realpath(path), project.root
    private = {project.dvc_dir, *([project.git.git_dir, project.git.common_dir] if project.git else [])}
    for folder in private:
        if path.startswith(folder + os.sep):
            home = folder
    if not _is_below(real, os.path.realpath(home)):
        raise TargetError(
            f"'{project.shown(path)}' leads out of the project, to '{real}': nothing is changed through a symlink"
        )
    for folder in private if home == project.root else ():
        if _is_below(real, os.path.realpath(folder)):
            raise TargetError(f"'{project.shown(path)}' leads into '{project.shown(folder)}', through a symlink")


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)
