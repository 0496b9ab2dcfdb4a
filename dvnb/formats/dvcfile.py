"""`.dvc` files: data that is tracked outside a pipeline.

Source: dvc's dvcfile.py, stage/utils.py (`get_dump`, `compute_md5`), output.py (`dumpd`).
"""

from __future__ import annotations

import json
import posixpath
from typing import Any, cast

from dvnb.errors import FormatError
from dvnb.formats import strict
from dvnb.formats.entries import content_items, fingerprint_of, is_legacy
from dvnb.formats.yamlio import Document, ParseCache, apply_diff
from dvnb.objects.hashing import Fingerprint, md5_bytes
from dvnb.records import dataclass, field

_NOTHING = Fingerprint(None)
_NOT_IN_MD5 = frozenset(
    ("desc", "type", "labels", "meta", "locked", "frozen", "metric", "persist", "isexec", "size", "nfiles")
)


@dataclass(slots=True)
class OutEntry:
    """A tracked file or folder as the .dvc file has it; `path` is POSIX, relative to the file's wdir."""

    path: str
    fingerprint: Fingerprint = _NOTHING
    cache: bool = True
    persist: bool = False
    push: bool = True
    remote: str | None = None
    desc: str | None = None
    type: str | None = None
    labels: list[str] = field(default_factory=list[str])
    meta: Any = None
    fs_config: dict[str, Any] | None = None


@dataclass(slots=True)
class DepEntry:
    """Where imported data comes from; `path` may be a URL, or empty for a database import."""

    path: str
    fingerprint: Fingerprint = _NOTHING
    repo: dict[str, Any] | None = None
    db: dict[str, Any] | None = None
    fs_config: dict[str, Any] | None = None


@dataclass(slots=True)
class DvcFile:
    """One .dvc file. `md5` exists only for imports; `wdir` is None for the folder that holds the file."""

    outs: list[OutEntry] = field(default_factory=list[OutEntry])
    deps: list[DepEntry] = field(default_factory=list[DepEntry])
    md5: str | None = None
    wdir: str | None = None
    frozen: bool = False
    always_changed: bool = False
    desc: str | None = None
    meta: Any = None


def parse(data: bytes, path: str, cache: ParseCache | None = None, rev: str | None = None) -> DvcFile:
    """The .dvc file in `data`.

    Raises: FormatError with dvc's words: unknown keys (`cmd` among them), wrong types, broken YAML.
    """
    return from_raw(strict.load(data, path, "DVCFILE", cache, rev), path)


def from_raw(raw: dict[str, Any], path: str) -> DvcFile:
    """The .dvc file that the parsed document `raw` is; keys that it does not have are left alone."""
    outs: list[dict[str, Any]] = raw.get("outs") or []
    deps: list[dict[str, Any]] = raw.get("deps") or []
    for number, item in enumerate(outs):
        if not item.get("path"):
            raise FormatError(f"'{strict.shown(path)}' validation failed.\n\nno path, in outs -> {number}", path)
    return DvcFile(
        [_out(item) for item in outs],
        [_dep(item) for item in deps],
        raw.get("md5"),
        raw.get("wdir"),
        frozen=raw.get("locked", False) or raw.get("frozen", False),
        always_changed=raw.get("always_changed", False),
        desc=raw.get("desc"),
        meta=raw.get("meta"),
    )


def _out(raw: dict[str, Any]) -> OutEntry:
    return OutEntry(
        raw.get("path", ""),
        fingerprint_of(raw),
        cache=raw.get("cache", True),
        persist=raw.get("persist", False),
        push=raw.get("push", True),
        remote=raw.get("remote"),
        desc=raw.get("desc"),
        type=raw.get("type"),
        labels=raw.get("labels") or [],
        meta=raw.get("meta"),
        fs_config=raw.get("fs_config"),
    )


def _dep(raw: dict[str, Any]) -> DepEntry:
    return DepEntry(raw.get("path", ""), fingerprint_of(raw), raw.get("repo"), raw.get("db"), raw.get("fs_config"))


def render(dvcfile: DvcFile, old: bytes | None = None, path: str = "") -> bytes:
    """The bytes of the file; comments, key order and style of the `old` ones stay where nothing changed.

    Raises: FormatError if `old` is not YAML; `path` is named in it.
    """
    state = _as_dict(dvcfile)
    document = Document.from_bytes(old, path)
    if document.data:
        apply_diff(state, document.data)
    else:
        document.data = state
    return document.to_bytes()


def import_md5(dvcfile: DvcFile) -> str:
    """The checksum of an import's definition, its top-level `md5`: changes of annotations and sizes do not count."""
    state = _as_dict(dvcfile)
    state.pop("md5", None)
    return md5_bytes(json.dumps(_without(state), sort_keys=True).encode("utf-8"))


def _without(value: Any) -> Any:
    if isinstance(value, list):
        return [_without(member) for member in cast("list[Any]", value)]
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value)
        return {key: _without(member) for key, member in items.items() if key not in _NOT_IN_MD5}
    return value


def _as_dict(dvcfile: DvcFile) -> dict[str, Any]:
    wdir = posixpath.normpath(dvcfile.wdir) if dvcfile.wdir else None
    state: dict[str, Any] = {
        "desc": dvcfile.desc,
        "md5": dvcfile.md5,
        "wdir": None if wdir == "." else wdir,
        "frozen": dvcfile.frozen,
        "deps": [_dep_dict(dep) for dep in dvcfile.deps],
        "outs": [_out_dict(out) for out in dvcfile.outs],
        "always_changed": dvcfile.always_changed,
        "meta": dvcfile.meta,
    }
    return {key: value for key, value in state.items() if value}


def _normal(path: str) -> str:
    """A path below the file's folder in its shortest form; a URL, and a path from the root, as it is."""
    return path if not path or "://" in path or posixpath.isabs(path) else posixpath.normpath(path)


def _content_dict(path: str, fingerprint: Fingerprint, fs_config: dict[str, Any] | None) -> dict[str, Any]:
    raw = content_items(fingerprint)
    if not is_legacy(fingerprint):
        raw["hash"] = "md5"
    raw["path"] = _normal(path)
    if fs_config:
        raw["fs_config"] = fs_config
    return raw


def _out_dict(out: OutEntry) -> dict[str, Any]:
    raw = _content_dict(out.path, out.fingerprint, out.fs_config)
    annotation = {"desc": out.desc, "type": out.type, "labels": out.labels, "meta": out.meta}
    raw.update({key: value for key, value in annotation.items() if value})
    if not out.cache:
        raw["cache"] = False
    if out.persist:
        raw["persist"] = True
    if out.remote:
        raw["remote"] = out.remote
    if not out.push:
        raw["push"] = False
    if "files" in out.fingerprint.extra:
        raw["files"] = out.fingerprint.extra["files"]
    return raw


def _dep_dict(dep: DepEntry) -> dict[str, Any]:
    if dep.db is not None:
        return {"db": {key: value for key, value in dep.db.items() if value}}
    if dep.repo is not None:
        keys = ("url", "rev", "rev_lock", "config", "remote")
        return {"path": dep.path, "repo": {key: dep.repo[key] for key in keys if dep.repo.get(key)}}
    raw = _content_dict(dep.path, dep.fingerprint, dep.fs_config)
    if "files" in dep.fingerprint.extra:
        raw["files"] = dep.fingerprint.extra["files"]
    return raw
