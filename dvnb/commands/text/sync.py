"""The words of push, fetch, pull."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands.text import words

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import PullResult, TransferSummary

EVERYTHING_THERE = "Everything is up to date."


def pushed(result: TransferSummary, args: Namespace, style: Style) -> str:
    """How many files went up."""
    return words.counts([(result.transferred, "pushed")]) or EVERYTHING_THERE


def fetched(result: TransferSummary, args: Namespace, style: Style) -> str:
    """How many files came down."""
    return words.counts([(result.transferred, "fetched")]) or EVERYTHING_THERE


def pulled(result: PullResult, args: Namespace, style: Style) -> str:
    """A line for each changed path, and the numbers."""
    numbers = [(result.fetch.transferred, "fetched"), *words.file_counts(result.checkout)]
    return "\n".join([*words.changes(result.checkout, style), words.counts(numbers) or EVERYTHING_THERE])
