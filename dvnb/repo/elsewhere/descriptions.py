"""What a filesystem says of the files and folders of a repo: types, sizes, what is recorded, what is on the disk."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dvnb.git.trees import WorkspaceTree

if TYPE_CHECKING:
    from dvnb.repo.elsewhere.contents import Entry
    from dvnb.repo.elsewhere.files import Files

Info = dict[str, Any]


def describe(files: Files, path: str, entry: Entry) -> Info:
    """What there is to say of what is at a path; see `Files.children`."""
    kind = "directory" if entry.is_dir else "file"
    size = entry.size
    if size is None and entry.md5 and not entry.is_dir:
        size = _local_size(files, path)
    info: Info = {"type": kind, "size": size, "isexec": entry.is_exec, "isout": entry.is_out, "isdvc": entry.is_out}
    if entry.md5 and not entry.on_disk:
        info["md5"] = entry.md5
    if entry.is_out:
        info["dvc_info"] = _recorded(files, path, kind, entry)
    if entry.on_disk:
        info["fs_info"] = _facts(files, path, kind, entry)
        info |= {key: value for key, value in info["fs_info"].items() if key in ("mtime", "mode")}
    return info


def _recorded(files: Files, path: str, kind: str, entry: Entry) -> Info:
    found = files.index.owner(os.path.join(files.other.project.root, path))
    recorded = found[1].recorded if found else None
    return {
        "type": kind,
        "size": recorded.size if recorded else None,
        "isexec": bool(recorded and recorded.isexec),
        "isout": True,
        "isdvc": True,
        "name": path,
        **({"md5": entry.md5} if entry.md5 else {}),
    }


def _facts(files: Files, path: str, kind: str, entry: Entry) -> Mapping[str, Any]:
    facts: Info = {"type": kind, "size": entry.size, "name": path}
    if isinstance(files.other.tree, WorkspaceTree):
        try:
            status = os.stat(os.path.join(files.other.tree.root, path))
        except OSError:  # a dangling link
            return facts
        facts |= {"mtime": status.st_mtime, "mode": status.st_mode}
    return facts


def _local_size(files: Files, path: str) -> int | None:
    found = files.tracked(path)
    local = files.content.local(found[1]) if found else None
    return os.path.getsize(local) if local else None
