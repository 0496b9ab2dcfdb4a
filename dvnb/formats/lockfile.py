"""`dvc.lock`: what every stage saw and made when it last ran.

Updating must not cost more the more stages there are: a changed entry is written alone and put in the place of the old
one, wherever the rest is known to be as ruamel.yaml would write it again.
Source: dvc's dvcfile.py (Lockfile), stage/serialize.py (`to_single_stage_lockfile`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from dvnb.errors import FormatError
from dvnb.formats import strict
from dvnb.formats.entries import content_items, fingerprint_of, is_legacy
from dvnb.formats.stagespec import DEFAULT_PARAMS
from dvnb.formats.yamlio import Document, ParseCache, dumps
from dvnb.objects.hashing import Fingerprint, md5_bytes
from dvnb.records import dataclass, field

SCHEMA = "2.0"
# What may make an entry depend on its surroundings: comments, anchors and aliases, empty lines, block scalars and keys
# marked by `?`. Rather too much is found than too little. Compiled at first use: most commands never write.
_ENTANGLED = r"(?m)(?:^|\s)#|(?:^|[:?-] |[\[{,]) *[&*]\S|^$|\r|[|>][-+0-9]*$|^ *\? |^(?:---|\.\.\.|%)"


@dataclass(slots=True)
class LockItem:
    """A dep or out of a lock entry; `path` as the stage has it, relative to its wdir."""

    path: str
    fingerprint: Fingerprint


@dataclass(slots=True)
class LockEntry:
    """One stage's record. `params`: values by file and dotted key."""

    cmd: str | list[str]
    deps: list[LockItem] = field(default_factory=list[LockItem])
    params: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    outs: list[LockItem] = field(default_factory=list[LockItem])


def parse(data: bytes, path: str, cache: ParseCache | None = None, rev: str | None = None) -> dict[str, LockEntry]:
    """The entries of the dvc.lock in `data`, by stage name.

    Raises: FormatError with dvc's words, also for the formats of older dvc, which had no `schema`.
    """
    raw = strict.load(data, path, "LOCKFILE", cache, rev)
    return {name: parse_entry(entry) for name, entry in raw.get("stages", {}).items()}


def parse_entry(raw: Mapping[str, Any]) -> LockEntry:
    """An entry as dvc.lock and the run cache hold it."""
    return LockEntry(
        raw["cmd"],
        [LockItem(item["path"], fingerprint_of(item)) for item in raw.get("deps", ())],
        raw.get("params", {}),
        [LockItem(item["path"], fingerprint_of(item)) for item in raw.get("outs", ())],
    )


def entry_dict(entry: LockEntry) -> dict[str, Any]:
    """The entry as it is written: deps, outs and parameters sorted, the default params file first, nothing empty."""
    raw: dict[str, Any] = {"cmd": entry.cmd}
    if entry.deps:
        raw["deps"] = [_item_dict(item) for item in sorted(entry.deps, key=attrgetter("path"))]
    if entry.params:
        files = sorted(entry.params, key=lambda file: (file != DEFAULT_PARAMS, file))
        raw["params"] = {file: {key: entry.params[file][key] for key in sorted(entry.params[file])} for file in files}
    if entry.outs:
        raw["outs"] = [_item_dict(item) for item in sorted(entry.outs, key=attrgetter("path"))]
    return raw


def _item_dict(item: LockItem) -> dict[str, Any]:
    extra = item.fingerprint.extra
    if "dataset" in extra:
        return {"path": item.path, "dataset": extra["dataset"]}
    raw: dict[str, Any] = {"path": item.path}
    if not is_legacy(item.fingerprint):
        raw["hash"] = "md5"
    if "files" in extra:
        raw["files"] = extra["files"]
    return raw | content_items(item.fingerprint)


