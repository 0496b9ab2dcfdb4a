"""Datasets of the project around the current folder. Source: dvc's api/dataset.py."""

from __future__ import annotations

from typing import Any


def get_dataset(name: str) -> dict[str, Any]:
    """Which data a dataset of dvc.yaml means, as dvc.lock pins it.

    Of the type `dvc`: {"type", "url", "path", "sha"}; `dc`: {"type", "name", "version"}; `url`: {"type", "files",
    "path"}, files and path as URLs that name the version where the storage has versions.
    Raises: DatasetNotFoundError (a KeyError); ValueError where dvc.lock pins nothing, or another definition;
    FormatError.
    """
    from dvnb.pipeline import datasets  # `read` does without
    from dvnb.repo.elsewhere.dataset_urls import pinned_urls
    from dvnb.repo.elsewhere.opening import open_files

    files = open_files()
    try:
        known = datasets.load(files.other.project, files.index)
        if name not in known:
            raise _not_found(name, list(known))
        lock = _lock(known[name])
        if lock["type"] == "dvc":
            return {"type": "dvc", "url": lock["url"], "path": lock.get("path") or "", "sha": lock["rev_lock"]}
        if lock["type"] == "dc":
            return {"type": "dc", "name": _datachain_name(str(lock["url"])), "version": lock["version"]}
        path, members = pinned_urls(lock, files.other.project.config.remotes)
        return {"type": "url", "files": members, "path": path}
    finally:
        files.close()


def _lock(dataset: Any) -> dict[str, Any]:
    if dataset.invalidated:
        raise ValueError(f"dataset not in sync. Sync with 'dvc ds update {dataset.name}'.")
    if dataset.lock is None:
        raise ValueError("missing lock information")
    return dataset.lock


def _not_found(name: str, known: list[str]) -> Exception:
    from difflib import get_close_matches  # only to say what was meant

    from dvnb.pipeline.datasets import DatasetNotFoundError

    error = DatasetNotFoundError(f"dataset '{name}' not found")
    near = get_close_matches(name, known)
    if near:
        error.add_note(f"Did you mean: '{near[0]}'?")
    return error


def _datachain_name(url: str) -> str:
    """`cats` of `dc://cats@v3`."""
    return url.partition("://")[2].partition("@v")[0]
