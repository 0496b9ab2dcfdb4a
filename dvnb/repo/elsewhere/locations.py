"""Paths of opened repos as people give them, and where remotes have their content.

Source: dvc's api/data.py (get_url), repo/__init__.py (get_data_index_entry).
"""

from __future__ import annotations

import os

from dvnb.errors import TargetError
from dvnb.repo.elsewhere import fetching, tracked
from dvnb.repo.elsewhere.files import Files


class MissingPathError(tracked.MissingPathError):
    """A repo has nothing at a path."""

    def __init__(self, path: str, url: str) -> None:
        super().__init__(
            f"The path '{path}' does not exist in the target repository '{url}'"
            " neither as a DVC output nor as a Git-tracked file."
        )


class OutputNotFoundError(TargetError):
    """A path is no output, nor in one."""


def path_in(files: Files, path: str) -> str:
    """A path as `files` has it; an absolute one is one of this machine.

    Raises: FileNotFoundError for one outside.
    """
    if not os.path.isabs(path):
        return files.inside(path)
    project = files.other.project
    real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    if files.other.cloned or not project.contains(real):
        raise FileNotFoundError(path)
    return project.relpath(real)


def object_url(files: Files, path: str) -> str:
    """Where the remote has, or would have, the object of a tracked path.

    Raises: OutputNotFoundError; ConfigError without a remote.
    """
    missing = OutputNotFoundError(f"Unable to find DVC file with output '{path}'")
    try:
        owner, inner = files.owner(path_in(files, path))
    except FileNotFoundError:
        raise missing from None
    found = owner.tracked(inner)
    if found is None:
        raise missing
    out, hash_info = found
    _, options = owner.other.project.config.remote(out.remote)
    return fetching.location_at(str(options["url"]), hash_info)
