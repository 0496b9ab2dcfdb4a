"""The words of undo and trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands.text.listing import natural_size
from dvnb.reports.render.table import table

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results.undo import OperationsResult, TrashEmptyResult, UndoResult

QUESTION = "What is in the trash is removed for good. Are you sure you want to proceed?"
HEADERS = ("Id", "Time", "Size", "State", "Command")
NOTHING = "No operation is kept."


def undo(result: UndoResult | OperationsResult, args: Namespace, style: Style) -> str:
    """What is as before, what is not, and what cannot be."""
    if args.list:
        return operations(result, args, style)  # pyright: ignore[reportArgumentType]
    return _undone(result)  # pyright: ignore[reportArgumentType]


def _undone(result: UndoResult) -> str:
    lines = [f"Undone: {result.command or result.operation}"]
    lines += [f"U       {path}" for path in result.restored]
    lines += [f"Left    {path} ({reason})" for path, reason in result.left.items()]
    if result.caution:
        lines.append(result.caution)
    return "\n".join(lines)


def operations(result: OperationsResult, args: Namespace, style: Style) -> str:
    """A row for each."""
    if not result.rows:
        return NOTHING
    cells = [
        [row.id, row.time.replace("T", " ")[:19], natural_size(row.size), row.state, row.command] for row in result.rows
    ]
    return table(HEADERS, cells)


def emptied(result: TrashEmptyResult, args: Namespace, style: Style) -> str:
    """How much is gone."""
    return f"Removed {len(result.operations)} operations, {result.freed} bytes."
