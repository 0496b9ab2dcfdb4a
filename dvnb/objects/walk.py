"""Walking a tracked folder: which files count, and their stamps.

Source: dvc's fs/dvc walk through dvcignore, dvc_data's hashfile/build.py; SPEC 1.16, 2.3, 2.4.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from typing import Protocol

from dvnb.errors import IgnoreFileError, TargetError
from dvnb.objects.stamp import Stamp, stamp_of

IGNORE_FILE = ".dvcignore"


class Ignore(Protocol):
    """Rules for names that do not count."""

    def filter_names(self, folder: str, dirs: list[str], files: list[str]) -> tuple[list[str], list[str]]:
        """Those of `dirs` and `files` in `folder` (absolute) that count."""
        ...


class Folder:
    """The files right inside one folder: `names` and `stamps` run in parallel; `links` are those that are symlinks.

    `path` is absolute, `prefix` relative to the walk's root with a "/" at its end ("" for the root itself).
    """

    __slots__ = ("links", "names", "path", "prefix", "stamps")

    def __init__(self, path: str, prefix: str) -> None:
        self.path = path
        self.prefix = prefix
        self.names: list[str] = []
        self.stamps: list[Stamp] = []
        self.links: set[str] = set()


def walk_folders(root: str, ignore: Ignore | None = None, *, broken: list[str] | None = None) -> Iterator[Folder]:
    """Every folder at or below `root`, also those without files; symlinked folders are not followed.

    `broken` collects symlinks that lead nowhere.

    Raises: FileNotFoundError for such a symlink where `broken` is None; TargetError for a `.dvcignore` file, and for
    what is neither file, folder nor symlink.
    """
    pending = [(root, "")]
    while pending:
        path, prefix = pending.pop()
        folder = Folder(path, prefix)
        below = path.rstrip(os.sep) + os.sep
        subfolders = _read(folder, below, ignore, broken)
        yield folder
        pending += [(below + name, f"{prefix}{name}/") for name in sorted(subfolders, reverse=True)]


def walk_files(root: str, ignore: Ignore | None = None) -> Iterator[tuple[str, str, Stamp]]:
    """Every file below `root`: relpath, absolute path, stamp (of a symlink's target)."""
    for folder in walk_folders(root, ignore):
        for name, stamp in zip(folder.names, folder.stamps, strict=True):
            yield folder.prefix + name, os.path.join(folder.path, name), stamp


def _read(folder: Folder, below: str, ignore: Ignore | None, broken: list[str] | None) -> list[str]:
    with os.scandir(folder.path) as found:
        entries = list(found)
    dirs, files = _split(entries)
    if ignore is not None:
        names = [entry.name for entry in files]
        dirs, kept = ignore.filter_names(folder.path, dirs, names)
        if len(kept) != len(names):
            wanted = set(kept)
            files = [entry for entry in files if entry.name in wanted]
    for entry in files:
        name = entry.name
        if name == IGNORE_FILE:
            raise IgnoreFileError(f"{IGNORE_FILE} file should not be in collected dir path: '{folder.path}'")
        if entry.is_symlink():
            _take_link(folder, entry, below + name, broken)
        elif entry.is_file(follow_symlinks=False):
            folder.names.append(name)
            folder.stamps.append(stamp_of(entry.stat(follow_symlinks=False)))
        else:
            raise not_data(below + name)
    return dirs


def not_data(path: str) -> TargetError:
    """The error for a pipe, a socket or a device: reading one may never end."""
    return TargetError(f"'{path}' is neither a file nor a folder and cannot be tracked")


def _split(entries: list[os.DirEntry[str]]) -> tuple[list[str], list[os.DirEntry[str]]]:
    dirs: list[str] = []
    files: list[os.DirEntry[str]] = []
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            dirs.append(entry.name)
        elif not entry.is_symlink() or not entry.is_dir():
            files.append(entry)
    return dirs, files


def _take_link(folder: Folder, entry: os.DirEntry[str], path: str, broken: list[str] | None) -> None:
    try:
        status = entry.stat()
    except FileNotFoundError:
        if broken is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from None
        broken.append(path)
        return
    if not stat.S_ISREG(status.st_mode):
        raise not_data(path)
    folder.names.append(entry.name)
    folder.stamps.append(stamp_of(status))
    folder.links.add(entry.name)
