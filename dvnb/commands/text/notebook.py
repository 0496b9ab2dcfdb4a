"""The words of notebook run, stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands.text import pipeline

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import NotebookRunResult, StageAddResult


def ran(result: NotebookRunResult, args: Namespace, style: Style) -> str:
    """The executed copy, and how long it took."""
    cells = f"{result.cells} cell{'' if result.cells == 1 else 's'}"
    return f"Executed '{result.notebook}' -> '{result.output}' ({cells} in {result.seconds:.1f} s)"


def staged(result: StageAddResult, args: Namespace, style: Style) -> str:
    """What git should be told."""
    return pipeline.defined(result, args, style)
