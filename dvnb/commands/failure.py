"""What an error means to whoever called a verb: the message, the exit code, the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dvnb.commands.command import MisuseError
from dvnb.errors import ConfigError, DvnbError, IgnoreFileError, NotARepoError

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.command import Command, Invocation
    from dvnb.errors import Hint

FAILED = 255
CONFIG = 251
NOT_A_REPO = 253


class Failure(NamedTuple):
    """An error as told to people; `code` is the exit code, dvc's."""

    message: str
    code: int
    hint: Hint | None = None


def explain(error: Exception, command: Command, args: Namespace, call: Invocation) -> Failure:
    """The failure that `error` makes of a call of `command`."""
    if isinstance(error, MisuseError):
        return Failure(str(error), error.code)
    if isinstance(error, NotARepoError):
        return Failure(str(error), NOT_A_REPO, error.hint)
    if isinstance(error, ConfigError) and (command.failure_code == FAILED or not call.opened):
        return Failure(f"configuration error - {error}", CONFIG, error.hint)
    if isinstance(error, IgnoreFileError):
        return Failure(str(error), FAILED, error.hint)
    if isinstance(error, DvnbError):
        return Failure(command.failure_text(str(error), args), command.failure_code, error.hint)
    return Failure(f"unexpected error - {error or type(error).__name__}", FAILED)
