"""`%stages`: the stages of this notebook, then the others of the project."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import stagecells as text
from dvnb.display.result import displayed
from dvnb.errors import DvnbError
from dvnb.magics.dvc import failed
from dvnb.magics.errors import DvcFailed
from dvnb.magics.ownnotebook import OwnNotebook

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from dvnb.repo.results.stagecells import CellStagesResult


def show_stages(args: Namespace, shell: InteractiveShell, defined: dict[str, tuple[str, float]]) -> Any:
    """The table, as a widget where a kernel runs; with `--remove` after removing a stage.

    Raises: DvcFailed.
    """
    try:
        repo = Invocation(capture=True).repo()
        own = OwnNotebook(shell, repo.root)
        if args.remove:
            repo.remove_cell_stage(args.remove, own.shown)
            defined.pop(args.remove, None)

        def gone() -> list[str]:
            rows = repo.cell_stages(own.shown).stages
            return own.gone([row.stage for row in rows if row.own or row.stage in defined], defined)

        if hasattr(shell, "kernel"):
            from dvnb.widgets.stages import StagesWidget  # ipywidgets take a while to load

            return StagesWidget(repo, own.shown, gone)
        return displayed(repo.cell_stages(own.shown, gone()), SHOW, args)
    except (DvnbError, OSError) as error:
        raise failed(error, SHOW, args) from error
    except ImportError as error:
        raise DvcFailed(f"'{os.path.basename(error.name or '')}' is not installed") from error


def _call(call: Invocation, args: Namespace) -> CellStagesResult:
    return call.repo().cell_stages()


# Not a verb of the command line: what the magic's result is told by.
SHOW = Command(
    "stages", "Show the stages of the notebook.", examples=[Example("stages", "all")], call=_call, text=text.stages
)
