"""A copy of the project's files to try a notebook in: what runs there cannot touch the workspace."""

from __future__ import annotations

import os
import shutil  # noqa: TID253  # this module is imported when a copy is made
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager

from dvnb.errors import NotebookError
from dvnb.objects import links
from dvnb.objects.removal import remove_path
from dvnb.project.project import Project
from dvnb.records import dataclass

_LEFT_OUT = {".git", ".dvc", ".hg", ".svn", "__pycache__", ".ipynb_checkpoints", "node_modules", ".tox", ".nox"}


@dataclass(slots=True)
class Scratch:
    """A copy at `root` of the project at `origin`; `before` are size and mtime (ns) of its files, by relpath."""

    root: str
    origin: str
    before: dict[str, tuple[int, int]]

    def inside(self, path: str) -> str:
        """Where a path of the project lies in the copy."""
        return os.path.normpath(os.path.join(self.root, os.path.relpath(path, self.origin)))

    def files(self) -> dict[str, tuple[int, int]]:
        """Its files as they are now."""
        return {relpath: _stamp(os.path.join(self.root, relpath)) for relpath in _files(self.root)}


@contextmanager
def scratch_copy(project: Project) -> Generator[Scratch]:
    """A copy below `.dvc/tmp`, by reflinks where the filesystem can; without git's folder, the cache and environments.

    Raises: NotebookError where there is no room for it.
    """
    home = os.path.join(project.tmp_dir, "dvnb", "scratch", str(os.getpid()))
    root = os.path.join(home, os.path.basename(project.root) or "project")
    remove_path(home)
    os.makedirs(root)
    try:
        clone = links.can_reflink(project.tmp_dir, home)
        if not clone:
            _require_room(project.root, home)
        _copy_tree(project, root, clone=clone)
        copied = Scratch(root, project.root, {})
        copied.before = copied.files()
        yield copied
    finally:
        remove_path(home)


def _require_room(source: str, home: str) -> None:
    wanted = sum(size for size, _ in (_stamp(os.path.join(source, relpath)) for relpath in _files(source)))
    if wanted > shutil.disk_usage(home).free:
        raise NotebookError(
            f"a copy of the project to run in needs {wanted / 2**20:.0f} MiB, and there is no room for it in '{home}'"
        )


def _copy_tree(project: Project, target: str, *, clone: bool) -> None:
    cache = os.path.realpath(project.cache_dir)
    for folder, names, files in os.walk(project.root):
        names[:] = [name for name in names if not _is_left_out(os.path.join(folder, name))]
        place = os.path.join(target, os.path.relpath(folder, project.root))
        os.makedirs(place, exist_ok=True)
        for name in [*names]:
            if os.path.islink(os.path.join(folder, name)):
                _copy_link(os.path.join(folder, name), os.path.join(place, name))
                names.remove(name)
        for name in files:
            _copy(os.path.join(folder, name), os.path.join(place, name), cache, clone=clone)


def _is_left_out(path: str) -> bool:
    return os.path.basename(path) in _LEFT_OUT or os.path.exists(os.path.join(path, "pyvenv.cfg"))


def _copy(source: str, target: str, cache: str, *, clone: bool) -> None:
    status = os.lstat(source)
    if stat.S_ISLNK(status.st_mode):
        if not os.path.realpath(source).startswith(cache + os.sep) or not os.path.isfile(source):
            _copy_link(source, target)
            return
        source = os.path.realpath(source)
        status = os.stat(source)
    if not stat.S_ISREG(status.st_mode):  # nothing can be read from a socket or a pipe
        return
    links.copy(source, target, clone=clone)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    os.chmod(target, stat.S_IMODE(status.st_mode) | stat.S_IWUSR)


def _copy_link(source: str, target: str) -> None:
    """The same link; one that leads out of where it is goes on leading there."""
    leads = os.readlink(source)
    absolute = os.path.normpath(os.path.join(os.path.dirname(source), leads))
    os.symlink(
        leads if os.path.isabs(leads) or os.path.lexists(os.path.join(os.path.dirname(target), leads)) else absolute,
        target,
    )


def _files(root: str) -> Iterator[str]:
    """Relpaths (POSIX) of the files that a copy has."""
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if not _is_left_out(os.path.join(folder, name))]
        for name in files:
            yield os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")


def _stamp(path: str) -> tuple[int, int]:
    try:
        status = os.stat(path)
    except OSError:  # a link that leads nowhere
        return 0, 0
    return status.st_size, status.st_mtime_ns
