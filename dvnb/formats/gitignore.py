"""The entries that tracking data adds to `.gitignore` files and takes away again, as dvc does both.

Texts are whole files, in whichever line ends they have.
Source: scmrepo's git/__init__.py (`ignore`, `ignore_remove`).
"""

from __future__ import annotations

import re

# Not str.splitlines: a name may hold one of the rarer line ends.
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


def gitignore_entry(name: str) -> str:
    """The pattern for one file or folder beside the .gitignore: anchored, wildcards escaped."""
    return "/" + re.sub(r"([\\\[\]!*#?])", r"\\\1", name)


def add_entry(text: str, name: str) -> str:
    """`text` with the pattern for `name` as its last line, where it wins over any that brings the name back."""
    separator = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{separator}{gitignore_entry(name)}\n"


def remove_entry(text: str, name: str) -> str | None:
    """`text` without the lines that ignore `name`; None if no line is left and the file shall go.

    As in dvc a pattern with escaped characters stays.
    """
    kept = [line for line in _LINES.findall(text) if line.strip() != f"/{name}".strip()]
    return "".join(kept) if kept else None
