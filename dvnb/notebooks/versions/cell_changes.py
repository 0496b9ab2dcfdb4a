"""What people changed in a notebook between two versions: cells and metadata, aligned by nbdime; outputs aside."""

from __future__ import annotations

import json
from typing import Any, cast

from dvnb.errors import NotebookError
from dvnb.notebooks.found import CellChange, Kind, ValueChange
from dvnb.notebooks.javascript import render
from dvnb.notebooks.source import canonical, cell_source
from dvnb.records import dataclass

_NOT_SHOWN = {"id", "outputs", "execution_count"}


@dataclass(frozen=True, slots=True)
class NotebookChanges:
    """All that differs."""

    cells: list[CellChange]
    metadata: list[ValueChange]


def compare(old: dict[str, Any], new: dict[str, Any]) -> NotebookChanges:
    """What differs between two notebooks (as `source.load` has them).

    Raises: NotebookError where nbdime is missing, or a version is no valid notebook.
    """
    a, b = _node(old), _node(new)
    changes: list[Any] = _nbdime().diff_notebooks(a, b)
    cells: list[CellChange] = []
    for change in changes:
        if change["key"] == "cells":
            cells = _cells(change["diff"], a["cells"], b["cells"])
    return NotebookChanges(cells, _values(a["metadata"], b["metadata"]))


def _nbdime() -> Any:
    try:
        import nbdime
    except ImportError as error:
        raise NotebookError(
            "comparing notebooks needs the package nbdime, which comes with the extra 'notebooks': "
            "pip install 'dvnb[notebooks]'"
        ) from error
    return nbdime


def _node(notebook: dict[str, Any]) -> Any:
    """The canonical form as nbdime wants it: format 4, without ids that nobody wrote."""
    import nbformat
    from nbformat import v4

    text = render(canonical(notebook))
    try:
        return v4.reads(text) if notebook.get("nbformat") == v4.nbformat else nbformat.reads(text, as_version=4)
    except Exception as error:  # nbformat raises what it meets
        raise NotebookError(f"cannot compare the notebook: {error}") from error


def _cells(changes: list[Any], old: list[Any], new: list[Any]) -> list[CellChange]:
    found: list[CellChange] = []
    shift = 0  # from a cell's place in the old version to that in the new one
    for change in sorted(changes, key=lambda each: (each["key"], each["op"] != "addrange")):
        at = int(change["key"])
        if change["op"] == "addrange":
            for number in range(len(change["valuelist"])):
                cell = new[at + shift + number]
                found.append(_cell("added", None, at + shift + number, None, cell))
            shift += len(change["valuelist"])
        elif change["op"] == "removerange":
            found += [_cell("removed", at + n, None, old[at + n], None) for n in range(change["length"])]
            shift -= change["length"]
        elif not {each["key"] for each in change["diff"]} <= _NOT_SHOWN:
            found.append(_cell("changed", at, at + shift, old[at], new[at + shift]))
    return found


def _cell(kind: Kind, old_at: int | None, new_at: int | None, old: Any, new: Any) -> CellChange:
    there = new or old
    return CellChange(
        kind,
        str(there.get("cell_type", "")),
        None if old_at is None else old_at + 1,
        None if new_at is None else new_at + 1,
        cell_source(old) if old else None,
        cell_source(new) if new else None,
        _values(_facts(old), _facts(new)) if old and new else [],
    )


def _facts(cell: Any) -> dict[str, Any]:
    """Metadata and attachments of a cell, and its type."""
    facts = dict(cell.get("metadata") or {})
    if cell.get("attachments"):
        facts["attachments"] = sorted(cell["attachments"])
    return {**facts, "cell_type": cell.get("cell_type")}


def _values(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> list[ValueChange]:
    found: list[ValueChange] = []
    for key in sorted({*old, *new}):
        a, b = old.get(key), new.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            found += _values(cast("dict[str, Any]", a), cast("dict[str, Any]", b), f"{prefix}{key}.")
        elif a != b:
            found.append(ValueChange(prefix + key, _plain(a), _plain(b)))
    return found


def _plain(value: Any) -> Any:
    """A value of nbformat's nodes as plain dicts and lists."""
    return json.loads(json.dumps(value))
