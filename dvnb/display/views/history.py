"""How the history of data looks, and what changed inside files."""

from __future__ import annotations

from argparse import Namespace
from html import escape
from typing import Any

from dvnb.commands.text import content as words
from dvnb.commands.text.log import HEADERS, NOTHING, row_cells
from dvnb.display import html
from dvnb.display.html import Html, Part
from dvnb.display.views import listing as views_listing
from dvnb.repo import results
from dvnb.reports.content.found import FileDiff, ImageDiff, TextDiff

_NUMBERS = (4, 5)
_TONES: dict[str, html.Tone] = {
    "added": "good",
    "deleted": "bad",
    "removed": "bad",
    "modified": "warn",
    "changed": "warn",
}
_PICTURE = "max-width:320px;max-height:320px;border:1px solid rgba(128,128,128,.4);image-rendering:auto"


def log(result: results.LogResult, args: Namespace) -> Part:
    """A row for each version, and the files that changed if they were asked for."""
    if not result.rows:
        return html.note(NOTHING)
    rows: list[list[Part]] = []
    for row in result.rows:
        rev, _, *rest = row_cells(row)
        named = row.files or {}
        files = [
            html.join([html.badge(kind, _TONES.get(kind, "dim")), " ", html.code(path)])
            for kind in named
            for path in named[kind]
        ]
        refs = html.join([html.badge(name, "info") for name in row.refs], " ")
        rows.append([html.code(rev), refs, *rest[:4], html.lines([rest[4], *files]), rest[5]])
    return html.table(HEADERS, rows, numbers=_NUMBERS)


def diff(result: Any, args: Namespace) -> Part:
    """Which data changed; with --content what changed inside."""
    if not isinstance(result, results.ContentDiffResult):
        return views_listing.diff(result, args)
    if not result.files:
        return html.note(words.SAME, "good")
    if not result.folder:
        return html.join(map(_file, result.files))
    rows: list[list[Part]] = [
        [html.badge(state, _TONES.get(state, "dim")), html.code(path), what]
        for state, path, what in words.folder_grid(result)[1]
    ]
    return html.join([html.table(["Change", "Path", "What"], rows), html.note(words.totals(result))])


def _file(found: FileDiff) -> Html:
    parts: list[Part] = [html.note(html.lines([words.headline(found), *words.facts(found)]), "info")]
    if found.note:
        parts.append(html.note(found.note, "warn"))
    for headers, rows in words.grids(found):
        shown: list[list[Part]] = [
            [
                html.badge(row[0], _TONES[row[0]]) if row[0] in _TONES and headers[0] == "Row" else html.code(row[0]),
                *row[1:],
            ]
            for row in rows
        ]
        parts.append(html.table(headers, shown))
    if isinstance(found.detail, TextDiff):
        parts.append(_text(found.detail))
    if isinstance(found.detail, ImageDiff):
        parts.append(_pictures(found, found.detail))
    return html.join(parts)


def _text(detail: TextDiff) -> Part:
    if not detail.lines and not detail.left_out:
        return ""
    colours = {"+": "46,158,91", "-": "217,83,79", "@": "59,130,214"}
    lines = [
        f'<span style="color:rgb({colours[line[0]]})">{escape(line)}</span>' if line[:1] in colours else escape(line)
        for line in detail.lines
    ]
    if detail.left_out:
        lines.append(f"… {detail.left_out} more lines")
    return Html(
        f'<div style="margin:.3em 0;white-space:pre;overflow-x:auto;font-family:monospace">{"<br>".join(lines)}</div>'
    )


def _pictures(found: FileDiff, detail: ImageDiff) -> Part:
    """Both pictures side by side."""
    if not any(detail.uris):
        return ""
    cells: list[Part] = [
        Html(f'<img src="{escape(uri)}" alt="{escape(f"{found.path} in {side.where}")}" style="{_PICTURE}">')
        if uri
        else ("too large to be shown" if side.path else "-")
        for uri, side in zip(detail.uris, (found.old, found.new), strict=True)
    ]
    return html.table([found.old.where, found.new.where], [cells])
