"""What a repo holds at a rev or in the workspace: git's files and tracked data side by side, present or not.

Source: dvc's fs/dvc.py; SPEC 6.4.
"""

from __future__ import annotations

import errno
import os
import stat

from dvnb.formats.ignore import IgnoreRules, dvcignore
from dvnb.git import command
from dvnb.objects.hashing import HashInfo
from dvnb.pipeline.stage import Out
from dvnb.records import dataclass
from dvnb.repo.elsewhere.repos import Elsewhere

IGNORE_FILE = ".dvcignore"


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
        self._load_listing(folder)
        found = self._data.get(folder, {}).get(name)
        if not self._only_data and self._is_on_disk(path):
            found = self._file(path, found, is_dir=self._other.tree.isdir(path))
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
        from dvnb.objects.remotes.listings import read_listing  # only where the cache lacks a listing

        tree = read_listing(hash_info, project.cache, project.remote(name))
        return tree.entries if tree else {}

    def _on_disk(self, folder: str) -> list[tuple[str, bool]]:
        """What the tree holds right inside a folder, without what `.dvcignore` leaves out."""
        listed = self._other.tree.listdir(folder)
        dirs = [name for name, is_dir in listed if is_dir]
        files = [name for name, is_dir in listed if not is_dir]
        dirs, files = self._filter(folder, dirs, files)
        return [*((name, True) for name in dirs), *((name, False) for name in files)]

    def _is_on_disk(self, path: str) -> bool:
        """Whether the tree holds a path, and `.dvcignore` leaves out neither it nor a folder above it."""
        tree = self._other.tree
        folder, _, name = path.rpartition("/")
        if not tree.exists(path) or (folder and not self._is_on_disk(folder)):
            return False
        # The rules look for their own file among the names they are given.
        rules = [IGNORE_FILE] if tree.exists(f"{folder}/{IGNORE_FILE}" if folder else IGNORE_FILE) else []
        if tree.isdir(path):
            return bool(self._filter(folder, [name], rules)[0])
        return name in self._filter(folder, [], [name, *rules])[1]

    def _filter(self, folder: str, dirs: list[str], files: list[str]) -> tuple[list[str], list[str]]:
        other = self._other
        if self._ignored is None:
            in_workspace = other.tree.rev is None
            self._ignored = other.project.ignore if in_workspace else dvcignore(other.project.root, other.tree)
        path = os.path.join(other.project.root, *folder.split("/")) if folder else other.project.root
        return self._ignored.filter_names(path, dirs, files)

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
