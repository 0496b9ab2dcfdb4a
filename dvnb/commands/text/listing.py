"""The words of list and du."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dvnb.reports.render.table import display_width, table

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from dvnb.commands.style import Style
    from dvnb.repo.results import DiskUsageResult, ListResult, ListRow

_UNITS = ("", "k", "M", "G", "T", "P", "E", "Z")
_BASE = 1024
_DEFAULT_COLOURS = "rs=0:di=01;34:ex=01;32"


def listed(result: ListResult, args: Namespace, style: Style) -> str:
    """A line for each path, with its size and hash if wanted; nested ones as a tree."""
    named = list(_branches(result.rows)) if result.nested else [(row, "") for row in result.rows]
    colours = _ls_colours() if style.colours else {}
    columns: list[list[str]] = []
    if args.size:
        sizes = ["-" if row.size is None and not row.isdir else _size(row) for row, _ in named]
        width = max(map(len, sizes), default=0)
        columns.append([size.rjust(width) for size in sizes])
    if args.show_hash:
        hashes = [row.md5 or "-" for row, _ in named]
        width = max(map(len, hashes), default=0)
        columns.append([value.ljust(width) for value in hashes])
    columns.append([lead + _painted(row, colours) for row, lead in named])
    return "\n".join("  ".join(cells).rstrip() for cells in zip(*columns, strict=True))


def usage(result: DiskUsageResult, args: Namespace, style: Style) -> str:
    """Size and path of each entry; the total comes last."""
    return table([], [[natural_size(size), path] for path, size in result.sizes])


def natural_size(value: float) -> str:
    """Bytes with three digits and a binary unit: 12, 4.00k, 97.7k, 1.25G."""
    if value < _BASE:
        return f"{value:.0f}"
    for unit in _UNITS:
        if value < 999.5:  # noqa: PLR2004 - what rounds to three digits
            decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0  # noqa: PLR2004
            return f"{value:.{decimals}f}{unit}"
        value /= _BASE
    return f"{value:.1f}Y"


def _size(row: ListRow) -> str:
    return "" if not row.size and row.isdir else natural_size(row.size or 0)


def _branches(rows: list[ListRow], lead: str = "", depth: int = 0) -> Iterator[tuple[ListRow, str]]:
    for number, row in enumerate(rows, 1):
        is_last = number == len(rows)
        yield row, lead + (("└── " if is_last else "├── ") if depth else "")
        yield from _branches(row.contents, lead + (("    " if is_last else "│   ") if depth else ""), depth + 1)


def _ls_colours() -> dict[str, str]:
    """LS_COLORS as a table: "di", "ex", "out", "*.png" -> code."""
    items = (os.environ.get("LS_COLORS") or _DEFAULT_COLOURS).split(":")
    return dict(item.split("=", 1) for item in items if "=" in item)


def _painted(row: ListRow, colours: dict[str, str]) -> str:
    stem, suffix = os.path.splitext(row.path)
    kind = f"*{suffix or (stem if stem.startswith('.') else '')}"
    for wanted, name in ((row.isdir, "di"), (row.isexec, "ex")):
        if wanted:
            kind = name
            break
    if row.isout and "out" in colours:
        kind = "out"
    code = colours.get(kind)
    return f"\x1b[{code}m{row.path}\x1b[{colours.get('rs', '0')}m" if code and display_width(row.path) else row.path
