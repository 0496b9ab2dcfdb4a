"""From a command line to an exit code."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

from dvnb.version import __version__

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from dvnb.cli.terminal import Terminal
    from dvnb.commands.command import Command

FAILED = 255
INTERRUPTED = 252
USAGE = 254
BROKEN_PIPE = 141

_COLLECT_EVERY = 50_000  # new objects


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (without the program's name); the exit codes are dvc's.

    dvc's: 0 done, 1 failed or (status -q) changed, 251 configuration, 252 interrupted, 253 not in a repo, 254 wrong
    arguments, 255 any other failure, 141 the reader of standard output went away.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    if words in (["--version"], ["-V"]):
        # Answered before anything is imported.
        print(__version__)
        return 0
    try:
        code = _run(words)
        sys.stdout.flush()
        if argv is None and "duckdb" not in sys.modules:  # which complains of what is left over
            gc.freeze()  # the process ends: looking for garbage once more takes longer than `--version`
    except KeyboardInterrupt:
        _complain("interrupted by the user")
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes standard output once more when it ends; let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return code


def _complain(message: str) -> None:
    sys.stderr.write(f"ERROR: {message}\n")


def _run(words: list[str]) -> int:
    # What is loaded stays: looking for garbage meanwhile takes a tenth of a short run.
    gc.set_threshold(_COLLECT_EVERY)
    import argparse

    # dvnb speaks English: looking for a translation of argparse's own words takes a twentieth of a short run.
    argparse.__dict__["_"] = str
    # Imported here, so that `--version` costs nothing.
    from dvnb.cli.terminal import Terminal
    from dvnb.commands.parser import HelpWanted, UsageError, VersionWanted, parse

    _survive_any_text()
    try:
        command, args = parse(words)
    except HelpWanted as wanted:
        sys.stdout.write(wanted.text)
        return 0
    except VersionWanted:
        sys.stdout.write(f"{__version__}\n")
        return 0
    except UsageError as error:
        sys.stdout.write(error.help)
        sys.stdout.flush()
        _complain(str(error))
        return USAGE
    if args.cd is not None:
        try:
            os.chdir(args.cd)
        except OSError as error:
            _complain(str(error))
            return FAILED
    terminal = Terminal(quiet=bool(args.quiet), as_json=getattr(args, "json", False), verbose=bool(args.verbose))
    try:
        return _call(command, args, terminal, words)
    finally:
        terminal.close()


def _survive_any_text() -> None:
    """Names of files may hold what the terminal's encoding cannot say: show it escaped rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _call(command: Command, args: Namespace, terminal: Terminal, words: list[str]) -> int:
    from dvnb.commands.command import Invocation

    call = Invocation(
        listener=terminal,
        wait_for_lock=args.wait_for_lock,
        confirm=terminal.confirm,
        lines=sys.stdin,
        words=words,
        streams=(sys.stdin.buffer, sys.stdout.buffer) if sys.stdin else None,
        once=True,
    )
    try:
        result = command.call(call, args)
    except Exception as error:  # noqa: BLE001 - whatever it is ends the program, told in a line
        return _failure(error, command, args, terminal)
    terminal.show(result, command, args)
    return command.exit_code(result, args)


def _failure(error: Exception, command: Command, args: Namespace, terminal: Terminal) -> int:
    from dvnb.commands.failure import explain

    if isinstance(error, BrokenPipeError):
        raise error
    failure = explain(error, command, args)
    partial = getattr(error, "result", None)
    if partial is not None:
        terminal.show(partial, command, args)
    terminal.fail(failure.message, failure.hint, error if args.verbose else None)
    return failure.code
