"""`list` and `du`: what a repo holds, git's files and tracked data side by side, present or not.

Source: dvc's repo/ls.py, repo/du.py, fs/dvc.py; SPEC 6.4.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass

from dvnb.events import Listener, ignore_events
from dvnb.formats.ignore import IgnoreRules, dvcignore
from dvnb.git import command
from dvnb.objects.hashing import HashInfo
from dvnb.pipeline.stage import Out
from dvnb.repo.elsewhere import Elsewhere, open_elsewhere
from dvnb.repo.results import DiskUsageResult, ListResult, ListRow

_METAFILES = ("dvc.yaml", "dvc.lock", ".dvcignore")


@dataclass(slots=True)
class Entry:
    """A file or folder; `data_size` is the recorded size of an out (None: unknown), `size` what is to be shown."""

    is_dir: bool
    is_out: bool = False
    is_exec: bool = False
    size: int | None = None
    md5: str | None = None
    on_disk: bool = False


class Contents:
    """The files of an opened repo by POSIX path relative to its root; tracked data counts wherever it is."""

    def __init__(self, other: Elsewhere, *, only_data: bool = False) -> None:
        self._other = other
        self._only_data = only_data
        self._data: dict[str, dict[str, Entry]] = {"": {}}
        self._outs: dict[str, Out] = {}
        self._facts: dict[str, tuple[bool, int | None]] | None = None
        self._ignored: IgnoreRules | None = None
        for stage in other.index.stages:
            for out in stage.outs:
                if out.cache and other.project.contains(out.path):
                    self._enter_out(out)

    def find(self, path: str) -> Entry:
        """What is at a path. Raises: FileNotFoundError."""
        if not path:
            return Entry(is_dir=True, size=self._size("", is_dir=True), on_disk=True)
        folder, _, name = path.rpartition("/")
        found = self.children(folder).get(name) if self._is_folder(folder) else None
        if found is None:
            raise FileNotFoundError(
                errno.ENOENT, os.strerror(errno.ENOENT), os.path.join(self._other.project.root, path)
            )
        return found

    def children(self, folder: str) -> dict[str, Entry]:
        """What is right inside a folder, by name, sorted."""
        self._load_listing(folder)
        found = dict(self._data.get(folder, {}))
        if not self._only_data and self._other.tree.isdir(folder):
            prefix = f"{folder}/" if folder else ""
            for name, is_dir in self._on_disk(folder):
                data = found.get(name)
                found[name] = self._file(prefix + name, data, is_dir=is_dir)
        return dict(sorted(found.items()))

    def _is_folder(self, folder: str) -> bool:
        if not folder:
            return True
        self._load_listing(folder)
        return folder in self._data or self._other.tree.isdir(folder)

    def _enter_out(self, out: Out) -> None:
        path = self._other.project.relpath(out.path)
        recorded = out.recorded
        hash_info = recorded.hash_info if recorded else None
        is_dir = hash_info is not None and hash_info.is_dir
        size = recorded.size if recorded else None
        self._enter(path, Entry(is_dir, is_out=True, size=size, md5=hash_info.value if hash_info else None))
        if is_dir:
            self._outs[path] = out

    def _enter(self, path: str, entry: Entry, *, above_is_out: bool = False) -> None:
        folder, _, name = path.rpartition("/")
        if entry.is_dir:
            self._data.setdefault(path, {})
        if folder not in self._data:
            self._enter(folder, Entry(is_dir=True, is_out=above_is_out), above_is_out=above_is_out)
        self._data[folder].setdefault(name, entry)

    def _load_listing(self, folder: str) -> None:
        """Enter the members of the out that `folder` is, or lies in, once somebody asks."""
        path = folder
        while path and path not in self._outs:
            path = path.rpartition("/")[0]
        out = self._outs.pop(path, None)
        if out is None or out.recorded is None or out.recorded.hash_info is None:
            return
        hash_info = out.recorded.hash_info
        for relpath, value in self._members(out, hash_info).items():
            self._enter(f"{path}/{relpath}", Entry(is_dir=False, is_out=True, md5=value), above_is_out=True)

    def _members(self, out: Out, hash_info: HashInfo) -> dict[str, str]:
        project = self._other.project
        if project.cache.has(hash_info):
            return project.cache.read_tree(hash_info).entries
        name = out.remote or project.config.get("core.remote")
        if not name:
            return {}
        from dvnb.objects import remote, transfer  # only where the cache lacks a listing

        _, options = project.config.remote(name)
        tree = transfer.read_listing(hash_info, project.cache, remote.open_remote(options["url"], options))
        return tree.entries if tree else {}

    def _on_disk(self, folder: str) -> list[tuple[str, bool]]:
        """What the tree holds right inside a folder, without what `.dvcignore` leaves out."""
        other = self._other
        if self._ignored is None:
            in_workspace = other.tree.rev is None
            self._ignored = other.project.ignore if in_workspace else dvcignore(other.project.root, other.tree)
        listed = other.tree.listdir(folder)
        path = os.path.join(other.project.root, *folder.split("/")) if folder else other.project.root
        dirs = [name for name, is_dir in listed if is_dir]
        files = [name for name, is_dir in listed if not is_dir]
        dirs, files = self._ignored.filter_names(path, dirs, files)
        return [*((name, True) for name in dirs), *((name, False) for name in files)]

    def _file(self, path: str, data: Entry | None, *, is_dir: bool) -> Entry:
        return Entry(
            is_dir,
            is_out=data is not None and data.is_out,
            is_exec=not is_dir and self._is_exec(path),
            size=self._size(path, is_dir=is_dir),
            md5=data.md5 if data else None,
            on_disk=True,
        )

    def _is_exec(self, path: str) -> bool:
        if self._other.tree.rev is not None:
            return self._git_facts().get(path, (False, None))[0]
        try:
            return bool(os.stat(os.path.join(self._other.project.root, path)).st_mode & stat.S_IXUSR)
        except OSError:  # a dangling link
            return False

    def _size(self, path: str, *, is_dir: bool) -> int | None:
        if self._other.tree.rev is not None:
            return 0 if is_dir else self._git_facts().get(path, (False, None))[1]
        try:
            return os.stat(os.path.join(self._other.project.root, path)).st_size
        except OSError:
            return None

    def _git_facts(self) -> dict[str, tuple[bool, int | None]]:
        """Of each file in the commit: whether it may be executed, and its size."""
        if self._facts is None:
            self._facts = {}
            other = self._other
            git, commit = other.project.git, other.commit
            assert git is not None and commit is not None  # noqa: S101, PT018 - a rev was read from it
            prefix = git.relpath(other.project.root)
            listed = os.fsdecode(command.run(git, "ls-tree", "-r", "-l", "-z", "--full-tree", commit))
            start = len(prefix) + 1 if prefix else 0
            for line in listed.split("\0"):
                facts, _, name = line.partition("\t")
                if name and (not prefix or name.startswith(f"{prefix}/")):
                    mode, _kind, _blob, size = facts.split()
                    self._facts[name[start:]] = (mode == "100755", int(size) if size.isdigit() else None)
        return self._facts


def list_contents(
    url: str,
    path: str | None = None,
    *,
    rev: str | None = None,
    recursive: bool = False,
    tree: bool = False,
    level: int | None = None,
    dvc_only: bool = False,
    listener: Listener = ignore_events,
) -> ListResult:
    """Files and folders at a path of a repo; `tree`: nested, in `contents` of each row.

    Raises: GitError; FileNotFoundError for a path that is not there.
    """
    with open_elsewhere(url, rev, listener=listener) as other:
        contents = Contents(other, only_data=dvc_only)
        here = _inside(other)
        start = _normal(here, path)
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
    listener: Listener = ignore_events,
) -> DiskUsageResult:
    """Bytes of each file and folder at a path, then of all of it; metafiles are not counted.

    Raises: GitError; FileNotFoundError for a path that is not there.
    """
    with open_elsewhere(url, rev, listener=listener) as other:
        contents = Contents(other)
        start = _normal(_inside(other), path)
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


def _inside(other: Elsewhere) -> str:
    """Where in that repo the current folder is, relative to its root; "" elsewhere."""
    project = other.project
    here = os.path.realpath(os.getcwd())
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
