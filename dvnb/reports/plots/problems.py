"""What is wrong with a plot of one rev: part of the result, so that one broken file does not hide the others."""

from __future__ import annotations

import os
from typing import Any

from dvnb.errors import DvnbError, FormatError
from dvnb.reports import metafile_errors

Encoded = dict[str, Any]
"""`{"type", "msg"}`: the name of dvc's exception, and its text."""

_KINDS = {".json": "JSON", ".toml": "TOML", ".py": "Python"}


class PlotError(DvnbError):
    """A plot cannot be drawn at all: no such template, or one that does not fit."""


class PlotDataError(DvnbError):
    """A plot's data does not fit; `kind` is the name of dvc's exception."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def encoded(error: Exception, path: str = "") -> Encoded:
    """The error as dvc's JSON has it; `path` is the file that could not be read."""
    if isinstance(error, PlotDataError):
        return {"type": error.kind, "msg": str(error)}
    if isinstance(error, FileNotFoundError):
        said = error.strerror or "No such file or directory"
        return {"type": "FileNotFoundError", "msg": f"[Errno 2] {said}: '{error.filename or path}'"}
    if not isinstance(error, FormatError):
        return {"type": type(error).__name__, "msg": str(error)}
    if path and not error.kind and error.message.startswith("unable to read"):
        if isinstance(error.__cause__, UnicodeDecodeError):
            return {"type": "EncodingError", "msg": f"unable to read: '{path}', is not valid utf8"}
        kind = _KINDS.get(os.path.splitext(path)[1].lower(), "YAML")
        message = f"unable to read: '{path}', {kind} file structure is corrupted"
        return {"type": f"{kind}FileCorruptedError", "msg": message}
    return metafile_errors.encoded(error)
