"""What is written of a stage: its entry in dvc.lock, or its .dvc file.

Source: dvc's stage/serialize.py (`to_lockfile`), dvcfile.py (dump).
"""

from __future__ import annotations

import os
import stat
from typing import Any

from dvnb.formats import dvcfile, single_stage
from dvnb.formats.lockfile import LockEntry, LockItem
from dvnb.objects.hashing import Fingerprint
from dvnb.objects.tree import Tree
from dvnb.pipeline.params import DEFAULT_PARAMS_FILE
from dvnb.pipeline.stage import Out, ParamsDep, Stage


def listed(fingerprint: Fingerprint, tree: Tree | None, out: Out) -> Fingerprint:
    """What to record of a folder's content: with its members one by one (`files`) where they were listed before."""
    before: list[dict[str, Any]] = out.recorded.extra.get("files", []) if out.recorded else []
    if not before or tree is None:
        return fingerprint
    from dataclasses import replace  # entries of that kind are rare

    known = {member["relpath"]: member for member in before}
    files = [_member(relpath, tree.entries[relpath], out.path, known) for relpath in sorted(tree.entries)]
    return replace(fingerprint, extra={**fingerprint.extra, "files": files})


def _member(relpath: str, value: str, folder: str, known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if known.get(relpath, {}).get("md5") == value:
        return known[relpath]
    status = os.stat(os.path.join(folder, relpath))
    member: dict[str, Any] = {"relpath": relpath, "md5": value, "size": status.st_size}
    return member | {"isexec": True} if status.st_mode & stat.S_IXUSR else member


def data_file(stage: Stage, old: bytes, shown: str) -> bytes:
    """The .dvc file with the hashes of what it tracks; `old` is what it holds now."""
    parsed = dvcfile.parse(old, shown)
    recorded = {out.text: out for out in stage.outs}
    for entry in parsed.outs:
        out = recorded.get(entry.path)
        if out and out.recorded:
            entry.fingerprint = out.recorded
    if not parsed.deps:
        parsed.md5 = None  # older versions of dvc wrote one
    return dvcfile.render(parsed, old, shown)


def old_file(stage: Stage, old: bytes, shown: str) -> bytes:
    """The file that stands for one stage, as dvc's first versions wrote it, with the hashes of now."""
    new = single_stage.record(
        old,
        shown,
        {dep.text: dep.recorded for dep in stage.deps},
        {out.text: out.recorded for out in stage.outs},
        {item.text: item.recorded for item in stage.params},
    )
    stage.recorded_md5 = stage.definition_md5  # whatever was edited is recorded now
    return new


def lock_entry(stage: Stage) -> LockEntry:
    """What dvc.lock says of a stage, in its order (SPEC 4.9)."""
    empty = Fingerprint(None)
    params = sorted(stage.params, key=lambda item: (item.text != DEFAULT_PARAMS_FILE, item.text))
    return LockEntry(
        cmd=stage.cmd or "",
        deps=[LockItem(dep.text, dep.recorded or empty) for dep in sorted(stage.deps, key=lambda dep: dep.text)],
        params={item.text: item.recorded or {} for item in params if _is_recorded(item)},
        outs=[LockItem(out.text, out.recorded or empty) for out in sorted(stage.outs, key=lambda out: out.text)],
    )


def _is_recorded(params: ParamsDep) -> bool:
    """Whether there is anything to write down; a file that counts as a whole may be empty."""
    return bool(params.recorded) or (params.recorded is not None and not params.keys)
