"""The words of notebook lint, trace and promote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dvnb.commands.text import words

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.notebooks.review.findings import Finding
    from dvnb.repo.results import Difference, NotebookLintResult, NotebookPromoteResult, NotebookTraceResult

_MOST_LINES = 12


def linted(result: NotebookLintResult, args: Namespace, style: Style) -> str:
    """A line for each finding, and how to mend it below."""
    number = len(result.notebooks)
    read = f"{number} notebook{'' if number == 1 else 's'}"
    if not result.findings:
        return f"Nothing found in {read}."
    lines = [f"{place(one)}: {style.paint(one.code, 'yellow')} {one.message}\n    {one.fix}" for one in result.findings]
    found = len(result.findings)
    return "\n".join([*lines, f"{found} finding{'' if found == 1 else 's'} in {read}."])


def place(finding: Finding) -> str:
    """Where a finding is: `train.ipynb, cell 3 (a1b2), line 2`."""
    parts = [finding.notebook]
    if finding.cell is not None:
        parts.append(f"cell {finding.cell}" + (f" ({finding.id})" if finding.id else ""))
    if finding.line is not None:
        parts.append(f"line {finding.line}")
    return ", ".join(parts)


def traced(result: NotebookTraceResult, args: Namespace, style: Style) -> str:
    """What was read and written, and the command that says so."""
    lines = [f"Ran '{result.notebook}' in {words.duration(result.seconds)}, watched by {watcher(result)}."]
    lines += _listed("Read:", result.reads) + _listed("Written:", result.writes)
    lines += _listed("Read and changed:", result.updates)
    if result.placed:
        lines.append(f"\nPut into the workspace: {words.listing([repr(path) for path in result.placed[:_MOST_LINES]])}")
        rest = len(result.placed) - _MOST_LINES
        lines[-1] += f" and {rest} more" if rest > 0 else ""
    if result.kept:
        lines.append(f"What was there is in the trash; `{style.command('undo')}` brings it back.")
    lines += ["", *(f"Note: {note}" for note in result.notes)] if result.notes else []
    return "\n".join([*lines, "", *_suggestion(result, style)])


def watcher(result: NotebookTraceResult) -> str:
    """Who watched."""
    return "strace" if result.watcher == "strace" else "Python's audit events"


def _suggestion(result: NotebookTraceResult, style: Style) -> list[str]:
    lines: list[str] = []
    if result.stage is not None:
        if result.missing:
            lines.append(f"Stage '{result.stage}' does not declare {words.listing([repr(m) for m in result.missing])}.")
        else:
            lines.append(f"Stage '{result.stage}' declares all that this run read and wrote.")
        if result.unused:
            lines.append(f"Declared, but not touched: {words.listing([repr(path) for path in result.unused])}.")
    if result.command:
        lines += ["This declares it:", "", f"    {style.command(*result.command)}"]
    return lines


def promoted(result: NotebookPromoteResult, args: Namespace, style: Style) -> str:
    """What differs, and what came of it."""
    lines = [f"Ran '{result.notebook}' clean in {words.duration(result.seconds)}."]
    lines += [f"Note: {note}" for note in result.notes]
    if result.same:
        outs = [repr(one) for one in result.same if not one.startswith("cell ")]
        cells = len(result.same) - len(outs)
        told = [*outs, *([f"the text of {cells} cell{'' if cells == 1 else 's'}"] if cells else [])]
        lines.append(f"The same as before: {words.listing(told)}.")
    if result.only_new:
        lines.append(f"Not on the disk before: {words.listing([repr(one) for one in result.only_new])}.")
    for one in result.differences:
        lines += difference(one)
    if not result.recorded:
        again = style.command("notebook", "promote", result.notebook, "--yes")
        lines += [
            f"Nothing was recorded. The new results are in '{result.results}'.",
            f"To record them all the same, use `{again}`; where only digits differ, `--tolerance` may do.",
        ]
        return "\n".join(lines)
    lines.append(f"Recorded stage '{result.stage}' in '{result.file}' with the results of the clean run.")
    hint = words.git_hint(result.to_stage, style, staged=result.staged)
    return "\n".join([*lines, *([hint] if hint else [])])


def difference(one: Difference) -> list[str]:
    """One difference: a line, and the lines of a text below it."""
    head = f"Differs: {one.where}"
    if one.kind == "metric":
        head += f": {_value(one.old)} -> {_value(one.new)}"
    elif one.note:
        head += f" ({one.note})"
    shown = [f"    {line}" for line in one.lines[:_MOST_LINES]]
    rest = len(one.lines) - _MOST_LINES
    return [head, *shown, *([f"    … {rest} more lines"] if rest > 0 else [])]


def _value(value: Any) -> str:
    return "nothing" if value is None else str(value)


def _listed(head: str, paths: list[str]) -> list[str]:
    rest = len(paths) - _MOST_LINES
    more = [f"    … {rest} more"] if rest > 0 else []
    return ["", head, *(f"    {path}" for path in paths[:_MOST_LINES]), *more] if paths else []
