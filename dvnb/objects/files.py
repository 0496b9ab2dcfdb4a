"""Writing small files whole or not at all."""

from __future__ import annotations

import os


def write_atomic(path: str, data: bytes) -> None:
    """Replace a file's content by a temporary file beside it and a rename; mode bits stay, links are followed."""
    target = os.path.realpath(path) if os.path.islink(path) else path
    temporary = os.path.join(os.path.dirname(target), f".{os.path.basename(target)}.{os.getpid()}.tmp")
    try:
        mode = os.stat(target).st_mode & 0o7777
    except FileNotFoundError:
        mode = None
    try:
        with open(temporary, "wb") as file:
            file.write(data)
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
