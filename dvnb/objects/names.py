"""Names of temporary files."""

from __future__ import annotations

import itertools
import os

SUFFIX = ".tmp"

_numbers = itertools.count()
_token: dict[int, str] = {}


def temporary_name() -> str:
    """A name no other file has, as dvc forms them: `.<22 characters>.tmp` (SPEC 2.10)."""
    pid = os.getpid()
    token = _token.get(pid)
    if token is None:
        token = _token[pid] = os.urandom(6).hex()
    return f".{token}{next(_numbers):010x}{SUFFIX}"
