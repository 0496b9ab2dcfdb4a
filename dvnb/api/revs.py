"""Branches, tags and commits of a repo. Source: dvc's api/scm.py."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from dvnb.errors import GitError
from dvnb.git import command
from dvnb.repo.elsewhere.repos import open_elsewhere

if TYPE_CHECKING:
    from dvnb.git.worktree import Git


def all_branches(repo: str | None = None) -> list[str]:
    """Names of the branches. Raises: GitError where there is no git."""
    return _ask(repo, command.branches)


def all_tags(repo: str | None = None) -> list[str]:
    """Names of the tags. Raises: GitError where there is no git."""
    return _ask(repo, command.tags)


def all_commits(repo: str | None = None) -> list[str]:
    """Full hashes of all commits, newest first. Raises: GitError where there is no git."""
    return _ask(repo, command.all_commits)


def _ask(repo: str | None, question: Callable[[Git], list[str]]) -> list[str]:
    with open_elsewhere(repo or os.getcwd()) as other:
        if other.project.git is None:
            raise GitError(f"'{other.project.root}' is not a git repository")
        return question(other.project.git)
