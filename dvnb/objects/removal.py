"""Removing what the cache or the trash also holds."""

from __future__ import annotations

import os
from contextlib import suppress


def remove_path(path: str) -> None:
    """Remove a file, symlink or folder with all its content, if it is there; a symlink's target stays."""
    if os.path.isdir(path) and not os.path.islink(path):
        import shutil

        shutil.rmtree(path)
        return
    with suppress(FileNotFoundError):
        os.unlink(path)


def remove_empty_folders(folders: set[str], top: str) -> list[str]:
    """Remove those of `folders` (absolute, below `top`) that are empty now, and parents that thereby become empty.

    `top` itself stays. Returns the folders that are gone.
    """
    gone: list[str] = []
    for folder in sorted(folders, key=len, reverse=True):
        current = folder
        while current != top and current.startswith(top):
            try:
                os.rmdir(current)
            except OSError:
                break
            gone.append(current)
            current = os.path.dirname(current)
    return gone
