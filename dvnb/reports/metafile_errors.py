"""Errors of dvc.yaml and dvc.lock as part of a result.

Source: dvc's utils/strictyaml.py: the short texts, which hold neither the place nor the lines around it.
"""

from __future__ import annotations

from dvnb.errors import FormatError
from dvnb.formats.strict import SHAPE, SYNTAX


def encoded(error: FormatError) -> dict[str, str]:
    """`{"type", "msg"}`: the name of dvc's exception, and its text."""
    message = str(error)
    if error.kind == SHAPE:
        message = message.split("\n", 1)[0].removesuffix(".")
    elif error.kind == SYNTAX:
        message = f"unable to read: '{error.path}', YAML file structure is corrupted"
    return {"type": error.kind or type(error).__name__, "msg": message}
