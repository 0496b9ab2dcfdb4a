"""Verbs that read notebooks: params, diff, export."""

from __future__ import annotations

import os
from typing import Any, cast

from dvnb.errors import MissingObjectsError, NotebookError, ProjectError, TargetError
from dvnb.notebooks.source import load, openable, read
from dvnb.notebooks.suffixes import without_suffix
from dvnb.project.project import Project
from dvnb.repo.compare.content_sides import WORKSPACE, at_rev, fetch_hint
from dvnb.repo.notebooks.cleaning import replace_file
from dvnb.repo.results import NotebookDiffResult, NotebookExportResult, NotebookParamsResult
from dvnb.repo.session import Session


def params(cwd: str, notebook: str) -> NotebookParamsResult:
    """What the cell tagged `parameters` offers.

    Raises: NotebookError for what is missing or no notebook.
    """
    from dvnb.notebooks import parameter_cell, parameters

    parsed = load(openable(cwd, notebook))
    spec = cast("dict[str, Any]", cast("dict[str, Any]", parsed.get("metadata") or {}).get("kernelspec") or {})
    at = parameters.tagged_cell(parsed)
    return NotebookParamsResult(
        notebook,
        spec.get("name"),
        parameters.language_of(parsed),
        None if at is None else at + 1,
        parameter_cell.offered(parsed),
    )


def diff(session: Session, notebook: str, a_rev: str, b_rev: str) -> NotebookDiffResult:
    """What people changed in a notebook from one version to another; `workspace` is the file as it is.

    Raises: GitError for an unknown rev; TargetError where a version has no such notebook; NotebookError.
    """
    from dvnb.notebooks.versions import cell_changes

    path = session.absolute(notebook)
    if not session.project.contains(path):
        raise TargetError(f"'{notebook}' is outside of the project")
    old, new = (read(_version(session, path, notebook, rev), notebook) for rev in (a_rev, b_rev))
    found = cell_changes.compare(old, new)
    return NotebookDiffResult(notebook, a_rev, b_rev, found.cells, found.metadata)


def _version(session: Session, path: str, shown: str, rev: str) -> bytes:
    if rev == WORKSPACE:
        try:
            with open(path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            raise TargetError(f"'{shown}' is not in the workspace") from None
        except IsADirectoryError:
            raise NotebookError(f"'{shown}' is a folder, not a notebook") from None
    if session.project.git is None:
        raise ProjectError("versions can only be compared in a git repository")
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="dvnb-") as folder:
        file = at_rev(session, rev, path, folder).get("")
        if file is None:
            raise TargetError(f"'{shown}' is not in '{rev}'")
        if file.missing:
            hint = fetch_hint(session.project, rev, shown)
            raise MissingObjectsError(f"'{shown}' of '{rev}' is not in the cache", [shown], hint)
        if file.data is not None:
            return file.data
        with open(file.place, "rb") as opened:
            return opened.read()


def export(
    project: Project | None, cwd: str, notebook: str, output: str | None = None, *, with_input: bool = True
) -> NotebookExportResult:
    """Write a notebook with its outputs as one HTML file; a file that is there goes to the trash.

    Raises: NotebookError.
    """
    from dvnb.notebooks.versions.page import page

    source = openable(cwd, notebook)
    data = page(load(source), source, with_input=with_input)
    output = output or f"{without_suffix(notebook)}.html"
    path = os.path.normpath(os.path.join(cwd, output))
    if os.path.isdir(path):
        raise NotebookError(f"cannot write the page to '{output}': it is a folder")
    if os.path.exists(path) and os.path.samefile(path, os.path.join(cwd, notebook)):
        raise NotebookError(f"the page of '{notebook}' cannot be written over the notebook itself")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    kept = replace_file(project, path, data)
    return NotebookExportResult(notebook, output, len(data), os.path.relpath(kept, cwd) if kept else "")
