"""`%dvc VERB …`: every verb of the command line, in a cell."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from IPython.core.magic import Magics, line_magic, magics_class, no_var_expand, output_can_be_silenced
from IPython.display import display

from dvnb.magics.discarded import is_discarded
from dvnb.magics.errors import DvcFailed

if TYPE_CHECKING:
    from argparse import Namespace

    from IPython.core.interactiveshell import InteractiveShell

    from dvnb.commands.command import Command
    from dvnb.repo.results import Result

PROGRAM = "%dvc"


@magics_class
class DvcMagics(Magics):
    """The line magic."""

    @no_var_expand
    @output_can_be_silenced
    @line_magic
    def dvc(self, line: str) -> Result | None:
        """Run a verb of dvnb: `%dvc add data`, `%dvc repro`, `changes = %dvc status`; `%dvc --help` lists them."""
        from dvnb.magics.arguments import split  # the first use pays, not `%load_ext`

        assert self.shell is not None  # noqa: S101 - magics belong to a shell
        # A last semicolon keeps the result from being shown; IPython leaves it in the line.
        words = line.rstrip().removesuffix(";")
        result = run(split(words, self.shell.user_ns), self.shell)
        if result is not None and words == line.rstrip() and is_discarded(self.shell):
            display(result)
        return result


def run(words: list[str], shell: InteractiveShell) -> Result | None:
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
        raise DvcFailed(str(error), _usage_hint(error.help), code=254) from None
    return call(command, args, shell)


def _usage_hint(text: str) -> str:
    usage = " ".join(text.partition("\n\n")[0].split())
    return usage.removeprefix("usage: ")


def call(command: Command, args: Namespace, shell: InteractiveShell) -> Result:
    """Do what was parsed.

    Raises: DvcFailed.
    """
    from dvnb.commands.command import Invocation
    from dvnb.display.result import displayed
    from dvnb.magics.cell import Cell

    cell = Cell(quiet=bool(args.quiet))
    invocation = Invocation(
        args.cd or ".", listener=cell, capture=True, wait_for_lock=args.wait_for_lock, confirm=cell.confirm
    )
    try:
        result = command.call(invocation, args)
    except KeyboardInterrupt:
        raise DvcFailed("interrupted by the user", code=252) from None
    except Exception as error:
        raise failed(error, command, args) from error
    finally:
        cell.close()
    shown: Any = displayed(result, command, args)
    return shown


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
