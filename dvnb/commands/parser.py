"""From words to a command and its arguments; only the called verb's parser is built."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING, Any, NoReturn

from dvnb.commands import registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dvnb.commands.command import Command

_USUAL_WIDTH = 80

TITLE = "Versioned data and reproducible notebooks, with DVC's verbs and files."


class UsageError(Exception):
    """Words that make no command; `help` is the text that shows how they should look."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.help = help


class HelpWanted(Exception):  # noqa: N818 - nothing went wrong
    """Help was asked for; `text` is it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class VersionWanted(Exception):  # noqa: N818 - nothing went wrong
    """The version was asked for."""


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Shows options without a metavar by their own name, as dvc does."""

    def __init__(self, prog: str) -> None:
        # argparse would ask shutil, which loads for longer than most verbs work.
        super().__init__(prog, width=_terminal_width() - 2)

    def _get_default_metavar_for_optional(self, action: argparse.Action) -> str:
        return action.dest


def _terminal_width() -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(1).columns or _USUAL_WIDTH
    except OSError:
        return _USUAL_WIDTH


class _TopFormatter(_Formatter, argparse.RawTextHelpFormatter):
    pass


class _Help(argparse.Action):
    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *args: Any, **kwargs: Any) -> NoReturn:
        raise HelpWanted(parser.format_help())


class _Version(_Help):
    def __call__(self, parser: argparse.ArgumentParser, *args: Any, **kwargs: Any) -> NoReturn:
        raise VersionWanted


class Parser(argparse.ArgumentParser):
    """An argument parser that never prints nor exits."""

    def __init__(self, prog: str, description: str, epilog: str = "", *, top: bool = False) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=_TopFormatter if top else _Formatter,
            add_help=False,
        )
        if not top:
            self.add_argument("-h", "--help", action=_Help, help="show this help message and exit")
        self._add_verbosity()

    def _add_verbosity(self) -> None:
        group = self.add_mutually_exclusive_group()
        # Absent unless given, so that `-q` before the verb and `-q` behind it mean the same.
        group.add_argument("-q", "--quiet", action="count", default=argparse.SUPPRESS, help="Be quiet.")
        group.add_argument("-v", "--verbose", action="count", default=argparse.SUPPRESS, help="Be verbose.")

    def error(self, message: str) -> NoReturn:
        """Refuse the words."""
        raise UsageError(message, self.format_help())


def parse(words: Sequence[str], program: str = "dvnb") -> tuple[Command, argparse.Namespace]:
    """The command that `words` (without the program's name) call, and its arguments with the global ones.

    Raises: UsageError, HelpWanted, VersionWanted.
    """
    args = argparse.Namespace(quiet=0, verbose=0, cd=None, wait_for_lock=False)
    rest = list(words)
    if not rest or rest[0].startswith("-"):
        rest = _top_parser(program).parse_args(rest, args).command
    if not rest:
        _top_parser(program).error("the following arguments are required: command")
    verb, rest = registry.ALIASES.get(rest[0], rest[0]), rest[1:]
    if verb not in registry.VERBS:
        choices = ", ".join(map(repr, registry.names()))
        _top_parser(program).error(f"argument command: invalid choice: {verb!r} (choose from {choices})")
    commands = registry.commands(verb)
    command, rest = _select(commands, verb, rest, args, program)
    args.verb = verb
    build(command, program).parse_args(rest, args)
    return command, args


def _select(
    commands: list[Command], verb: str, rest: list[str], args: argparse.Namespace, program: str
) -> tuple[Command, list[str]]:
    """The one of `commands` that `rest` names, and the words behind its name."""
    if verb not in registry.GROUPS:
        return commands[0], rest
    by_name = {command.name[1]: command for command in commands}
    if rest:
        rest = [registry.SHORT_NAMES.get((verb, rest[0]), rest[0]), *rest[1:]]
    if rest and rest[0] in by_name:
        return by_name[rest[0]], rest[1:]
    parser = _group_parser(verb, commands, program)
    rest = parser.parse_args(rest, args).command
    if not rest:
        parser.error("the following arguments are required: cmd")
    if rest[0] not in by_name:
        choices = ", ".join(map(repr, by_name))
        parser.error(f"argument cmd: invalid choice: {rest[0]!r} (choose from {choices})")
    return by_name[rest[0]], rest[1:]


def build(command: Command, program: str = "dvnb") -> Parser:
    """The parser of one command."""
    description = command.help if not command.details else f"{command.help}\n\n{command.details}"
    parser = Parser(" ".join((program, *command.name)), description, _examples(command, program))
    command.add_arguments(parser)
    return parser


def _examples(command: Command, program: str) -> str:
    shown = [f"  # {example.what}\n  {program} {example.line}" for example in command.examples]
    return "\n".join(["examples:" if len(shown) > 1 else "example:", *shown])


def _top_parser(program: str) -> Parser:
    parser = Parser(program, TITLE, _verb_table(program), top=True)
    shown = program.replace("%", "%%")  # argparse formats a usage line
    parser.usage = f"{shown} [-q | -v] [-h] [-V] [--cd <path>] [--wait-for-lock] command ..."
    parser.add_argument("-h", "--help", action=_Help, help="Show this help message and exit.")
    parser.add_argument("-V", "--version", action=_Version, help="Show program's version.")
    parser.add_argument("--cd", metavar="<path>", help="Change to directory before executing.")
    parser.add_argument(
        "--wait-for-lock",
        action="store_true",
        help="Wait for the lock if it is already held by another process, instead of failing immediately.",
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _verb_table(program: str) -> str:
    aliases = {verb: alias for alias, verb in registry.ALIASES.items()}
    lines = ["Available Commands:", f"  {'command':<18} Use `{program} command --help` for command-specific help."]
    for verb, (_, help) in registry.VERBS.items():
        name = f"{verb} ({aliases[verb]})" if verb in aliases else verb
        lines.append(f"    {name:<16} {help}")
    return "\n".join([*lines, "", "example:", f"  # track a folder of data\n  {program} add data"])


def _group_parser(verb: str, commands: list[Command], program: str) -> Parser:
    names = ",".join(command.name[1] for command in commands)
    lines = ["commands:", *(f"  {command.name[1]:<12} {command.help}" for command in commands)]
    example = commands[0].examples[0]
    lines += ["", "example:", f"  # {example.what}", f"  {program} {example.line}"]
    parser = Parser(f"{program} {verb}", registry.VERBS[verb][1], "\n".join(lines))
    shown = program.replace("%", "%%")  # argparse formats a usage line
    parser.usage = f"{shown} {verb} [-h] [-q | -v] {{{names}}} ..."
    parser.add_argument("command", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser
