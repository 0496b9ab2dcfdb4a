"""Where the data of a dataset is that lies in a storage with versions: URLs that name the version that is pinned.

Source: dvc's api/dataset.py; dvc-s3's, dvc-gs's and dvc-azure's `join_version`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from dvnb.errors import TargetError

# How URLs of these schemes name one version of an object.
_VERSION_IN_QUERY = {"s3": "versionId", "abfs": "versionid"}
_VERSION_IN_FRAGMENT = "gs"
_SCHEMES = {"azure": "abfs", "s3a": "s3"}


def pinned_urls(lock: Mapping[str, Any], remotes: Mapping[str, Mapping[str, Any]]) -> tuple[str, list[str]]:
    """Where a dataset of the type `url` is, and its files if it is a folder; `lock` is its entry in dvc.lock.

    Raises: TargetError for a remote that the configuration does not have.
    """
    base = _plain_url(str(lock["url"]), remotes)
    files = [cast("Mapping[str, Any]", item) for item in lock.get("files") or ()]
    members = {item["relpath"]: item.get("meta") for item in files}
    return _versioned(base, lock.get("meta")), [
        _versioned(posixpath.join(base, relpath), members[relpath]) for relpath in sorted(members)
    ]


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
    if version and parts.scheme == _VERSION_IN_FRAGMENT:
        return urlunsplit(parts._replace(fragment=str(version)))
    return url
