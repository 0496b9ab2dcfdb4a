"""A table between ruled lines, for what is wider than a terminal as a rule: rows are never broken.

Source: rich's "horizontals" box as dvc's ui/table.py uses it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dvnb.reports.render.table import display_width

_BETWEEN = "   "


def ruled_table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> str:
    """The lines to print; columns in `right` are aligned right, all others left."""
    widths = [max(map(display_width, column)) for column in zip(headers, *rows, strict=True)]
    rule = f" {'─' * (sum(widths) + len(_BETWEEN) * (len(widths) - 1) + 2)} "
    lines = [_line(cells, widths, right) for cells in (headers, *rows)]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])


def _line(cells: Sequence[str], widths: Sequence[int], right: Collection[int]) -> str:
    padded: list[str] = []
    for at, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        space = " " * (width - display_width(cell))
        padded.append(space + cell if at in right else cell + space)
    return f"  {_BETWEEN.join(padded)}  "
