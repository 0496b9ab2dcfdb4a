"""Phrases that several verbs share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dvnb.commands.style import Style
    from dvnb.repo.results import CheckoutResult

UP_TO_DATE = "Data and pipelines are up to date."
NOTHING_TRACKED = "There are no data or pipelines tracked in this project yet."


def listing(words: list[str]) -> str:
    """Words as people list them: "a", "a and b", "a, b and c"."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def counts(numbers: Iterable[tuple[int, str]]) -> str:
    """What was done to how many files: "1 file modified and 2 files added"; what is zero is left out."""
    return listing([f"{number} file{'s' if number > 1 else ''} {done}" for number, done in numbers if number])


def duration(seconds: float) -> str:
    """How long something takes: "0.8 s", "42 s", "3 min 20 s", "2 h 5 min"."""
    if seconds < 10:  # noqa: PLR2004 - from there on tenths say nothing
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004


def git_hint(to_stage: list[str], style: Style, *, staged: bool) -> str:
    """How to tell git of changed metafiles, unless it was told."""
    if not to_stage or staged:
        return ""
    import shlex  # only advice needs it

    return (
        "\nTo track the changes with git, run:\n\n"
        f"\tgit add {' '.join(map(shlex.quote, to_stage))}\n"
        f"\nTo enable auto staging, run:\n\n\t{style.command('config', 'core.autostage', 'true')}"
    )


def changes(result: CheckoutResult, style: Style) -> list[str]:
    """One line for each path a checkout changed."""
    return [
        f"{style.paint(letter, colour)}       {path}"
        for letter, colour, paths in (
            ("M", "yellow", result.modified),
            ("A", "green", result.added),
            ("D", "red", result.deleted),
        )
        for path in paths
    ]


def file_counts(result: CheckoutResult) -> list[tuple[int, str]]:
    """The numbers of `--summary`, for `counts`."""
    return [(result.files_modified, "modified"), (result.files_added, "added"), (result.files_deleted, "deleted")]
