"""Names of temporary files."""

from __future__ import annotations

import itertools
import os
from base64 import urlsafe_b64encode

SUFFIX = ".tmp"

_numbers = itertools.count()
_token: dict[int, str] = {}


def temporary_name() -> str:
    """A name no other file has, as dvc forms them: `.<22 characters>.tmp` (SPEC 2.10)."""
    pid = os.getpid()
    token = _token.get(pid)
    if token is None:
        token = _token[pid] = urlsafe_b64encode(os.urandom(9)).decode()
    return f".{token}{next(_numbers):010x}{SUFFIX}"
