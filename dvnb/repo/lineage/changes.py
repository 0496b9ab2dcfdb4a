"""Which commit last changed a file, or what a metafile records; one `git log` tells of all of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, Self

from dvnb.errors import DvnbError
from dvnb.formats import dvcfile, lockfile
from dvnb.git import command, history
from dvnb.git.blobs import BlobReader
from dvnb.git.history import Commit, CommitFiles
from dvnb.project.project import Project
from dvnb.repo.running.since import told

Told = dict[str, str]


class LastChanges:
    """Answers for the paths (absolute) it is made with; `rev` None: as seen from the workspace."""

    def __init__(self, project: Project, paths: Iterable[str], rev: str | None) -> None:
        self._project = project
        self._git = project.git
        self._prefix = (self._git.relpath(project.root) or "") if self._git else ""
        self._reader = BlobReader(self._git) if self._git else None
        self._entries: dict[tuple[str, str], Any] = {}
        known = {self._in_git(path): path for path in paths if project.contains(path)}
        self._commits: list[Commit] = []
        self._changed: set[str] = set()
        if self._git is None or self._git.head() is None or not known:
            return
        patterns = [pattern for path in known for pattern in (history.quoted(path), f"{history.quoted(path)}/**")]
        self._commits = history.log(self._git, [rev or "HEAD"], patterns)
        self._by_name = {commit.name: commit for commit in self._commits}
        if rev is None:
            asked = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--"]
            lines = command.run(self._git, *asked, *(f":(top,literal){path}" for path in known))
            self._changed = {os.fsdecode(line[3:]) for line in lines.split(b"\0") if line}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._reader is not None:
            self._reader.close()

    def of_file(self, path: str) -> Told | None:
        """The commit that last changed a file or folder of git's; None where the workspace did."""
        if not self._project.contains(path):
            return None
        wanted = self._in_git(path)
        if any(_is_at(changed, wanted) for changed in self._changed):
            return None
        return next((told(one) for one in self._commits if any(_is_at(file, wanted) for file in one.files)), None)

    def of_stage(self, lock: str, name: str, now: Any) -> Told | None:
        """The commit that brought what dvc.lock says of a stage."""
        return self._brought(lock, now, lambda entries: entries.get(name, {}).get("entry"))

    def of_out(self, metafile: str, name: str | None, text: str, now: str) -> Told | None:
        """The commit that brought the hash that dvc.lock records of an out; a .dvc file has no stage's name."""
        return self._brought(metafile, now, lambda entries: entries.get(name or "", {}).get("outs", {}).get(text))

    def _brought(self, metafile: str, now: Any, value: Callable[[dict[str, Any]], Any]) -> Told | None:
        """Back from the newest commit as long as one of the parents has the same value."""
        path = self._in_git(metafile)
        if not self._commits or value(self._read(self._commits[0], path, metafile)) != now:
            return None
        current = self._commits[0]
        while True:
            for name in current.parents:
                parent = self._by_name.get(name)
                untouched = len(current.parents) == 1 and path not in current.files
                if parent and (untouched or value(self._read(parent, path, metafile)) == now):
                    current = parent
                    break
            else:
                return told(current)

    def _read(self, commit: Commit, path: str, metafile: str) -> dict[str, Any]:
        """What a metafile records in a commit: stage ("" in a .dvc file) -> its whole entry, and the hashes of outs."""
        key = (commit.name, path)
        if key not in self._entries:
            assert self._reader is not None  # noqa: S101 - there are commits
            relpath = self._project.relpath(metafile)
            files = CommitFiles(self._reader, commit.name, self._project.root, self._prefix)
            try:
                self._entries[key] = _entries(files.read(relpath), metafile, self._project)
            except (FileNotFoundError, IsADirectoryError, DvnbError):  # not there yet, or broken in that commit
                self._entries[key] = {}
        return self._entries[key]

    def _in_git(self, path: str) -> str:
        relpath = self._project.relpath(path)
        return f"{self._prefix}/{relpath}" if self._prefix else relpath


def entry_of(entry: lockfile.LockEntry) -> dict[str, Any]:
    """What is compared of a stage's entry."""
    return {
        "entry": lockfile.entry_dict(entry),
        "outs": {item.path: item.fingerprint.hash_info and item.fingerprint.hash_info.value for item in entry.outs},
    }


def _entries(data: bytes, metafile: str, project: Project) -> dict[str, Any]:
    name = os.path.basename(metafile)
    if name == "dvc.lock":
        return {stage: entry_of(entry) for stage, entry in lockfile.parse(data, name, project.state).items()}
    outs = dvcfile.parse(data, name, project.state).outs
    return {"": {"outs": {out.path: out.fingerprint.hash_info and out.fingerprint.hash_info.value for out in outs}}}


def _is_at(path: str, wanted: str) -> bool:
    return path == wanted or path.startswith(f"{wanted}/")
