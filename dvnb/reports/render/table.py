"""Plain and Markdown tables of texts, aligned as dvc's are.

Source: tabulate's "plain" and "github" styles as dvc's ui/table.py uses them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

HEADER_PADDING = 2


def table(headers: Sequence[str], rows: Sequence[Sequence[str]], *, markdown: bool = False) -> str:
    """The text to print: nothing for a plain table without rows, a Markdown table with a line feed at its end.

    `headers` may be empty. Columns are aligned left; a cell with line feeds takes several lines.
    """
    if not rows and not markdown:
        return ""
    # A cell's own outer blanks would break the alignment, so they are dropped; those of the headers stay.
    cells = [[cell.strip().splitlines() or [""] for cell in row] for row in rows]
    widths = [display_width(header) + HEADER_PADDING for header in headers]
    for row in cells:
        widths.extend([0] * (len(row) - len(widths)))
        for column, lines in enumerate(row):
            widths[column] = max(widths[column], *map(display_width, lines))
    line = _markdown_line if markdown else _plain_line
    text = [line(headers, widths)] if headers else []
    if markdown:
        text.append("|" + "|".join("-" * (width + 2) for width in widths) + "|")
    for row in cells:
        text.extend(_row_lines(row, widths, line))
    return "\n".join(text) + ("\n" if markdown else "")


def display_width(text: str) -> int:
    """How many terminal columns `text` takes: wide characters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


_Line = Callable[[Sequence[str], Sequence[int]], str]


def _row_lines(row: Sequence[Sequence[str]], widths: Sequence[int], line: _Line) -> list[str]:
    height = max(map(len, row), default=1)
    return [line([lines[i] if i < len(lines) else "" for lines in row], widths) for i in range(height)]


def _padded(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cell + " " * (width - display_width(cell)) for cell, width in zip(cells, widths, strict=False)]


def _plain_line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(_padded(cells, widths)).rstrip()


def _markdown_line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"| {cell} " for cell in _padded(cells, widths)) + "|"
