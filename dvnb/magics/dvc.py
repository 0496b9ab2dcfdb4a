"""`%dvc VERB …`: every verb of the command line, in a cell."""

from __future__ import annotations

import re
import sys
from collections import ChainMap
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core.magic import Magics, line_magic, magics_class, needs_local_scope, no_var_expand
from IPython.display import display

from dvnb.magics.discarded import is_assigned, is_discarded
from dvnb.magics.errors import DvcFailed
from dvnb.magics.owncell import own_cell

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence

    from dvnb.commands.command import Command
    from dvnb.magics.cell import Cell
    from dvnb.repo.results import Result

PROGRAM = "%dvc"
_MOST_CHOICES = 200  # letters


@magics_class
class DvcMagics(Magics):
    """The line magic."""

    @no_var_expand
    @needs_local_scope
    @line_magic
    def dvc(self, line: str, local_ns: Mapping[str, Any] | None = None) -> Result | None:
        """Run a verb of dvnb: `%dvc add data`, `%dvc repro`, `changes = %dvc status`; `%dvc --help` lists them."""
        from dvnb.magics.arguments import split  # the first use pays, not `%load_ext`

        assert self.shell is not None  # noqa: S101 - magics belong to a shell
        # A last semicolon keeps the result from being shown, as anywhere in IPython, which leaves it in the line.
        words = line.rstrip().removesuffix(";")
        silent = words != line.rstrip()
        names = ChainMap(dict(local_ns or {}), self.shell.user_ns)
        with own_cell(self.shell):
            result = run(split(words, names))
            if silent:
                return result if is_assigned(self.shell) else None
            if result is not None and is_discarded(self.shell):
                display(result)
            return result


def run(words: list[str]) -> Result | None:
    """Call a verb; the result shows itself. Help and the version are printed.

    Raises: DvcFailed.
    """
    from dvnb.commands.parser import HelpWanted, UsageError, VersionWanted, parse

    try:
        command, args = parse(words, PROGRAM)
    except HelpWanted as wanted:
        print(wanted.text)  # noqa: T201 - a cell's output
        return None
    except VersionWanted:
        from dvnb.version import __version__

        print(__version__)  # noqa: T201
        return None
    except UsageError as error:
        # All verbs there are would be a screenful.
        message, _, choices = str(error).partition(" (choose from ")
        if len(choices) <= _MOST_CHOICES:
            _refuse(str(error), _usage_hint(error.help))
        _refuse(message, _similar(choices, message))
    return call(command, args, words)


def _refuse(message: str, hint: str) -> NoReturn:
    raise DvcFailed(message, hint, code=254) from None


def _similar(choices: str, message: str) -> str:
    from difflib import get_close_matches

    typed = message.rpartition(": ")[2].strip("'")
    close = get_close_matches(typed, re.findall(r"'([^']*)'", choices), 1)
    return f"{PROGRAM} {close[0] if close else '--help'}"


def _usage_hint(text: str) -> str:
    usage = " ".join(text.partition("\n\n")[0].split())
    return usage.removeprefix("usage: ")


def call(command: Command, args: Namespace, words: Sequence[str]) -> Result:
    """Do what was parsed from `words`, which the journal keeps.

    Raises: DvcFailed.
    """
    from dvnb.commands.command import Invocation
    from dvnb.display.result import displayed
    from dvnb.magics.cell import Cell

    cell = Cell(quiet=bool(args.quiet), verbose=bool(args.verbose))
    invocation = Invocation(
        args.cd or ".", listener=cell, capture=True, wait_for_lock=args.wait_for_lock, confirm=cell.confirm, words=words
    )
    try:
        result = command.call(invocation, args)
    except KeyboardInterrupt:
        raise interrupted(cell, command, words) from None
    except Exception as error:
        raise failed(error, command, args) from error
    finally:
        cell.close()
    shown: Any = displayed(result, command, args)
    return shown


def interrupted(cell: Cell, command: Command, words: Sequence[str]) -> DvcFailed:
    """What the cell fails with when its kernel is interrupted: what stays, and the line that goes on from there."""
    from dvnb.display.result import STYLE

    sys.stdout.flush()
    kept = cell.kept(command.words)
    hint = f"{STYLE.command(*words)} goes on from there" if kept else ""
    return DvcFailed(f"interrupted by the user{f': {kept}' if kept else ''}", hint, code=252)


def failed(error: Exception, command: Command, args: Namespace) -> DvcFailed:
    """What the cell fails with."""
    from dvnb.commands.failure import explain
    from dvnb.display.result import STYLE

    sys.stdout.flush()
    failure = explain(error, command, args)
    hint = STYLE.hint(failure.hint) if failure.hint else ""
    if not hint and failure.message.startswith("unexpected error"):
        hint = "add -v to see where it comes from"
    return DvcFailed(failure.message, hint, code=failure.code, verbose=bool(args.verbose))
