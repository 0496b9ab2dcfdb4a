"""What the last traced run of a notebook opened, remembered below `.dvc/tmp` for lint."""

from __future__ import annotations

import json
import os
from typing import Any

from dvnb.notebooks.review.suggest import Traced
from dvnb.notebooks.source import NotebookCanonical, read_bytes, write_atomically
from dvnb.notebooks.suffixes import is_text
from dvnb.objects.hashing import md5_bytes
from dvnb.project.project import Project


def remember(project: Project, notebook: str, found: Traced) -> None:
    """Note what a run of the notebook at this absolute path opened."""
    path = _place(project, notebook)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    note = {"hash": _hash(notebook), "reads": found.reads, "writes": found.writes}
    write_atomically(path, [json.dumps(note).encode()])


def recall(project: Project, notebook: str) -> list[tuple[str, str]]:
    """("read" or "write", relpath) of the last traced run of just this source; empty where there was none."""
    try:
        with open(_place(project, notebook), "rb") as file:
            note: dict[str, Any] = json.load(file)
        if note["hash"] != _hash(notebook):
            return []
        return [("read", path) for path in note["reads"]] + [("write", path) for path in note["writes"]]
    except (OSError, ValueError, LookupError, TypeError):
        return []


def _hash(notebook: str) -> str:
    # Text has no outputs, so that its bytes are its form.
    return md5_bytes(read_bytes(notebook)) if is_text(notebook) else NotebookCanonical().hash(notebook)[0]


def _place(project: Project, notebook: str) -> str:
    digest = md5_bytes(os.path.relpath(notebook, project.root).encode())
    return os.path.join(project.tmp_dir, "dvnb", "traces", f"{digest}.json")
