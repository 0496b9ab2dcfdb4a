"""How a path's content is recorded in `.dvc` files and in `dvc.lock`: the same keys, in two orders.

Source: dvc's output.py, stage/serialize.py, and dvc-data's hashfile/meta.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dvnb.errors import FormatError
from dvnb.objects.hashing import LEGACY, MD5, Fingerprint, HashInfo
from dvnb.objects.tree import Tree

_HASH = re.compile(r"[0-9A-Za-z]{3,}(\.dir)?")
_EXTRA = ("version_id", "etag", "checksum", "cloud", "files", "dataset")


def fingerprint_of(raw: Mapping[str, Any]) -> Fingerprint:
    """What the entry `raw` records; an `md5` without `hash` is one of dvc 2."""
    algorithm = MD5 if raw.get("hash") else LEGACY
    extra = {key: raw[key] for key in _EXTRA if raw.get(key)}
    if "files" in extra:
        return _of_members(extra, algorithm)
    value = raw.get("md5")
    if value and not _HASH.fullmatch(str(value)):
        # It becomes a part of paths in the cache and in remotes.
        raise FormatError(f"'{value}', recorded for '{raw.get('path', '')}', is not a hash")
    # An unquoted hash of digits only is a number to YAML.
    hash_info = HashInfo(algorithm, str(value).lower()) if value else None
    return Fingerprint(hash_info, raw.get("size"), raw.get("nfiles"), bool(raw.get("isexec")), extra)


def _of_members(extra: dict[str, Any], algorithm: str) -> Fingerprint:
    """A folder whose members are listed one by one, as versioned remotes have it: its hash is that of the listing."""
    files: list[dict[str, Any]] = extra["files"]
    size = sum(member.get("size") or 0 for member in files)
    if not all(member.get("md5") for member in files):
        return Fingerprint(None, size, len(files), extra=extra)
    tree = Tree({member["relpath"]: str(member["md5"]) for member in files}, algorithm)
    tree = Tree.from_bytes(tree.to_bytes(), algorithm)  # which refuses paths that are not inside the folder
    return Fingerprint(tree.hash_info(), size, len(files), extra=extra)


def is_legacy(fingerprint: Fingerprint) -> bool:
    """Whether it is recorded without `hash`."""
    return fingerprint.hash_info is not None and fingerprint.hash_info.algorithm == LEGACY


def content_items(fingerprint: Fingerprint) -> dict[str, Any]:
    """Hash and sizes in the order both formats have them; nothing where the members are listed one by one (`files`)."""
    extra = fingerprint.extra
    if "files" in extra:
        return {}
    raw: dict[str, Any] = {}
    if fingerprint.hash_info is not None:
        raw["md5"] = fingerprint.hash_info.value
    else:
        # Of data elsewhere, the storage's own checksum takes the place of the hash.
        raw.update({key: extra[key] for key in ("etag", "checksum") if key in extra})
    if fingerprint.size is not None:
        raw["size"] = fingerprint.size
    if fingerprint.nfiles is not None:
        raw["nfiles"] = fingerprint.nfiles
    if fingerprint.isexec:
        raw["isexec"] = True
    raw.update({key: extra[key] for key in ("version_id", "etag", "checksum", "cloud") if key in extra})
    return raw
