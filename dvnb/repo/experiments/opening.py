"""Opening any repo together with its experiments."""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from dvnb.git import command
from dvnb.project.lock import FileLock
from dvnb.repo.elsewhere.opening import settle
from dvnb.repo.elsewhere.repos import Elsewhere, find_elsewhere
from dvnb.repo.experiments.refs import NAMESPACE


@contextmanager
def open_with_experiments(url: str | None, *, config: Mapping[str, Any] | None = None) -> Generator[Elsewhere]:
    """The repo at a path or git URL (by default around the current folder), its experiments fetched if it is a clone.

    `config` wins over its settings.

    Raises: GitError where it cannot be cloned; ConfigError.
    """
    other = find_elsewhere(url or os.getcwd())
    try:
        settle(other.project.config, config or {}, None, {})
        if other.cloned:
            _fetch(other)
        yield other
    finally:
        other.close()


def _fetch(other: Elsewhere) -> None:
    git = other.project.git
    assert git is not None  # noqa: S101 - a clone is
    source = os.path.abspath(other.url) if os.path.exists(other.url) else other.url
    # Who removed an experiment there does not want to see it here.
    options = ("-q", "--prune", "--force", "--no-tags")
    with FileLock(f"{git.root}.lock", wait=None).hold():
        command.run(git, "fetch", *options, "--", source, f"+{NAMESPACE}/*:{NAMESPACE}/*")
