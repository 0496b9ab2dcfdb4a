"""Files of the workspace that a running program may be writing: metrics and the data of plots, such as DVCLive's.

A file that ends in the middle and was changed just now is read again until it is whole, or stays as it is.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable

from dvnb.events import Listener, Warned

_JUST_NOW = 2.0  # seconds
_PATIENCE = 0.4
_STILL = 0.1  # after which a file that did not change is taken for finished
_PAUSE = 0.01


def read_settled(path: str, shown: str, emit: Listener) -> bytes:
    """The bytes of a file: of JSON whole, of csv and tsv whole lines, if waiting a moment can help.

    What ends in the middle nevertheless is told. Raises: FileNotFoundError, IsADirectoryError.
    """
    data = _bytes(path)
    is_whole = _CHECKS.get(os.path.splitext(path)[1].lower())
    if is_whole is None or is_whole(data):
        return data
    if abs(time.time() - os.stat(path).st_mtime) < _JUST_NOW:
        data = _waited_for(path, data, is_whole)
    if _breaks_off(path, data):
        emit(Warned(f"'{shown}' ends in the middle: a program may be writing it, or was stopped while it did"))
    return data


def _waited_for(path: str, data: bytes, is_whole: Callable[[bytes], bool]) -> bytes:
    started = changed = time.monotonic()
    while time.monotonic() - started < _PATIENCE:
        time.sleep(_PAUSE)
        now = _bytes(path)
        if is_whole(now):
            return now
        if now != data:
            data, changed = now, time.monotonic()
        elif time.monotonic() - changed > _STILL:
            return data
    # It is written all the time: of lines those that are finished are known.
    return data[: data.rindex(b"\n") + 1] if is_whole is _ends_its_line and b"\n" in data else data


def _bytes(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except NotADirectoryError as exc:
        raise FileNotFoundError(*exc.args) from exc


def _ends_its_line(data: bytes) -> bool:
    return data.endswith((b"\n", b"\r"))


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except ValueError:
        return False
    return True


def _breaks_off(path: str, data: bytes) -> bool:
    """Whether more must follow, rather than something in it being wrong."""
    if not path.lower().endswith(".json"):
        return _last_row_is_short(path, data)
    try:
        json.loads(data)
    except json.JSONDecodeError as error:
        return error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string")
    except ValueError:  # no text at all
        return False
    return False


def _last_row_is_short(path: str, data: bytes) -> bool:
    lines = data.splitlines()
    comma = b"\t" if path.lower().endswith(".tsv") else b","
    return len(lines) > 1 and not _ends_its_line(data) and lines[-1].count(comma) < lines[0].count(comma)


_CHECKS: dict[str, Callable[[bytes], bool]] = {".json": _is_json, ".csv": _ends_its_line, ".tsv": _ends_its_line}
