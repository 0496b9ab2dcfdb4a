"""The commits that changed certain files, all told by one `git log`, and the files of any commit by path."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dvnb.git.blobs import BlobReader
from dvnb.git.command import run
from dvnb.records import dataclass, field

if TYPE_CHECKING:
    from dvnb.git.worktree import Git

_FIELDS = ("%H", "%P", "%D", "%aI", "%an", "%s")
_FORMAT = "tformat:%x01" + "%x02".join(_FIELDS)
_SHORT = 7


@dataclass(slots=True)
class Commit:
    """One commit; `parents` are the nearest ones that are in the log too, `files` what it changed of the files asked.

    A merge's `files` are only those that differ from every parent. `refs` are short names of branches and tags.
    """

    name: str
    parents: list[str]
    refs: list[str]
    date: str
    author: str
    subject: str
    files: list[str] = field(default_factory=list[str])

    @property
    def short(self) -> str:
        """The first digits of the name."""
        return self.name[:_SHORT]


def log(git: Git, tips: Sequence[str], patterns: Iterable[str]) -> list[Commit]:
    """Commits reachable from `tips` (revs, or options such as `--branches`) that changed files of these glob patterns.

    Patterns are relative to the work tree's root. Newest first, no commit before its children.
    Raises: GitError.
    """
    told = run(
        git, "log", "-z", "--date-order", "--parents", "--raw", "-c", "--no-abbrev", "--no-renames",
        "--decorate=full", "--no-show-signature", "--no-ext-diff", f"--format={_FORMAT}", *tips, "--",
        *(f":(top,glob){pattern}" for pattern in patterns),
    )  # fmt: skip
    commits: list[Commit] = []
    tokens = iter(os.fsdecode(told).split("\0"))
    for token in tokens:
        text = token.lstrip("\n")
        if text.startswith("\x01"):
            commits.append(_commit(text[1:]))
        elif text.startswith(":"):
            commits[-1].files.append(next(tokens))
    return commits


def commits_in(git: Git, span: str) -> set[str]:
    """Every commit of a range (`v1..`, `v1..main`). Raises: GitError."""
    return set(run(git, "rev-list", "--end-of-options", span).decode().split())


def quoted(path: str) -> str:
    """`path` as a pattern that matches it alone."""
    return re.sub(r"([*?\[\\])", r"\\\1", path)


def _commit(text: str) -> Commit:
    name, parents, refs, date, author, subject = text.split("\x02", len(_FIELDS) - 1)
    return Commit(name, parents.split(), _short_refs(refs), date, author, subject)


def _short_refs(decoration: str) -> list[str]:
    """Branches, then tags, without where HEAD points."""
    names = [part.removeprefix("HEAD -> ") for part in decoration.split(", ") if part]
    branches = [name.removeprefix("refs/heads/") for name in names if name.startswith("refs/heads/")]
    remote = [name.removeprefix("refs/remotes/") for name in names if name.startswith("refs/remotes/")]
    tags = [name.removeprefix("tag: refs/tags/") for name in names if name.startswith("tag: refs/tags/")]
    return [*branches, *tags, *(name for name in remote if not name.endswith("/HEAD"))]


class CommitFiles:
    """Files of one commit by path, without listing it first (a `FileTree`); `reader` serves many commits."""

    def __init__(self, reader: BlobReader, commit: str, root: str, prefix: str) -> None:
        """`root` is the project's, absolute; `prefix` is where it lies in the work tree, "" at the top."""
        self.rev: str | None = commit
        self.root = root
        self._reader = reader
        self._hash_size = len(commit) // 2  # of an entry in a tree, in bytes
        self._base = f"{commit}:{prefix}/" if prefix else f"{commit}:"

    def read(self, relpath: str) -> bytes:
        """The bytes of a file. Raises: FileNotFoundError, IsADirectoryError."""
        found = self._reader.get(self._base + relpath)
        if found is None:
            raise FileNotFoundError(2, "No such file or directory", os.path.join(self.root, relpath))
        if found[0] != "blob":
            raise IsADirectoryError(21, "Is a directory", os.path.join(self.root, relpath))
        return found[1]

    def exists(self, relpath: str) -> bool:
        """Whether there is a file or folder."""
        return self._reader.get(self._base + relpath) is not None

    def isdir(self, relpath: str) -> bool:
        """Whether there is a folder."""
        found = self._reader.get(self._base + relpath)
        return found is not None and found[0] == "tree"

    def listdir(self, relpath: str) -> list[tuple[str, bool]]:
        """(name, whether it is a folder) sorted by name. Raises: FileNotFoundError, NotADirectoryError."""
        found = self._reader.get(self._base + relpath)
        if found is None or found[0] != "tree":
            error = FileNotFoundError if found is None else NotADirectoryError
            raise error(os.path.join(self.root, relpath))
        names: list[tuple[str, bool]] = []
        data, at = found[1], 0
        while at < len(data):
            end = data.index(b"\0", at)
            mode, _, name = data[at:end].partition(b" ")
            names.append((os.fsdecode(name), mode == b"40000"))
            at = end + 1 + self._hash_size
        return sorted(names)
