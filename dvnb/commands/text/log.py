"""The words of log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands.text.listing import natural_size
from dvnb.reports.render.table import table

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import LogResult, LogRow

HEADERS = ("Rev", "Refs", "Date", "Author", "Size", "Files", "Changes", "Subject")
UNKNOWN = "members not in cache"
NOTHING = "No version of tracked data is recorded."
_LETTERS = {"added": "A", "modified": "M", "deleted": "D"}
_MINUTES = 16


def log(result: LogResult, args: Namespace, style: Style) -> str:
    """A row for each version, and below it the files that changed if they were asked for."""
    if not result.rows:
        return "" if args.markdown else NOTHING
    cells = [row_cells(row) for row in result.rows]
    if args.markdown:
        if any(row.files is not None for row in result.rows):
            cells = [[*line, "<br>".join(_files(row))] for line, row in zip(cells, result.rows, strict=True)]
            return table([*HEADERS, "Paths"], cells, markdown=True)
        return table(HEADERS, cells, markdown=True)
    lines = table(HEADERS, cells).split("\n")
    shown = [lines[0]]
    for line, row in zip(lines[1:], result.rows, strict=True):
        shown.append(line)
        shown += [f"    {file}" for file in _files(row)]
    return "\n".join(shown)


def row_cells(row: LogRow) -> list[str]:
    """A version as texts below `HEADERS`."""
    return [
        row.rev,
        ", ".join(row.refs),
        (row.date or "")[:_MINUTES].replace("T", " "),
        row.author or "",
        "-" if row.size is None else natural_size(row.size),
        "-" if row.nfiles is None else str(row.nfiles),
        changes(row),
        row.subject or "",
    ]


def changes(row: LogRow) -> str:
    """The numbers of files by what happened to them: "2 added, 1 modified"."""
    if row.added is None:
        return UNKNOWN
    numbers = (("added", row.added), ("modified", row.modified), ("deleted", row.deleted))
    return ", ".join(f"{number} {kind}" for kind, number in numbers if number)


def _files(row: LogRow) -> list[str]:
    return [f"{letter} {path}" for kind, letter in _LETTERS.items() for path in (row.files or {}).get(kind, [])]
