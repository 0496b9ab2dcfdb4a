"""How notebooks as files look in a notebook: params, clean, diff, export."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dvnb.commands.text import notebook_files as text
from dvnb.display import html
from dvnb.display.html import Html, Part
from dvnb.repo import results

if TYPE_CHECKING:
    from dvnb.notebooks.found import CellChange, ValueChange

_SOURCE = (
    "font-family:monospace;margin:.2em 0 .8em;padding:.3em .8em;line-height:1.4;white-space:pre-wrap;"
    "background:none;color:inherit"
)
_LINES = {"+": "rgba(46,160,67,.18)", "-": "rgba(248,81,73,.18)"}
_KINDS: dict[str, html.Tone] = {"added": "good", "removed": "bad", "changed": "warn"}


def params(result: results.NotebookParamsResult, args: Namespace) -> Part:
    """A row for each name."""
    if result.cell is None:
        return html.note(html.join([html.code(result.notebook), " has no cell tagged ", html.code("parameters"), "."]))
    rows = [
        [
            html.code(item.name),
            item.type or "",
            html.code(item.text),
            html.lines(_explained(item.comment, item.choices)),
        ]
        for item in result.parameters
    ]
    return html.table(["Name", "Type", "Default", "Comment"], rows)


def _explained(comment: str, choices: Sequence[Any]) -> list[Part]:
    return [part for part in (comment, ", ".join(map(str, choices))) if part]


def cleaned(result: results.NotebookCleanResult | results.NotebookFilterResult, args: Namespace) -> Part:
    """A row for each notebook, or what git does from now on."""
    if isinstance(result, results.NotebookFilterResult):
        said = "Git takes notebooks cleaned from now on." if result.installed else "Git takes notebooks as they are."
        return html.join([html.note(said, "good"), *(html.note(html.code(path)) for path in result.files)])
    word = "not clean" if result.checked else "cleaned"
    rows = [[html.code(path), html.badge(word, "warn")] for path in result.cleaned]
    rows += [
        [html.code(path), html.badge("clean" if result.checked else "clean already", "dim")]
        for path in result.unchanged
    ]
    said = [html.note(f"Recorded the clean notebook for stage '{name}'.", "good") for name in result.recorded]
    return html.join([html.table(["Notebook", ""], rows), *said])


def diff(result: results.NotebookDiffResult, args: Namespace) -> Part:
    """Each cell that differs, its lines in colours."""
    head = html.note(html.join([html.code(result.notebook), f": {result.a_rev} → {result.b_rev}"]))
    if not (result.cells or result.metadata):
        return html.join([head, html.note("No cell differs.", "good")])
    parts: list[Part] = [head, *(_cell(change) for change in result.cells)]
    if result.metadata:
        parts.append(_values(result.metadata))
    return html.join(parts)


def _cell(change: CellChange) -> Html:
    title = html.join([html.badge(change.kind, _KINDS[change.kind]), " ", text.title(change)])
    lines = [
        Html(f'<span style="display:block;background:{_LINES.get(line[:1], "none")}">{html.text(line)}</span>')
        for line in text.lines_of(change)
    ]
    source = Html(f'<div style="{_SOURCE}">{html.join(lines)}</div>') if lines else ""
    return html.join([title, source, _values(change.metadata) if change.metadata else ""])


def _values(changes: Sequence[ValueChange]) -> Html:
    rows = [[html.code(change.key), _value(change.old), _value(change.new)] for change in changes]
    return html.table(["Metadata", "Old", "New"], rows)


def _value(value: Any) -> Part:
    return "" if value is None else html.code(json.dumps(value, ensure_ascii=False))


def exported(result: results.NotebookExportResult, args: Namespace) -> Part:
    """Where the page is."""
    return html.note(html.join(["Wrote ", html.code(result.output), "."]), "good")
