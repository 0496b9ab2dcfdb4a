"""Where a project begins."""

from __future__ import annotations

import os

from dvnb.errors import NotARepoError

DVC_DIR = ".dvc"


def find_root(start: str) -> str:
    """The nearest folder at or above `start` (absolute) that has a `.dvc` folder.

    Raises: NotARepoError; the search ends at the mount point, as dvc's does.
    """
    if not os.path.isdir(start):
        raise NotARepoError(f"directory '{start}' does not exist")
    folder = start
    while True:
        if os.path.isdir(os.path.join(folder, DVC_DIR)):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder or os.path.ismount(folder):
            raise NotARepoError(f"you are not inside of a DVC repository (checked up to mount point '{folder}')")
        folder = parent
