"""Tab completion in shells, made from the registry."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dvnb.commands import arguments, parser, registry
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import completion as text
from dvnb.repo.results import Result

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SHELLS = ("bash", "zsh", "fish")
_TOP_OPTIONS = ("-h", "--help", "-V", "--version", "-q", "--quiet", "-v", "--verbose", "--cd", "--wait-for-lock")


@dataclass(slots=True)
class Completed(Result):
    """What may follow a command's `name` ("" at the very beginning, "stage add"): verbs, options, options' values."""

    name: str
    words: list[str] = field(default_factory=list[str])
    options: list[str] = field(default_factory=list[str])
    choices: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


@dataclass(slots=True)
class CompletionResult(Result):
    """`completion`: every command, for a script of this shell."""

    shell: str
    commands: list[Completed] = field(default_factory=list[Completed])


def _completion_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("-s", "--shell", choices=SHELLS, default="bash", help="Shell syntax for completions.")
    arguments.json_flag(parser)


def _completion(call: Invocation, args: Namespace) -> CompletionResult:
    result = CompletionResult(args.shell, [Completed("", registry.names(), list(_TOP_OPTIONS))])
    for name in registry.names():
        commands = registry.commands(registry.ALIASES.get(name, name))
        if name in registry.GROUPS:
            result.commands.append(Completed(name, [command.name[1] for command in commands], ["-h", "--help"]))
        result.commands += [
            _completed(command, " ".join(command.name) if name in registry.GROUPS else name) for command in commands
        ]
    return result


def _completed(command: Command, name: str) -> Completed:
    actions = [
        action
        for action in parser.build(command)._actions  # noqa: SLF001 - argparse offers no other way
        if action.help != argparse.SUPPRESS
    ]
    return Completed(
        name,
        options=[option for action in actions for option in action.option_strings],
        choices={
            option: [str(choice) for choice in action.choices]
            for action in actions
            if action.choices
            for option in action.option_strings
        },
    )


COMMANDS = (
    Command(
        "completion",
        "Generate shell tab completion.",
        details="Prints out shell tab completion scripts.",
        examples=[
            Example("completion -s bash", "print the script, to be saved in ~/.local/share/bash-completion/completions")
        ],
        add_arguments=_completion_arguments,
        call=_completion,
        text=text.script,
    ),
)
