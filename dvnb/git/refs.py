"""Refs by prefix: listed, set, removed. What a single ref points to is known without git's program: `Git.ref`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dvnb.errors import GitError
from dvnb.git.command import run

if TYPE_CHECKING:
    from dvnb.git.worktree import Git

_MISSING = "0" * 40


def listed(git: Git, *prefixes: str) -> dict[str, str]:
    """Full names of the refs below `prefixes`, sorted, and the object of each; an annotated tag's is what it tags."""
    told = run(git, "for-each-ref", "--format=%(objectname) %(*objectname) %(refname)", *prefixes)
    refs: dict[str, str] = {}
    for line in os.fsdecode(told).splitlines():
        plain, peeled, name = line.split(" ", 2)
        refs[name] = peeled or plain
    return refs


def listed_at(git: Git, remote: str, prefix: str) -> list[str]:
    """Full names of the refs below `prefix` that another repository has; `remote` is its name here, or its URL.

    Raises: GitError where it cannot be reached.
    """
    told = run(git, "ls-remote", "--refs", "--", remote, f"{prefix}/*")
    return [line.partition("\t")[2] for line in os.fsdecode(told).splitlines()]


def set_ref(git: Git, name: str, commit: str, *, old: str | None = None, new: bool = False) -> None:
    """Let a ref point to a commit, if it still points to `old` (None: wherever); `new`: if there is none yet.

    Raises: GitError.
    """
    expected = [_MISSING] if new else [old] if old else []
    run(git, "update-ref", name, commit, *expected)


def remove_ref(git: Git, name: str, *, old: str | None = None) -> None:
    """Delete a ref, if it still points to `old` (None: wherever). Raises: GitError."""
    run(git, "update-ref", "-d", name, *([old] if old else []))


def is_valid(git: Git, name: str) -> bool:
    """Whether git allows a full ref name."""
    try:
        run(git, "check-ref-format", name)
    except GitError:
        return False
    return True
