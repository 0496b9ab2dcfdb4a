"""The words of notebook params, clean, diff, export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from dvnb.commands.text import words
from dvnb.repo.results import NotebookCleanResult

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.notebooks.found import CellChange, ValueChange
    from dvnb.repo.results import NotebookDiffResult, NotebookExportResult, NotebookFilterResult, NotebookParamsResult


def params(result: NotebookParamsResult, args: Namespace, style: Style) -> str:
    """A line for each name: type, default, comment."""
    if result.cell is None:
        return f"'{result.notebook}' has no cell tagged 'parameters'."
    if not result.parameters:
        return f"The cell tagged 'parameters' of '{result.notebook}' assigns nothing that can be read."
    from dvnb.reports.render.table import table  # tables are for few verbs

    rows = [[item.name, item.type or "-", item.text or "-", item.comment] for item in result.parameters]
    return table(["Name", "Type", "Default", "Comment"], rows)


def cleaned(result: NotebookCleanResult | NotebookFilterResult, args: Namespace, style: Style) -> str:
    """A line for each notebook, or what git does from now on."""
    if not isinstance(result, NotebookCleanResult):
        return _filter(result)
    if args.filter is not None:
        return ""
    if result.checked:
        return "\n".join([f"Not clean: '{path}'" for path in result.cleaned] or ["All notebooks are clean."])
    lines: list[str] = []
    for path in result.cleaned:
        kept = result.kept.get(path)
        lines.append(f"Cleaned '{path}'" + (f" (as it was: '{kept}')" if kept else ""))
    lines += [f"Recorded the clean notebook for stage '{name}'" for name in result.recorded]
    hint = words.git_hint(result.to_stage, style, staged=result.staged)
    return "\n".join([*(lines or ["All notebooks are clean already."]), *([hint] if hint else [])])


def _filter(result: NotebookFilterResult) -> str:
    files = ", ".join(f"'{path}'" for path in result.files)
    changed = f" ({files} changed)" if files else ""
    if not result.installed:
        return f"Git takes notebooks as they are{changed}."
    return (
        f"Git takes notebooks cleaned from now on{changed}; other clones need this command too.\n"
        "Notebooks that it has already are cleaned by: git add --renormalize ."
    )


def diff(result: NotebookDiffResult, args: Namespace, style: Style) -> str:
    """Each cell that differs, line by line."""
    if not (result.cells or result.metadata):
        return f"'{result.notebook}' has the same cells in '{result.a_rev}' and '{result.b_rev}'."
    lines = [f"{result.notebook}: {result.a_rev} -> {result.b_rev}"]
    for change in result.cells:
        lines += ["", style.paint(title(change), "cyan"), *_body(change, style)]
    if result.metadata:
        lines += ["", style.paint("metadata of the notebook", "cyan"), *_values(result.metadata)]
    return "\n".join(lines)


def title(change: CellChange) -> str:
    """Which cell, and what happened to it."""
    number = change.new if change.new is not None else change.old
    moved = f" (was cell {change.old})" if change.old not in (None, number) else ""
    return f"cell {number} ({change.type}) {change.kind}{moved}"


def lines_of(change: CellChange) -> Iterator[str]:
    """The lines of a cell as a unified diff has them: a sign, then the line."""
    import difflib  # for this verb only

    old, new = ((source or "").splitlines() for source in (change.old_source, change.new_source))
    for number, line in enumerate(difflib.unified_diff(old, new, n=3, lineterm="")):
        if number > 1 and not line.startswith("@@"):  # below the two lines with names of files
            yield line


def _body(change: CellChange, style: Style) -> list[str]:
    colours = {"+": "green", "-": "red"}
    shown = [style.paint(line, colours[line[0]]) if line[:1] in colours else line for line in lines_of(change)]
    return [f"  {line}" for line in shown] + _values(change.metadata)


def _values(changes: list[ValueChange]) -> list[str]:
    return [f"  {change.key}: {_value(change.old)} -> {_value(change.new)}" for change in changes]


def _value(value: Any) -> str:
    return "-" if value is None else json.dumps(value, ensure_ascii=False)


def exported(result: NotebookExportResult, args: Namespace, style: Style) -> str:
    """The page."""
    kept = f" (as it was: '{result.kept}')" if result.kept else ""
    return f"Wrote '{result.output}'{kept}"
