"""The words of plots show, diff, modify, templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands.text import words

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import PlotsModifyResult, PlotsResult, PlotsTemplatesResult


def drawn(result: PlotsResult, args: Namespace, style: Style) -> str:
    """Where the page is, or the specification asked for; without a page, which figures there are."""
    if args.show_vega:
        return _vega(result)
    if not result.page:
        return "\n".join(f"{figure.name}: {', '.join(figure.revisions) or 'no data'}" for figure in result.figures)
    lines = [uri(result.page)]
    if args.open and not args.auto_open:
        command = style.command("config", "plots.auto_open", "true")
        lines.append(f"To enable auto opening, you can run:\n\n\t{command}")
    if args.opened is False:
        lines.append("Failed to open. Please try opening it manually.")
    return "\n".join(lines)


def _vega(result: PlotsResult) -> str:
    import json

    figure = next((figure for figure in result.figures if figure.kind == "vega"), None)
    return "" if figure is None else json.dumps(figure.spec, default=str)


def uri(path: str) -> str:
    """A file as a browser names it."""
    from pathlib import Path

    return Path(path).as_uri()


def modified(result: PlotsModifyResult, args: Namespace, style: Style) -> str:
    """What git should be told."""
    return words.git_hint(result.to_stage, style, staged=result.staged)


def templates(result: PlotsTemplatesResult, args: Namespace, style: Style) -> str:
    """A line for each template, or the one asked for as JSON."""
    if result.content is None:
        return "\n".join(result.names)
    import json

    return json.dumps(result.content)
