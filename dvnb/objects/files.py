"""Single files: small ones written whole or not at all and read where they are there; who may run one."""

from __future__ import annotations

import os
import stat

from dvnb.objects.staging import put


def write_atomic(path: str, data: bytes) -> None:
    """Replace a file's content by a temporary file and a rename; mode bits stay, links are followed."""
    target = os.path.realpath(path) if os.path.islink(path) else path
    try:
        mode = os.stat(target).st_mode & 0o7777
    except FileNotFoundError:
        mode = None

    def make(temporary: str) -> None:
        with open(temporary, "xb") as file:
            file.write(data)
        if mode is not None:
            os.chmod(temporary, mode)

    put(target, make)


def read_if_there(path: str) -> bytes | None:
    """The bytes of a file, None if there is none."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def make_executable(path: str) -> None:
    """Let its owner run a file (SPEC 2.5)."""
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if not mode & stat.S_IXUSR:
        os.chmod(path, mode | stat.S_IXUSR)
