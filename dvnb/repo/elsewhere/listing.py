"""`list` and `du`: what a repo holds, git's files and tracked data side by side, present or not.

Source: dvc's repo/ls.py, repo/du.py; SPEC 6.4.
"""

from __future__ import annotations

import errno
import os

from dvnb.events import Listener, ignore_events
from dvnb.repo.elsewhere.contents import Contents, Entry
from dvnb.repo.elsewhere.overrides import NONE, Overrides, open_place, project_of
from dvnb.repo.elsewhere.repos import Elsewhere
from dvnb.repo.results import DiskUsageResult, ListResult, ListRow

_METAFILES = ("dvc.yaml", "dvc.lock", ".dvcignore")


def list_contents(
    url: str,
    path: str | None = None,
    *,
    rev: str | None = None,
    recursive: bool = False,
    tree: bool = False,
    level: int | None = None,
    dvc_only: bool = False,
    cwd: str = ".",
    overrides: Overrides = NONE,
    listener: Listener = ignore_events,
) -> ListResult:
    """Files and folders at a path of a repo; `tree`: nested, in `contents` of each row.

    `cwd` is what relative paths and a local `url` are relative to.

    Raises: GitError; FileNotFoundError for a path that is not there.
    """
    with open_place(url, cwd, rev, overrides, listener=listener) as opened:
        here = _inside(opened, cwd)
        with project_of(opened, _normal(here, path)) as (other, start):
            contents = Contents(other, only_data=dvc_only)
            return _listed(contents, path, start, here, recursive=recursive, tree=tree, level=level)


def _listed(
    contents: Contents, path: str | None, start: str, here: str, *, recursive: bool, tree: bool, level: int | None
) -> ListResult:
    entry = contents.find(start)
    if tree:
        name = path or "."
        return ListResult([_nested(contents, start, name, entry, level)], nested=True)
    level = level if recursive else None
    if level == 0 or not entry.is_dir:
        return ListResult([_row(os.path.basename(path or "") or ".", entry)])
    rows: list[ListRow] = []
    _walk(contents, start, "", rows, 1, level if recursive else 1, with_dirs=not recursive)
    if not path and here:
        for row in rows:
            row.path = "../" * len(here.split("/")) + row.path
    return ListResult(sorted(rows, key=lambda row: row.path))


def _walk(
    contents: Contents, folder: str, shown: str, rows: list[ListRow], depth: int, level: int | None, *, with_dirs: bool
) -> None:
    last = level is not None and depth >= level
    for name, entry in contents.children(folder).items():
        path = f"{shown}/{name}" if shown else name
        if not entry.is_dir or with_dirs or last:
            rows.append(_row(path, entry))
        if entry.is_dir and not last:
            below = f"{folder}/{name}" if folder else name
            _walk(contents, below, path, rows, depth + 1, level, with_dirs=with_dirs)


def _nested(contents: Contents, path: str, name: str, entry: Entry, level: int | None) -> ListRow:
    row = _row(name, entry)
    if entry.is_dir and (level is None or level > 0):
        below = None if level is None else level - 1
        for child, found in contents.children(path).items():
            row.contents.append(_nested(contents, f"{path}/{child}" if path else child, child, found, below))
    return row


def _row(path: str, entry: Entry) -> ListRow:
    return ListRow(entry.is_out, entry.is_dir, entry.is_exec, entry.size, entry.md5, path)


def disk_usage(
    url: str,
    path: str | None = None,
    *,
    rev: str | None = None,
    summarize: bool = False,
    cwd: str = ".",
    overrides: Overrides = NONE,
    listener: Listener = ignore_events,
) -> DiskUsageResult:
    """Bytes of each file and folder at a path, then of all of it; metafiles are not counted.

    Raises: GitError; FileNotFoundError for a path that is not there.
    """
    with (
        open_place(url, cwd, rev, overrides, listener=listener) as opened,
        project_of(opened, _normal(_inside(opened, cwd), path)) as (other, start),
    ):
        contents = Contents(other)
        entry = contents.find(start)
        shown = path or ""
        if summarize or not entry.is_dir:
            return DiskUsageResult([(shown, _bytes(contents, start, entry))])
        sizes = [
            (os.path.join(shown, name), _bytes(contents, f"{start}/{name}" if start else name, child))
            for name, child in contents.children(start).items()
            if not _is_metafile(name)
        ]
        return DiskUsageResult([*sizes, (shown, sum(size for _, size in sizes))])


def _bytes(contents: Contents, path: str, entry: Entry) -> int:
    if not entry.is_dir or (not entry.on_disk and entry.size is not None):
        return entry.size or 0
    return sum(
        _bytes(contents, f"{path}/{name}" if path else name, child)
        for name, child in contents.children(path).items()
        if not _is_metafile(name)
    )


def _is_metafile(name: str) -> bool:
    return name in _METAFILES or name.endswith(".dvc")


def _inside(other: Elsewhere, cwd: str) -> str:
    """Where in that repo the current folder is, relative to its root; "" elsewhere."""
    project = other.project
    here = os.path.realpath(cwd)
    return "" if other.cloned or not project.contains(here) else project.relpath(here)


def _normal(here: str, path: str | None) -> str:
    """A path given by a person, relative to the root: as seen from the current folder, if that is in the repo."""
    if not path:
        return ""
    parts: list[str] = []
    for part in [*here.split("/"), *path.replace(os.sep, "/").split("/")]:
        if part == "..":
            if not parts:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
