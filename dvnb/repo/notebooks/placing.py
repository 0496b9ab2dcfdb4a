"""Results of a run in a copy, brought into the workspace so that `undo` can take them back."""

from __future__ import annotations

import filecmp
import os
import shutil  # noqa: TID253  # imported when something is placed
from collections.abc import Iterable

from dvnb.objects.hashing import MD5, hash_file
from dvnb.project.project import Project
from dvnb.repo.notebooks.scratch import Scratch


def place(project: Project, scratch: Scratch, relpaths: Iterable[str]) -> dict[str, str]:
    """Put files of the copy where they belong; what was there goes to the trash. Placed path -> where that lies, or "".

    Files that hold the same bytes already stay as they are.
    """
    placed: dict[str, str] = {}
    for relpath in relpaths:
        source, target = os.path.join(scratch.root, relpath), os.path.join(project.root, relpath)
        if _same(source, target):
            continue
        kept = project.journal.move(target) if os.path.lexists(target) else ""
        project.journal.make_folders(_missing_folders(target))
        temporary = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.{os.getpid()}.tmp")
        shutil.copyfile(source, temporary)
        shutil.copymode(source, temporary)
        os.replace(temporary, target)
        project.journal.make(target, MD5, hash_file(target))
        placed[relpath] = kept
    return placed


def _missing_folders(path: str) -> list[str]:
    found: list[str] = []
    folder = os.path.dirname(path)
    while not os.path.isdir(folder):
        found.insert(0, folder)
        folder = os.path.dirname(folder)
    return found


def _same(one: str, other: str) -> bool:
    return os.path.isfile(other) and filecmp.cmp(one, other, shallow=False)
