"""What several views tell: states in colour, reasons of a change, what git should know."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from dvnb.commands.text import words
from dvnb.magics import html
from dvnb.magics.html import Html, Part, Tone

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


def reasons(reasons: list[Any]) -> Iterator[tuple[str, str, str]]:
    """(kind, path or key, state) of the reasons that `status` gives for a stage."""
    for reason in reasons:
        if isinstance(reason, str):
            kind = reason.removeprefix("changed ")
            yield (kind if kind != reason else "stage"), "", ("modified" if kind != reason else reason)
            continue
        for kind, paths in reason.items():
            for path, state in paths.items():
                if isinstance(state, str):
                    yield kind.removeprefix("changed "), path, state
                else:
                    for key, key_state in state.items():
                        yield "params", f"{path}:{key}", key_state


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
