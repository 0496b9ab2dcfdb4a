"""The words of get, get-url, list-url, import, import-url, update."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands.text import words
from dvnb.commands.text.listing import natural_size

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from dvnb.commands.style import Style
    from dvnb.repo.results import GetResult, ImportResult, UrlEntry, UrlListResult


def got(result: GetResult, args: Namespace, style: Style) -> str:
    """Nothing, or with `--show-url` the location."""
    return result.url if getattr(args, "show_url", False) else ""


def listed(result: UrlListResult, args: Namespace, style: Style) -> str:
    """A line for each entry, with `--size` its bytes first; nested ones as a tree."""
    rows = list(_branches(result.entries)) if result.nested else [(entry, entry.path) for entry in result.entries]
    if not args.size:
        return "\n".join(shown for _, shown in rows)
    sizes = [_size(entry) for entry, _ in rows]
    width = max(map(len, sizes), default=0)
    return "\n".join(f"{size:>{width}}  {shown}" for size, (_, shown) in zip(sizes, rows, strict=True))


def _size(entry: UrlEntry) -> str:
    """Nothing for what has no size, and as with dvc for a folder without bytes of its own."""
    if entry.size is None or (entry.isdir and not entry.size):
        return ""
    return natural_size(entry.size)


def _branches(entries: list[UrlEntry], lead: str = "", depth: int = 0) -> Iterator[tuple[UrlEntry, str]]:
    for number, entry in enumerate(entries, 1):
        is_last = number == len(entries)
        yield entry, lead + (("└── " if is_last else "├── ") if depth else "") + entry.path
        yield from _branches(entry.contents, lead + (("    " if is_last else "│   ") if depth else ""), depth + 1)


def imported(result: ImportResult, args: Namespace, style: Style) -> str:
    """A line for each import, and what git should be told."""
    lines = _lines(result, args)
    hint = words.git_hint(result.to_stage, style, staged=result.staged)
    return "\n".join([*lines, hint] if hint else lines)


def updated(result: ImportResult, args: Namespace, style: Style) -> str:
    """A line for each import."""
    return "\n".join([*_lines(result, args), *(f"'{file}' didn't change, skipping" for file in result.unchanged)])


def _lines(result: ImportResult, args: Namespace) -> list[str]:
    if getattr(args, "to_remote", False):  # dvc says nothing of what did not come here
        return []
    return [f"Importing '{source}' -> '{path}'" for source, path in result.imported]
