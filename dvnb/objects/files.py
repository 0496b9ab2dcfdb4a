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


def make_executable(path: str) -> bool:
    """Let its owner run a file (SPEC 2.5); whether that was needed."""
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if mode & stat.S_IXUSR:
        return False
    os.chmod(path, mode | stat.S_IXUSR)
    return True


def settle_mode(path: str, *, executable: bool) -> bool:
    """Give a file the mode that a checkout gives it, as dvc's add and commit do by making it anew; whether it changed.

    A file of another user keeps the mode that it has.
    """
    wanted = 0o666 & ~_umask() | (stat.S_IXUSR if executable else 0)
    if stat.S_IMODE(os.stat(path).st_mode) == wanted:
        return False
    try:
        os.chmod(path, wanted)
    except PermissionError:
        return False
    return True


def _umask() -> int:
    try:
        with open("/proc/self/status", "rb") as file:
            for line in file:
                if line.startswith(b"Umask:"):
                    return int(line[6:], 8)
    except OSError:
        pass
    mask = os.umask(0o077)  # elsewhere it can only be asked for by setting it
    os.umask(mask)
    return mask
