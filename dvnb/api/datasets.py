"""Datasets of the project around the current folder. Source: dvc's api/dataset.py."""

from __future__ import annotations

from typing import Any


def get_dataset(name: str) -> dict[str, Any]:
    """Which data a dataset of dvc.yaml means, as dvc.lock has it.

    Of the type `dvc`: {"type", "url", "path", "sha"}; `dc`: {"type", "name", "version"}; `url`: {"type", "files",
    "path"}, files and path as URLs that name the version where the storage has versions.
    Raises: DatasetNotFoundError (a KeyError); ValueError where dvc.lock has nothing of it, or of another version of
    dvc.yaml; FormatError.
    """
    from dvnb.repo.elsewhere.datasets import find_dataset, url_of  # `read` does without
    from dvnb.repo.elsewhere.opening import open_files

    files = open_files()
    try:
        dataset = find_dataset(files, name)
        if dataset.invalidated:
            raise ValueError(f"dataset not in sync. Sync with 'dvc ds update {name}'.")
        if dataset.lock is None:
            raise ValueError("missing lock information")
        lock = dataset.lock
        if lock["type"] == "dvc":
            return {"type": "dvc", "url": lock["url"], "path": lock.get("path") or "", "sha": lock["rev_lock"]}
        if lock["type"] == "dc":
            return {"type": "dc", "name": _datachain_name(str(lock["url"])), "version": lock["version"]}
        path, members = url_of(dataset, files.other.project.config.remotes)
        return {"type": "url", "files": members, "path": path}
    finally:
        files.close()


def _datachain_name(url: str) -> str:
    """`cats` of `dc://cats@v3`."""
    return url.partition("://")[2].partition("@v")[0]
