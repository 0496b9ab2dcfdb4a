"""Commits: who came before them and when they were made, and new ones of what the work tree holds."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from dvnb.errors import GitError
from dvnb.git.command import run

if TYPE_CHECKING:
    from dvnb.git.blobs import BlobReader
    from dvnb.git.worktree import Git

_COPY = "dvnb-index-"
_OUTDATED_SECONDS = 3600.0
_COMMITTED = re.compile(rb"(?m)^committer .*> (\d+) [-+]\d{4}$")


class CommitFacts(NamedTuple):
    """`parents` by hash; `committed` in seconds since 1970."""

    parents: list[str]
    committed: int


def facts(reader: BlobReader, commit: str) -> CommitFacts:
    """What a commit (by its hash) says about itself. Raises: GitError if there is no such commit."""
    found = reader.get(commit)
    if found is None or found[0] != "commit":
        raise GitError(f"git object {commit} is no commit")
    head = found[1].partition(b"\n\n")[0]
    parents = [line[len("parent ") :].decode() for line in head.split(b"\n") if line.startswith(b"parent ")]
    committed = _COMMITTED.search(head)
    return CommitFacts(parents, int(committed[1]) if committed else 0)


def first_parents(reader: BlobReader, tip: str) -> Iterator[str]:
    """`tip`, its first parent, that one's first parent, back to the beginning. Raises: GitError."""
    commit: str | None = tip
    while commit is not None:
        yield commit
        commit = next(iter(facts(reader, commit).parents), None)


def commit_work_tree(git: Git, parent: str, message: str, extra: Iterable[str] = ()) -> str:
    """A new commit on top of `parent`: what git tracks, as it is in the work tree now, and the files `extra`.

    HEAD, the branch, the index and the work tree stay as they are, and no ref leads to the commit yet. `extra` are
    absolute paths, added even if git ignores them; those that do not exist are left out.
    Raises: GitError.
    """
    _sweep(git.git_dir)
    index = os.path.join(git.git_dir, f"{_COPY}{os.getpid()}-{os.urandom(3).hex()}")
    env = {"GIT_INDEX_FILE": index}
    # Of what is unchanged since it was staged, the copied index knows the blobs: only the rest is read.
    _copy(os.path.join(git.git_dir, "index"), index)
    try:
        run(git, "add", "--update", "--", ":/", env=env)
        paths = b"\0".join(os.fsencode(path) for path in extra if os.path.lexists(path))
        if paths:
            add = ["add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul"]
            run(git, "--literal-pathspecs", *add, input=paths, env=env)
        tree = run(git, "write-tree", env=env).decode().strip()
    finally:
        for path in (index, f"{index}.lock"):
            if os.path.exists(path):
                os.unlink(path)
    return run(git, "commit-tree", tree, "-p", parent, input=os.fsencode(message)).decode().strip()


def _sweep(folder: str) -> None:
    """Remove copies of the index that killed processes left: none is needed for long."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_COPY) and time.time() - entry.stat().st_ctime > _OUTDATED_SECONDS:
                os.unlink(entry.path)


def untracked(git: Git) -> list[str]:
    """Files that git neither tracks nor ignores, relative to the work tree's root."""
    listed = os.fsdecode(run(git, "ls-files", "-z", "--others", "--exclude-standard"))
    return [path for path in listed.split("\0") if path]


def _copy(source: str, target: str) -> None:
    from shutil import copyfile  # slow to load

    try:
        copyfile(source, target)
    except FileNotFoundError:
        return
