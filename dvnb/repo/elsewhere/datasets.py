"""Datasets: data that a dvc.yaml names with where it comes from, and of which dvc.lock says which version is meant.

Source: dvc's repo/datasets.py, api/dataset.py.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from dvnb.errors import FormatError, TargetError
from dvnb.formats import lockfile
from dvnb.pipeline.load import lock_path
from dvnb.pipeline.sections import top_level
from dvnb.records import dataclass
from dvnb.repo.elsewhere.files import Files

_SPEC_KEYS = {
    "dvc": ("name", "url", "type", "path", "rev"),
    "dc": ("name", "url", "type"),
    "url": ("name", "url", "type"),
}
# How URLs of these schemes name one version of an object.
_VERSION_IN_QUERY = {"s3": "versionId", "abfs": "versionid"}
_SCHEMES = {"azure": "abfs", "s3a": "s3"}


class DatasetNotFoundError(TargetError, KeyError):
    """No dvc.yaml has a dataset of this name."""


@dataclass(slots=True)
class Dataset:
    """`spec` as dvc.yaml has it; `lock` as dvc.lock has it, None where it was never resolved.

    `invalidated`: what dvc.lock says belongs to another spec.
    """

    spec: Mapping[str, Any]
    lock: Mapping[str, Any] | None
    invalidated: bool = False


def find_dataset(files: Files, name: str) -> Dataset:
    """A dataset by its name.

    Raises: DatasetNotFoundError; FormatError for a dataset of no known type, or a broken file.
    """
    specs: dict[str, tuple[str, Mapping[str, Any]]] = {}
    for file, found in top_level(files.other.project, files.index, "datasets"):
        specs |= {str(spec["name"]): (file, spec) for spec in found}
    if name not in specs:
        raise _not_found(name, list(specs))
    file, spec = specs[name]
    if spec.get("type") not in _SPEC_KEYS:
        raise FormatError(f"unknown dataset type: '{spec.get('type', '')}'", files.index.shown(file))
    lock = _locked(files, file).get(name)
    if lock is None or lock.get("type") not in _SPEC_KEYS:
        return Dataset(spec, None)
    invalidated = _key(spec) != _key(lock)
    return Dataset(spec, None if invalidated else lock, invalidated)


def url_of(dataset: Dataset, remotes: Mapping[str, Mapping[str, Any]]) -> tuple[str, list[str]]:
    """Where a dataset of the type `url` is, and its files if it is a folder; each says which version is meant."""
    lock = dataset.lock or {}
    base = _plain_url(str(lock["url"]), remotes)
    found = [cast("Mapping[str, Any]", item) for item in lock.get("files") or ()]
    files = [
        _versioned(posixpath.join(base, item["relpath"]), item.get("meta")) for item in sorted(found, key=_relpath)
    ]
    return _versioned(base, lock.get("meta")), files


def _relpath(item: Mapping[str, Any]) -> str:
    return item["relpath"]


def _key(spec: Mapping[str, Any]) -> tuple[Any, ...]:
    """What of a spec says which data is meant."""
    keys = _SPEC_KEYS[spec["type"]]
    return tuple(spec.get(key) or None for key in keys)


def _locked(files: Files, file: str) -> dict[str, dict[str, Any]]:
    project, path = files.other.project, lock_path(file)
    try:
        data = files.other.tree.read(project.relpath(path))
    except FileNotFoundError:
        return {}
    return lockfile.parse_datasets(data, files.index.shown(path), project.state, rev=files.other.tree.rev)


def _not_found(name: str, known: list[str]) -> DatasetNotFoundError:
    from difflib import get_close_matches  # only to say what was meant

    error = DatasetNotFoundError(f"dataset '{name}' not found")
    near = get_close_matches(name, known)
    if near:
        error.add_note(f"Did you mean: '{near[0]}'?")
    return error


def _plain_url(url: str, remotes: Mapping[str, Mapping[str, Any]]) -> str:
    """`remote://name/path` as the remote's URL has it; a path of this machine as `local://path`."""
    parts = urlsplit(url)
    if parts.scheme == "remote":
        if parts.netloc not in remotes:
            raise TargetError(f"remote '{parts.netloc}' of '{url}' is not in the configuration")
        url = posixpath.join(str(remotes[parts.netloc]["url"]), parts.path.lstrip("/"))
        parts = urlsplit(url)
    if "://" not in url:
        return f"local://{url}"
    return urlunsplit(parts._replace(scheme=_SCHEMES.get(parts.scheme, parts.scheme)))


def _versioned(url: str, meta: Mapping[str, Any] | None) -> str:
    version = (meta or {}).get("version_id")
    parts = urlsplit(url)
    if version and parts.scheme in _VERSION_IN_QUERY:
        return urlunsplit(parts._replace(query=f"{_VERSION_IN_QUERY[parts.scheme]}={version}"))
    if version and parts.scheme == "gs":
        return urlunsplit(parts._replace(fragment=str(version)))
    return url
