"""How lint, trace and promote look in a notebook."""

from __future__ import annotations

from argparse import Namespace

from dvnb.commands.style import Style
from dvnb.commands.text import notebook_review as words
from dvnb.display import html, telling
from dvnb.display.html import Part
from dvnb.repo import results

_STYLE = Style("%dvc")


def linted(result: results.NotebookLintResult, args: Namespace) -> Part:
    """A row for each finding."""
    if not result.findings:
        return html.note(f"Nothing found in {len(result.notebooks)} notebook(s).", "good")
    rows: list[list[Part]] = [
        [
            html.code(one.notebook),
            "" if one.cell is None else str(one.cell),
            "" if one.line is None else str(one.line),
            html.badge(one.code, "warn"),
            one.message,
            one.fix,
        ]
        for one in result.findings
    ]
    return html.table(["Notebook", "Cell", "Line", "Rule", "Finding", "What to do"], rows, numbers=(1, 2))


def traced(result: results.NotebookTraceResult, args: Namespace) -> Part:
    """Files that were read and written, and the command that declares them."""
    rows: list[list[Part]] = [["read", html.code(path)] for path in result.deps]
    rows += [["written", html.code(path)] for _, path in result.outs]
    rows += [["read and changed", html.code(path)] for path in result.updates]
    parts: list[Part] = [html.note(f"Ran in {result.seconds:.1f} s, watched by {words.watcher(result)}.")]
    parts += [html.table(["", "Path"], rows)] if rows else []
    parts += [html.note(note, "warn") for note in result.notes]
    if result.command:
        parts.append(html.note(html.join(["This declares it: ", html.code(_STYLE.command(*result.command))])))
    elif result.stage is not None:
        parts.append(html.note(f"Stage '{result.stage}' declares all that this run read and wrote.", "good"))
    return html.join(parts)


def promoted(result: results.NotebookPromoteResult, args: Namespace) -> Part:
    """A row for each difference, and what came of it."""
    rows: list[list[Part]] = [
        [one.kind, html.code(one.where), _short(one.old), _short(one.new), one.note or "\n".join(one.lines[:3])]
        for one in result.differences
    ]
    table = html.table(["", "What differs", "Before", "Clean run", ""], rows) if rows else ""
    if not result.recorded:
        end = html.note(
            html.join(["Nothing was recorded; the new results are in ", html.code(result.results or "")]), "bad"
        )
        return html.join([table, end])
    line = html.note(
        html.join(["Recorded stage ", html.code(result.stage), f" ({len(result.same)} results are the same)."]), "good"
    )
    return html.join([table, line, telling.git_hint(result.to_stage, staged=result.staged)])


def _short(value: object) -> str:
    return "" if value is None else str(value)
