"""Which commit recorded a stage's last run, and which ones changed something after it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Self

from dvnb.errors import DvnbError
from dvnb.formats import lockfile
from dvnb.git import history
from dvnb.git.blobs import BlobReader
from dvnb.git.history import Commit, CommitFiles
from dvnb.pipeline.load import lock_path
from dvnb.pipeline.stage import Stage
from dvnb.repo.session import Session


class Since:
    """Looks through git's history of a few files; `with` ends its git process."""

    def __init__(self, session: Session, stage: Stage) -> None:
        self._project = session.project
        self._git = session.project.git
        self._reader = BlobReader(self._git) if self._git else None
        self._prefix = (self._git.relpath(self._project.root) or "") if self._git else ""
        self.ran = self._run_of(stage) if self._git and self._git.head() else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._reader is not None:
            self._reader.close()

    def first_change(self, path: str, differs: Callable[[bytes], bool] | None = None) -> dict[str, str] | None:
        """The first commit after the run in which the file or folder at `path` (absolute) changed.

        `differs` says of a file's bytes whether they are other ones than those of the run.
        """
        if self.ran is None or not self._project.contains(path):
            return None
        relpath = self._project.relpath(path)
        for commit in reversed(self._commits(relpath, f"{self.ran.name}..HEAD")):
            data = self.read(commit, relpath) if differs else None
            if differs is None or (data is not None and differs(data)):
                return told(commit)
        return None

    def read(self, commit: Commit, relpath: str) -> bytes | None:
        """The bytes of a file (relative to the project's root) in a commit; None if it has none."""
        if self._reader is None:
            return None
        try:
            return CommitFiles(self._reader, commit.name, self._project.root, self._prefix).read(relpath)
        except (FileNotFoundError, IsADirectoryError):
            return None

    def _commits(self, relpath: str, span: str = "HEAD") -> list[Commit]:
        assert self._git is not None  # noqa: S101 - asked by those who call
        path = history.quoted(f"{self._prefix}/{relpath}" if self._prefix else relpath)
        return history.log(self._git, [span], [path, f"{path}/**"])

    def _run_of(self, stage: Stage) -> Commit | None:
        """The commit that brought what dvc.lock (or an own old file) says of the stage now; None if none has it."""
        path = stage.file if stage.name is None else lock_path(stage.file)
        try:
            with open(path, "rb") as file:
                now = self._entry(stage, file.read())
        except FileNotFoundError:
            return None
        found = None
        relpath = self._project.relpath(path)
        for commit in self._commits(relpath):
            data = self.read(commit, relpath)
            if data is None or self._entry(stage, data) != now:
                break
            found = commit
        return found

    def _entry(self, stage: Stage, data: bytes) -> Any:
        if stage.name is None:
            return data
        try:
            entry = lockfile.parse(data, os.path.basename(stage.file), self._project.state).get(stage.name)
        except DvnbError:  # what a commit of long ago cannot tell
            return None
        return lockfile.entry_dict(entry) if entry else None


def told(commit: Commit) -> dict[str, str]:
    """A commit as results have it."""
    return {"commit": commit.name, "date": commit.date, "author": commit.author, "subject": commit.subject}
