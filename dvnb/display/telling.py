"""What several views tell: states in colour, reasons of a change, what git should know."""

from __future__ import annotations

import shlex

from dvnb.commands.text import words
from dvnb.display import html
from dvnb.display.html import Html, Part, Tone

_STATES: dict[str, Tone] = {
    "new": "good",
    "added": "good",
    "modified": "warn",
    "renamed": "info",
    "deleted": "bad",
    "missing": "bad",
    "not in cache": "bad",
    "unknown": "dim",
}


def state(word: str) -> Html:
    """A state such as "modified", in its colour."""
    return html.badge(word, _STATES.get(word, "warn"))


def size(size: int | None) -> str:
    """Bytes in decimal units; "-" where they are not known."""
    if size is None:
        return "-"
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:  # noqa: PLR2004 - what the units are steps of
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def up_to_date() -> Html:
    """That nothing changed."""
    return html.note(words.UP_TO_DATE, "good")


def git_hint(to_stage: list[str], *, staged: bool) -> Part:
    """How to tell git of changed metafiles, or that it was told."""
    if not to_stage:
        return ""
    if staged:
        return html.note(html.join(["staged in git: ", html.code(" ".join(to_stage))]))
    command = f"!git add {' '.join(map(shlex.quote, to_stage))}"
    return html.note(html.join(["to track the changes with git: ", html.code(command)]))
