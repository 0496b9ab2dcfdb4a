"""Hashing and copying a large file at once, reading it once."""

from __future__ import annotations

import os

from dvnb.objects.hashing import new_md5
from dvnb.objects.meter import Meter

_CHUNK = 1 << 18
_AHEAD = 4


def copy_and_hash(source: int, target: int, meter: Meter | None = None) -> str:
    """Copy an open file into another and return the MD5 of just these bytes; another thread writes meanwhile."""
    import queue
    import threading

    chunks: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
    failures: list[OSError] = []

    def write() -> None:
        while chunk := chunks.get():
            try:
                while chunk and not failures:
                    chunk = chunk[os.write(target, chunk) :]
            except OSError as exc:
                failures.append(exc)  # go on taking, or the reader would wait forever

    hasher = new_md5()
    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    try:
        while not failures and (data := os.read(source, _CHUNK)):
            chunks.put(data)
            hasher.update(data)
            if meter:
                meter.add(len(data))
    finally:
        chunks.put(None)
        writer.join()
    if failures:
        raise failures[0]
    return hasher.hexdigest()
