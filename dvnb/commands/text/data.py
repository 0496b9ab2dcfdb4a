"""The words of add, commit, checkout, check-ignore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands.text import words

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import AddResult, CheckoutResult, CommitResult, IgnoreMatch, IgnoreResult


def added(result: AddResult, args: Namespace, style: Style) -> str:
    """What git should be told."""
    return words.git_hint(result.to_stage, style, staged=result.staged)


def committed(result: CommitResult, args: Namespace, style: Style) -> str:
    """Nothing, as dvc says nothing."""
    return ""


def checked_out(result: CheckoutResult, args: Namespace, style: Style) -> str:
    """A line for each changed path, or with `--summary` the numbers."""
    summary = [words.counts(words.file_counts(result)) or "No changes."]
    lines = summary if args.summary else words.changes(result, style)
    if result.relinked:
        lines.append("Relinked successfully")
    return "\n".join(lines)


def ignored(result: IgnoreResult, args: Namespace, style: Style) -> str:
    """Paths that are excluded, with `-d` the patterns that decide."""
    lines = (_match(match, args) for match in result.matches)
    return "\n".join(line for line in lines if line is not None)


def _match(match: IgnoreMatch, args: Namespace) -> str | None:
    if not args.details:
        return match.path if match.ignored else None
    if match.pattern is not None:
        line = "" if match.line is None or not match.file else f"{match.line}:"
        return f"{match.file or ''}:{line}{match.pattern}\t{match.path}"
    return f"::\t{match.path}" if args.non_matching else None
