"""The file of a journal: lines that are appended whole or not at all, and read as far as they are whole."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, cast

from dvnb.objects.files import read_if_there

JOURNAL = "journal.jsonl"

Record = dict[str, Any]
"""One line of a journal: "do" names the kind of change, the other keys are what `Journal.note` was given."""


def open_journal(home: str) -> int:
    """The journal in an operation's folder, to be appended to: behind a line that somebody left unfinished, if so."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(os.path.join(home, JOURNAL), flags, 0o666)
    size = os.fstat(descriptor).st_size
    if size and os.lseek(descriptor, size - 1, os.SEEK_SET) and os.read(descriptor, 1) != b"\n":
        os.write(descriptor, b"\n")
    return descriptor


def append(descriptor: int, record: Mapping[str, Any]) -> None:
    """Write one line; where there is no room for the whole of it, nothing. Raises: OSError."""
    data = memoryview(json.dumps(record, separators=(",", ":")).encode() + b"\n")
    before = os.fstat(descriptor).st_size
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError:
        os.ftruncate(descriptor, before)
        raise


def read_records(home: str) -> list[Record]:
    """The lines of the journal in an operation's folder; what a crash left of a last one was never acted upon."""
    data = read_if_there(os.path.join(home, JOURNAL)) or b""
    records: list[Record] = []
    for line in data.split(b"\n"):
        try:
            record: Any = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and "do" in record:
            records.append(cast("Record", record))
    return records
