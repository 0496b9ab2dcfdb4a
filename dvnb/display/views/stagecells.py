"""How `%stages` looks where no widget is shown."""

from __future__ import annotations

from argparse import Namespace

from dvnb.commands.text.stagecells import HEADERS, NOTHING, cells
from dvnb.display import html
from dvnb.display.html import Part, Tone
from dvnb.repo.results.stagecells import CellStageRow, CellStagesResult

TONES: dict[str, Tone] = {"fresh": "good", "stale": "warn", "never run": "warn", "frozen": "info"}


def stages(result: CellStagesResult, args: Namespace) -> Part:
    """The notebook's own stages, and below them the others."""
    if not result.stages:
        return html.note(NOTHING)
    own = [row for row in result.stages if row.own]
    others = [row for row in result.stages if not row.own]
    if not own or not others:
        return _table(result.stages)
    return html.join(
        [html.note("Stages of this notebook"), _table(own), html.note("Others of the project"), _table(others)]
    )


def _table(rows: list[CellStageRow]) -> Part:
    lines: list[list[Part]] = []
    for row in rows:
        stage, state, why, notebook = cells(row)
        lines.append([html.code(stage), html.badge(state, TONES[row.state]), why, notebook])
    return html.table(HEADERS, lines)
