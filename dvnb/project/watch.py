"""Whether anything changed that an answer about a project may depend on.

Looked at is more than any one question reads: every file and folder of the project but its temporary files, git's refs
and ignore rules, the configuration, and which objects the cache has. What is only read from elsewhere (a dep outside of
the project, a remote) cannot be seen here: whoever remembers an answer leaves out those that depend on it.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator

from dvnb.git.config import user_files, with_included
from dvnb.objects.stamp import COARSE_TICK_NS, is_settled
from dvnb.project.project import Project

Sight = dict[str, tuple[int, ...]]
"""What was seen at each path: times, inode, size and mode; nothing of what is not there."""

MOST = 20_000
"""More files than this take longer to look at than it is worth."""

_GIT = ".git"
_PREFIX_LENGTH = 2  # of the names of folders of objects
_ENVIRONMENT_MARK = "pyvenv.cfg"
_LARGE = frozenset({"node_modules", "__pycache__", ".ipynb_checkpoints"})


class _UnclearError(Exception):
    """What is there cannot be told by stamps, or not in time."""


class Watch:
    """What may change in and around one project, as its configuration was when this was made."""

    def __init__(self, project: Project) -> None:
        self._root = project.root
        self._ignored = project.gitignore
        self._apart = {project.tmp_dir, os.path.abspath(project.cache_dir), os.path.realpath(project.cache_dir)}
        self._stores = project.cache.folders()
        self._files = list(_files(project))
        git = project.git
        self._refs = [os.path.join(folder, "refs") for folder in ({git.git_dir, git.common_dir} if git else ())]
        self._refs += [os.path.join(git.common_dir, "reftable")] if git else []
        self._left_out: set[str] = set()

    def look(self) -> Sight | None:
        """What is there now; None where that cannot be told: something was changed just now, or there is too much."""
        seen: Sight = {}
        now = time.time_ns()
        try:
            self._walk(self._root, seen)
            for folder in self._refs:
                if os.path.isdir(folder):
                    self._walk(folder, seen)
            for folder in self._stores:
                _look_into(folder, seen)
        except (_UnclearError, OSError):
            return None
        for path in self._files:
            _note(path, seen)
        is_certain = all(_is_settled(stamp, now) for stamp in seen.values())
        return seen if is_certain else None

    def covers(self, path: str) -> bool:
        """Whether a change of `path` (absolute) would be seen."""
        below = self._root.rstrip(os.sep) + os.sep
        blind = (folder + os.sep for folder in (*self._apart, *self._left_out))
        return path.startswith(below) and not path.startswith(tuple(blind))

    def _walk(self, start: str, seen: Sight) -> None:
        pending = [start]
        while pending:
            with os.scandir(pending.pop()) as found:
                entries = list(found)
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    seen[entry.path] = (0, 0, status.st_ino, 0, status.st_mode)  # its members tell the rest
                    if self._enters(entry):
                        pending.append(entry.path)
                    continue
                seen[entry.path] = _stamp(status)
                if stat.S_ISLNK(status.st_mode) and entry.path not in self._apart:
                    self._follow(entry.path, seen)
            if len(seen) > MOST:
                raise _UnclearError

    def _enters(self, entry: os.DirEntry[str]) -> bool:
        if entry.name == _GIT or entry.path in self._apart or entry.path in self._left_out:
            return False
        is_large = entry.name in _LARGE or os.path.exists(os.path.join(entry.path, _ENVIRONMENT_MARK))
        if is_large and self._ignored is not None and self._ignored.is_ignored(entry.path, is_dir=True):
            self._left_out.add(entry.path)
            return False
        return True

    def _follow(self, link: str, seen: Sight) -> None:
        """Look at what a link points to; a folder is looked at where it lies, if that is in the project."""
        try:
            status = os.stat(link)
        except OSError:
            return
        if stat.S_ISDIR(status.st_mode) and not self.covers(os.path.realpath(link)):
            raise _UnclearError
        seen[link + os.sep] = _stamp(status)


def _files(project: Project) -> Iterator[str]:
    """Single files, whether they are there or not."""
    yield os.path.join(project.tmp_dir, "rwlock")
    for level in project.config.levels():
        yield project.config.path(level)
    above = project.root
    while above != (above := os.path.dirname(above)):
        yield os.path.join(above, _GIT, "HEAD")  # a repository that was made around the project
        yield os.path.join(above, ".gitignore")
    git = project.git
    if git is None:
        return
    for name in ("HEAD", "index", "config.worktree"):
        yield os.path.join(git.git_dir, name)
    for name in ("packed-refs", "shallow", os.path.join("info", "exclude")):
        yield os.path.join(git.common_dir, name)
    yield from with_included([*user_files(), os.path.join(git.common_dir, "config")])
    yield git.excludes_file


def _look_into(store: str, seen: Sight) -> None:
    """When objects came or went: the times of the folders that they lie in."""
    if os.path.isdir(store):
        with os.scandir(store) as found:
            seen.update((entry.path, _stamp(entry.stat())) for entry in found if len(entry.name) == _PREFIX_LENGTH)


def _note(path: str, seen: Sight) -> None:
    try:
        seen[path] = _stamp(os.stat(path))
    except OSError:
        pass


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_size, status.st_mode


def _is_settled(stamp: tuple[int, ...], now: int) -> bool:
    """Whether a change from now on would show, as `objects.stamp` has it, in either time."""
    latest = max(stamp[0], stamp[1])
    if latest + COARSE_TICK_NS < now:
        return True
    return all(is_settled((time_ns, 0, 0, 0), now) for time_ns in stamp[:2])