def update(
    old: bytes | None,
    path: str,
    name: str,
    entry: LockEntry,
    cache: ParseCache | None = None,
    *,
    before: str | None = None,
) -> bytes:
    """The file with the entry of stage `name` replaced, or added at the end, or right before that of stage `before`.

    `cache` remembers which bytes need no whole round trip; without one, each update makes one.
    Raises: FormatError if `old` is not YAML; `path` is named in it.
    """
    raw = entry_dict(entry)
    text = dumps({"stages": {name: raw}})
    if old is None or not old.strip():
        new = f"schema: '{SCHEMA}'\n{text}".encode()
        spliced = new
    elif cache is not None and cache.get(_digest(old)) is not None:
        new = spliced = _splice(old.decode("utf-8"), text, before)
    else:
        document = Document.from_bytes(old, path)
        if not document.data:
            document.data["schema"] = SCHEMA
        stages = document.data["stages"] = document.data.get("stages", {})
        if name not in stages and before in stages:
            stages.insert(list(stages).index(before), name, raw)
        else:
            stages.update({name: raw})
        new = document.to_bytes()
        spliced = _splice(old.decode("utf-8"), text, before) if cache is not None and _can_splice(old) else None
    if cache is not None and new == spliced and not _is_entangled(text) and _is_stable(text):
        cache.put(_digest(new), True)
    return new


def _digest(data: bytes) -> str:
    """Key of the note that every entry of `data` can be replaced alone: a round trip would change no other."""
    return "lock-splice:" + md5_bytes(data)


def _can_splice(data: bytes) -> bool:
    text = data.decode("utf-8")
    _, stages, entries = text.partition("\nstages:\n")
    has_sections_after = re.search(r"(?m)^[^ ]", entries) is not None
    return bool(stages) and text.endswith("\n") and not has_sections_after and not _is_entangled(text)


def _is_entangled(text: str) -> bool:
    return re.search(_ENTANGLED, text[:-1]) is not None


def _is_stable(text: str) -> bool:
    """Whether a round trip leaves `text` as it is."""
    try:
        return Document(text).text() == text
    except FormatError:
        return False


def _splice(old: str, text: str, before: str | None) -> bytes:
    """`old` with the entry that `text` holds below `stages:` in its place, or before another one, or at the end."""
    entry = text.partition("\n")[2]
    begin = _begin(old, entry.partition("\n")[0])
    if begin:
        following = re.compile(r"\n  [^ ]").search(old, begin)
        end = following.start() + 1 if following else len(old)
    else:
        other = _begin(old, dumps({"stages": {before: {}}}).partition("\n")[2].removesuffix(" {}\n")) if before else 0
        begin = end = other or len(old)
    return (old[:begin] + entry + old[end:]).encode("utf-8")


def _begin(text: str, key: str) -> int:
    """Where the entry begins whose first line is `key`; 0 where there is none."""
    return text.find(f"\n{key}\n", text.index("\nstages:\n") + len("\nstages:")) + 1


def datasets(data: bytes, path: str, cache: ParseCache | None = None, rev: str | None = None) -> list[dict[str, Any]]:
    """What a dvc.lock pins of datasets. Raises: FormatError."""
    return strict.load(data, path, "LOCKFILE", cache, rev).get("datasets") or []


def put_dataset(old: bytes | None, path: str, dataset: dict[str, Any]) -> bytes:
    """The file with a dataset's pin replaced, or added at the end. Raises: FormatError if `old` is not YAML."""
    document = Document.from_bytes(old, path)
    document.data.update({"schema": SCHEMA})
    listed = document.data.setdefault("datasets", [])
    place = next((i for i, item in enumerate(listed) if item.get("name") == dataset["name"]), None)
    if place is None:
        listed.append(dataset)
    else:
        listed[place] = dataset
    document.data.setdefault("stages", {})
    return document.to_bytes()


def remove(old: bytes, path: str, name: str) -> bytes | None:
    """The file without the entry of stage `name`; None if no entry is left, so that it shall be deleted."""
    document = Document.from_bytes(old, path)
    stages = document.data.get("stages", {})
    if name not in stages:
        return old
    del stages[name]
    return document.to_bytes() if stages else None
