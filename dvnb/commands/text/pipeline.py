"""The words of stage, run, freeze, unfreeze, repro; what happens meanwhile is told by events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands.text import words

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.freezing import FreezeResult
    from dvnb.commands.style import Style
    from dvnb.repo.results import ReproResult, StageAddResult, StageListResult


def defined(result: StageAddResult, args: Namespace, style: Style) -> str:
    """What git should be told of a new stage, and of its run if it was run."""
    later = [] if result.run is None else [path for path in result.run.to_stage if path not in result.to_stage]
    return words.git_hint([*result.to_stage, *later], style, staged=result.staged)


def listed(result: StageListResult, args: Namespace, style: Style) -> str:
    """A line for each stage."""
    if args.name_only:
        return "\n".join(row.stage for row in result.stages)
    from dvnb.reports.render.table import table  # tables are drawn by few verbs

    return table([], [[row.stage, row.description] for row in result.stages])


def frozen(result: FreezeResult, args: Namespace, style: Style) -> str:
    """Nothing: the change of each file was told as it was made."""
    return ""


def reproduced(result: ReproResult, args: Namespace, style: Style) -> str:
    """What git should be told, and what comes next."""
    footer = f"Use `{style.command('push')}` to send your updates to remote storage."
    hint = words.git_hint(result.to_stage, style, staged=result.staged)
    last = footer if result.changed else words.UP_TO_DATE
    return f"{hint}\n{last}" if hint else last
