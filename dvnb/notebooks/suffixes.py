"""By which names files are notebooks."""

from __future__ import annotations

import os

SUFFIX = ".ipynb"
TEXT_SUFFIXES = (".py", ".md", ".Rmd", ".qmd", ".R", ".r", ".jl", ".sh")
"""Of files that jupytext may keep a notebook in."""


def is_text(path: str) -> bool:
    """Whether a file's name is that of a text notebook rather than of an .ipynb file."""
    return path.endswith(TEXT_SUFFIXES)


def without_suffix(path: str) -> str:
    """A notebook's path without what makes it one."""
    return os.path.splitext(path)[0] if path.endswith((SUFFIX, *TEXT_SUFFIXES)) else path


def may_be_paired(path: str) -> bool:
    """Whether files lie beside each other that could be one notebook for jupytext."""
    base, suffix = os.path.splitext(path)
    if suffix == SUFFIX:
        return any(os.path.isfile(base + text) for text in TEXT_SUFFIXES)
    return suffix in TEXT_SUFFIXES and os.path.isfile(base + SUFFIX)
