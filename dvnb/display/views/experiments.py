"""Experiments for a notebook: a table of all, each below what it derives from."""

from __future__ import annotations

from argparse import Namespace

from dvnb.commands.text import experiments as text
from dvnb.display import html
from dvnb.display.html import Part
from dvnb.repo.experiments.table import BASELINE, Row
from dvnb.repo.results import ExperimentListResult, ExperimentSaveResult, ExperimentShowResult

_FIRST = "Experiment"
_SHORT = 7


def shown(result: ExperimentShowResult, args: Namespace) -> Part:
    """A row for the workspace, each baseline and each experiment."""
    if not result.states:
        return html.note("There are no commits yet, so there are no experiments.")
    table = text.tabulated(result, args)
    rows = [[_cell(table.deps, header, row) for header in table.headers] for row in table.rows]
    numbers = [at for at, header in enumerate(table.headers) if header in table.metrics]
    return html.table(table.headers, rows, numbers=numbers)


def _cell(deps: list[str], header: str, row: Row) -> Part:
    value = row[header] or ""
    if header == _FIRST:
        return html.strong(value) if row["typ"] == BASELINE else value
    return html.code(value[:_SHORT]) if header in deps else value


def listed(result: ExperimentListResult, args: Namespace) -> Part:
    """A row for each experiment, with the commit that it derives from."""
    if not result.experiments:
        return html.note("There are no experiments.")
    rows: list[list[Part]] = [
        [html.code(result.names.get(baseline) or baseline[:_SHORT]), name, html.code(commit[:_SHORT] if commit else "")]
        for baseline, experiments in result.experiments.items()
        for name, commit in experiments.items()
    ]
    return html.table(["Baseline", "Experiment", "Commit"], rows)


def saved(result: ExperimentSaveResult, args: Namespace) -> Part:
    """The experiment's name, what it replaced, and what it lacks."""
    parts = [html.note(html.join(["Saved as ", html.code(result.name), f" ({result.rev[:_SHORT]})."]), "good")]
    if result.replaced:
        parts.append(html.note(html.join(["It was ", html.code(result.replaced), " before."])))
    if result.left_out:
        names = html.join(map(html.code, result.left_out), ", ")
        parts.append(html.note(html.join(["Left out, because git does not know them: ", names]), "warn"))
    return html.join(parts)
