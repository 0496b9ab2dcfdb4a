"""Notebooks of people's folders written in canonical form, checked for it, or cleaned on their way into git."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dvnb.errors import DvnbError
from dvnb.notebooks.source import openable, write_atomically
from dvnb.notebooks.versions.cleaning import cleaned, cleaned_bytes
from dvnb.project.project import Project
from dvnb.repo.results import NotebookCleanResult
from dvnb.repo.session import Session

if TYPE_CHECKING:
    from dvnb.repo.notebooks.recording import CleanRecords


def clean_recorded(
    session: Session, cwd: str, notebooks: Sequence[str], *, keep: Sequence[str] = ()
) -> NotebookCleanResult:
    """Write a project's notebooks in canonical form, and where dvc.lock has them with outputs, that form into it.

    Raises: NotebookError.
    """
    records = _records(session, [os.path.normpath(os.path.join(cwd, notebook)) for notebook in notebooks])
    result = clean_all(session.project, cwd, notebooks, keep=keep)
    if records is not None:
        result.recorded = records.write()
        result.to_stage, result.staged = session.tell_git(session.recorder.written if result.recorded else [])
    return result


def _records(session: Session, paths: list[str]) -> CleanRecords | None:
    from dvnb.repo.notebooks.recording import CleanRecords

    try:
        return CleanRecords(session, paths)
    except DvnbError:  # stages that are broken have no say in whether a notebook is cleaned
        return None


def clean_all(
    project: Project | None, cwd: str, notebooks: Sequence[str], *, keep: Sequence[str] = (), check: bool = False
) -> NotebookCleanResult:
    """Write notebooks in canonical form; all are read before the first is written. `check`: only say which would be.

    As they were, they go to the project's trash; outside of a project they stay beside, as `.bak` files.
    Raises: NotebookError.
    """
    result = NotebookCleanResult(checked=check)
    new = {notebook: cleaned(openable(cwd, notebook), keep) for notebook in notebooks}
    for notebook, data in new.items():
        if data is None:
            result.unchanged.append(notebook)
            continue
        result.cleaned.append(notebook)
        if check:
            continue
        path = os.path.normpath(os.path.join(cwd, notebook))
        result.kept[notebook] = os.path.relpath(replace_file(project, path, data), cwd)
    return result


def replace_file(project: Project | None, path: str, data: bytes) -> str:
    """Write a file (absolute) that may be there; where it is kept as it was, "" if it was not there."""
    if project is not None:
        return project.journal.write(path, data)
    kept = _back_up(path) if os.path.lexists(path) else ""
    write_atomically(path, [data])
    return kept


def filtered(project: Project | None, data: bytes, path: str, keep: Sequence[str] = ()) -> bytes:
    """What git shall take of a notebook whose work-tree file holds `data`; an executed copy stays as it is.

    `path` is absolute. Raises: NotebookError, after which git takes the file as it is.
    """
    made = project is not None and Session(project).index.containing(path) is not None
    if made or not data.strip():
        return data
    return cleaned_bytes(data, os.path.basename(path), keep)


def _back_up(path: str) -> str:
    """Copy a file to the first free name of `.bak`, `.bak2`, …; that name."""
    import shutil

    numbers = itertools.count(2)
    place = f"{path}.bak"
    while os.path.lexists(place):
        place = f"{path}.bak{next(numbers)}"
    shutil.copy2(path, place)
    return place
