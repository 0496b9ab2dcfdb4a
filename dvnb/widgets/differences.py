"""What differs in one file, as the browser gets it: by kind, and of long tables one page."""

from __future__ import annotations

from typing import Any

from dvnb.commands.text import content as words
from dvnb.display.html import Part
from dvnb.reports.content.found import FileDiff, ImageDiff, Row, TableDiff, TextDiff, TreeDiff

_MOST_COLUMNS = 40


def file_data(found: FileDiff, start: int, page: int, cells: Part) -> dict[str, Any]:
    """`cells`: the cells of a notebook that differ, as HTML."""
    data: dict[str, Any] = {
        "path": found.path,
        "state": found.state,
        "kind": found.kind,
        "headline": words.headline(found),
        "facts": words.facts(found),
        "note": found.note,
        "sides": [found.old.where, found.new.where],
        "cells": str(cells),
    }
    match found.detail:
        case TableDiff():
            data["table"] = _table(found, found.detail, found.detail.rows[start : start + page])
        case TreeDiff():
            data["tree"] = _tree(found.detail, start, page)
        case TextDiff():
            data["text"] = {"lines": found.detail.lines, "left_out": found.detail.left_out}
        case ImageDiff():
            data["image"] = {"uris": found.detail.uris}
        case None:
            pass
    return data


def _table(found: FileDiff, detail: TableDiff, rows: list[Row]) -> dict[str, Any]:
    there: dict[str, None] = {}
    for row in rows:
        there.update(dict.fromkeys(row.values))
    known = [column.name for column in detail.columns]
    order = [name for name in (*known, *detail.columns_added, *detail.columns_removed) if name in there]
    columns = list(dict.fromkeys([*order, *there]))
    summary = next(iter(grid for grid in words.grids(found) if grid[0][0] == "Column"), ([], []))
    return {
        "matched": detail.matched,
        "key": detail.key,
        "keys": [*detail.key, *(name for name in known if name not in detail.key)],
        "places": list(rows[0].place) if rows else [],
        "columns": columns[:_MOST_COLUMNS],
        "hidden": max(0, len(columns) - _MOST_COLUMNS),
        "added_columns": list(detail.columns_added),
        "removed_columns": list(detail.columns_removed),
        "rows": [_row(row, columns[:_MOST_COLUMNS]) for row in rows],
        "total": detail.added + detail.removed + detail.changed,
        "summary": {"headers": summary[0], "rows": summary[1]},
    }


def _row(row: Row, columns: list[str]) -> dict[str, Any]:
    """Each cell as [old, new], [value], or nothing where it is the same in both versions."""
    cells: list[list[str]] = []
    for name in columns:
        if name not in row.values:
            cells.append([])
        elif row.kind == "changed":
            cells.append([words.short(value) for value in row.values[name]])
        else:
            cells.append([words.short(row.values[name])])
    return {"kind": row.kind, "place": [words.short(value) for value in row.place.values()], "cells": cells}


def _tree(detail: TreeDiff, start: int, page: int) -> dict[str, Any]:
    leaves = [
        {
            "path": leaf["path"],
            "kind": leaf["kind"],
            "old": words.leaf_value(leaf, "old"),
            "new": words.leaf_value(leaf, "new"),
        }
        for leaf in detail.leaves[start : start + page]
    ]
    return {"leaves": leaves, "total": detail.added + detail.removed + detail.changed}
