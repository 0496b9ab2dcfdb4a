"""The words of get, get-url, list-url, import, import-url, update."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands.text import words

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import GetResult, ImportResult, UrlListResult


def got(result: GetResult, args: Namespace, style: Style) -> str:
    """Nothing, or with `--show-url` the location."""
    return result.url if getattr(args, "show_url", False) else ""


def listed(result: UrlListResult, args: Namespace, style: Style) -> str:
    """A line for each entry, with `--size` its bytes first."""
    if not args.size:
        return "\n".join(entry.path for entry in result.entries)
    sizes = ["-" if entry.size is None else str(entry.size) for entry in result.entries]
    width = max(map(len, sizes), default=0)
    return "\n".join(f"{size:>{width}}  {entry.path}" for size, entry in zip(sizes, result.entries, strict=True))


def imported(result: ImportResult, args: Namespace, style: Style) -> str:
    """A line for each import, and what git should be told."""
    lines = _lines(result)
    hint = words.git_hint(result.to_stage, style, staged=result.staged)
    return "\n".join([*lines, hint] if hint else lines)


def updated(result: ImportResult, args: Namespace, style: Style) -> str:
    """A line for each import that changed."""
    return "\n".join(_lines(result))


def _lines(result: ImportResult) -> list[str]:
    return [f"Importing '{source}' -> '{path}'" for source, path in result.imported]
