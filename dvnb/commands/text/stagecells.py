"""The words of `%stages`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results.stagecells import CellStageRow, CellStagesResult

HEADERS = ["Stage", "State", "Why", "Notebook"]
NOTHING = "There are no stages yet: begin a cell with `%%stage NAME -o OUTPUT`."
LOST = "its cell is gone: `%stages --remove {}`"


def cells(row: CellStageRow) -> list[str]:
    """A stage as a row of texts."""
    why = [LOST.format(row.stage.rpartition(":")[2])] if row.gone else []
    return [row.stage, row.state, "; ".join([*why, *row.why]), "this one" if row.own else row.notebook]


def stages(result: CellStagesResult, args: Namespace, style: Style) -> str:
    """A table, the notebook's own stages first."""
    if not result.stages:
        return NOTHING
    from dvnb.reports.render.table import table  # drawn when it is shown

    return table(HEADERS, [cells(row) for row in result.stages])
