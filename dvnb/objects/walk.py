"""Walking a tracked folder: which files count, and their stamps.

Source: dvc's fs/dvc walk through dvcignore, dvc_data's hashfile/build.py; SPEC 1.16, 2.3, 2.4.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol

from dvnb.errors import IgnoreFileError, TargetError
from dvnb.objects.anchor import Anchor
from dvnb.objects.stamp import Stamp, stamp_of, stamps_of

IGNORE_FILE = ".dvcignore"

_TYPE = 0o170000  # the bits of a mode that say what it is: faster than a call for each of many files


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
        try:
            subfolders = _read(folder, below, ignore, broken)
        except FileNotFoundError:
            if prefix and not os.path.lexists(path):  # removed since it was listed
                continue
            raise
        yield folder
        pending += [(below + name, f"{prefix}{name}/") for name in sorted(subfolders, reverse=True)]


def walk_files(root: str, ignore: Ignore | None = None) -> Iterator[tuple[str, str, Stamp]]:
    """Every file below `root`: relpath, absolute path, stamp (of a symlink's target)."""
    for folder in walk_folders(root, ignore):
        for name, stamp in zip(folder.names, folder.stamps, strict=True):
            yield folder.prefix + name, os.path.join(folder.path, name), stamp


def _read(folder: Folder, below: str, ignore: Ignore | None, broken: list[str] | None) -> list[str]:
    # Of an open folder each file's status is had without looking up the way to it.
    with Anchor(folder.path) as anchor, os.scandir(folder.path if anchor.fd is None else anchor.fd) as found:
        return _take_all(folder, list(found), below, ignore, broken)


def _take_all(
    folder: Folder, entries: list[os.DirEntry[str]], below: str, ignore: Ignore | None, broken: list[str] | None
) -> list[str]:
    """Note the files; the names of subfolders."""
    dirs = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    if dirs:
        entries = [entry for entry in entries if not entry.is_dir(follow_symlinks=False)]
    names = [entry.name for entry in entries]
    if ignore is not None:
        count = len(names)
        dirs, names = ignore.filter_names(folder.path, dirs, names)
        if len(names) != count:
            wanted = set(names)
            entries = [entry for entry in entries if entry.name in wanted]
    if IGNORE_FILE in names:
        raise IgnoreFileError(f"{IGNORE_FILE} file should not be in collected dir path: '{folder.path}'")
    try:
        statuses = [entry.stat(follow_symlinks=False) for entry in entries]
    except FileNotFoundError:
        entries, statuses = _still_there(entries)
        names = [entry.name for entry in entries]
    if all(status.st_mode & _TYPE == stat.S_IFREG for status in statuses):
        folder.names = names
        folder.stamps = stamps_of(statuses)
    else:
        for entry, status in zip(entries, statuses, strict=True):
            _take(folder, entry, status, below, broken)
    return dirs


def _still_there(entries: list[os.DirEntry[str]]) -> tuple[list[os.DirEntry[str]], list[os.stat_result]]:
    """Those that nobody has removed since they were listed: who only reads a project waits for nobody."""
    found: list[tuple[os.DirEntry[str], os.stat_result]] = []
    for entry in entries:
        with suppress(FileNotFoundError):
            found.append((entry, entry.stat(follow_symlinks=False)))
    return [entry for entry, _ in found], [status for _, status in found]


def _take(
    folder: Folder, entry: os.DirEntry[str], status: os.stat_result, below: str, broken: list[str] | None
) -> None:
    """Note one member, unless it is a symlink to a folder."""
    if stat.S_ISREG(status.st_mode):
        folder.names.append(entry.name)
        folder.stamps.append(stamp_of(status))
    elif not stat.S_ISLNK(status.st_mode):
        raise not_data(below + entry.name)
    elif not entry.is_dir():
        _take_link(folder, entry, below + entry.name, broken)


def not_data(path: str) -> TargetError:
    """The error for a pipe, a socket or a device: reading one may never end."""
    return TargetError(f"'{path}' is neither a file nor a folder and cannot be tracked")


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
