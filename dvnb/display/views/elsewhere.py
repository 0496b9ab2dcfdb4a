"""How get, get-url, import, import-url and update look in a notebook."""

from __future__ import annotations

from argparse import Namespace

from dvnb.display import html, telling
from dvnb.display.html import Part
from dvnb.repo import results


def got(result: results.GetResult, args: Namespace) -> Part:
    """Where the copy is; with `--show-url` where it lies in the remote."""
    if getattr(args, "show_url", False):
        return html.note(html.code(result.url))
    path = getattr(args, "path", None)
    source = [html.code(path), " of ", html.code(result.url)] if path else [html.code(result.url)]
    return html.note(html.join(["copied ", *source, " to ", html.code(result.path)]), "good")


def imported(result: results.ImportResult, args: Namespace) -> Part:
    """A row for each import."""
    current = html.join(map(html.code, result.unchanged), ", ")
    unchanged = html.note(html.join(["up to date: ", current]), "good") if result.unchanged else ""
    if not result.imported:
        return unchanged or html.note("Imports are up to date.", "good")
    rows = [[html.code(source), html.code(path)] for source, path in result.imported]
    return html.join(
        [html.table(["From", "To"], rows), unchanged, telling.git_hint(result.to_stage, staged=result.staged)]
    )
