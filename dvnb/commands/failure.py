"""What an error means to whoever called a verb: the message, the exit code, the way out."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, NamedTuple

from dvnb.commands.command import MisuseError
from dvnb.errors import (
    BusyPathError,
    ConfigError,
    ConfigFileError,
    DvnbError,
    IgnoreFileError,
    LockedError,
    NotARepoError,
)

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.command import Command
    from dvnb.errors import Hint

FAILED = 255
CONFIG = 251
NOT_A_REPO = 253

_ADVICE = {
    errno.EACCES: "Check who may read and write it.",
    errno.EPERM: "Check who may read and write it.",
    errno.EROFS: "Nothing can be written there.",
    errno.ENOSPC: "Make some room first.",
    errno.EDQUOT: "Make some room first.",
}


class Failure(NamedTuple):
    """An error as told to people; `code` is the exit code, dvc's."""

    message: str
    code: int
    hint: Hint | None = None


def explain(error: Exception, command: Command, args: Namespace) -> Failure:
    """The failure that `error` makes of a call of `command`."""
    if isinstance(error, MisuseError):
        return Failure(str(error), error.code)
    if isinstance(error, NotARepoError):
        return Failure(str(error), NOT_A_REPO, error.hint)
    code = command.failure_code if isinstance(command.failure_code, int) else command.failure_code(args)
    if isinstance(error, ConfigFileError) or (isinstance(error, ConfigError) and code == FAILED):
        return Failure(f"configuration error - {error}", CONFIG, error.hint)
    if isinstance(error, IgnoreFileError):
        return Failure(str(error), FAILED, error.hint)
    if isinstance(error, LockedError) and not isinstance(error, BusyPathError) and command.locked_code is not None:
        return Failure(str(error), command.locked_code, error.hint)
    if isinstance(error, DvnbError):
        return Failure(command.failure_text(str(error), args), code, error.hint)
    if isinstance(error, OSError) and error.strerror:
        return Failure(_refused_by_system(error), FAILED)
    return Failure(f"unexpected error - {error or type(error).__name__}", FAILED)


def _is_folder_gone() -> bool:
    try:
        os.getcwd()
    except FileNotFoundError:
        return True
    return False


def _refused_by_system(error: OSError) -> str:
    """What the operating system said, of which paths, and what could be done about it."""
    if isinstance(error, FileNotFoundError) and _is_folder_gone():
        return "the current folder is gone: go to one that exists"
    paths = [os.fsdecode(path) for path in (error.filename, error.filename2) if isinstance(path, (str, bytes))]
    said = ": ".join([error.strerror or "", *([" -> ".join(f"'{path}'" for path in paths)] if paths else [])])
    advice = _ADVICE.get(error.errno or 0)
    return f"{said}. {advice}" if advice else said
