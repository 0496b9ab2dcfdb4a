"""Removing what killed processes left between the objects of a cache, or of a remote that is a folder."""

from __future__ import annotations

import os

from dvnb.objects.staging import sweep
from dvnb.objects.store import LocalStore


def sweep_store(store: LocalStore) -> None:
    """Remove temporary files that nobody will finish; objects, and what other tools left, stay."""
    for base in store.folders():
        sweep(base)
        for folder in _folders(base):
            sweep(folder)


def _folders(base: str) -> list[str]:
    try:
        with os.scandir(base) as entries:
            return [entry.path for entry in entries if len(entry.name) == 2 and entry.is_dir()]  # noqa: PLR2004 - digits
    except OSError:
        return []
