"""The words of remove, move, unprotect, destroy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands.text import words

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import DestroyResult, MoveResult, RemoveResult, UnprotectResult


def removed(result: RemoveResult, args: Namespace, style: Style) -> str:
    """Nothing, as dvc says nothing."""
    return ""


def moved(result: MoveResult, args: Namespace, style: Style) -> str:
    """What git should be told."""
    return words.git_hint(result.to_stage, style, staged=result.staged)


def unprotected(result: UnprotectResult, args: Namespace, style: Style) -> str:
    """Nothing, as dvc says nothing."""
    return ""


def destroyed(result: DestroyResult, args: Namespace, style: Style) -> str:
    """Where all of it is now."""
    return f"Everything that was removed lies in '{result.trash}'."
