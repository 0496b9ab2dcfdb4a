"""The entries that tracking data adds to `.gitignore` files and takes away again, as dvc does both.

Texts are whole files, in whichever line ends they have.
Source: scmrepo's git/__init__.py (`ignore`, `ignore_remove`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

# Not str.splitlines: a name may hold one of the rarer line ends.
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


def gitignore_entry(name: str) -> str:
    """The pattern for one file or folder beside the .gitignore: anchored, wildcards escaped."""
    return "/" + re.sub(r"([\\\[\]!*#?])", r"\\\1", name)


def add_entry(text: str, name: str, precedes: Callable[[str], bool] | None = None) -> str:
    """`text` with the pattern for `name` as its last line, where it wins over any that brings the name back.

    `precedes`: it comes before those of the last lines for which this is true.
    """
    if text and not text.endswith("\n"):
        text += "\n"
    end = len(text)
    while end and precedes:
        begin = text.rfind("\n", 0, end - 1) + 1
        if not precedes(text[begin : end - 1]):
            break
        end = begin
    return f"{text[:end]}{gitignore_entry(name)}\n{text[end:]}"


def remove_entry(text: str, name: str) -> str | None:
    """`text` without the lines that ignore `name`; None if no line is left and the file shall go.

    As in dvc a pattern with escaped characters stays.
    """
    kept = [line for line in _LINES.findall(text) if line.strip() != f"/{name}".strip()]
    return "".join(kept) if kept else None
