"""Tab completion in shells, made from the registry."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dvnb.commands import arguments, registry, suggest
from dvnb.commands.command import Command, Example, Invocation
from dvnb.commands.text import completion as text
from dvnb.records import dataclass, field
from dvnb.repo.results import Result

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

SHELLS = ("bash", "zsh", "fish")
TOP_OPTIONS = ("-h", "--help", "-V", "--version", "-q", "--quiet", "-v", "--verbose", "--cd", "--wait-for-lock")


@dataclass(slots=True)
class Completed(Result):
    """What may follow a command's `name` ("" at the very beginning, "stage add"): verbs, options, options' values.

    `asks`: arguments whose values the project knows ("" for those without a name), and whether files may stand there.
    """

    name: str
    words: list[str] = field(default_factory=list[str])
    options: list[str] = field(default_factory=list[str])
    choices: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    asks: dict[str, bool] = field(default_factory=dict[str, bool])


@dataclass(slots=True)
class CompletionResult(Result):
    """`completion`: every command, for a script of this shell; or the project's `names` that a script asked for."""

    shell: str
    commands: list[Completed] = field(default_factory=list[Completed])
    names: list[str] = field(default_factory=list[str])


def _completion_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("-s", "--shell", choices=SHELLS, default="bash", help="Shell syntax for completions.")
    arguments.json_flag(parser)
    # How the scripts ask for names of remotes, stages, … : `completion --for push -r`.
    parser.add_argument("--for", dest="words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def _completion(call: Invocation, args: Namespace) -> CompletionResult:
    if args.words is not None:
        return CompletionResult(args.shell, names=suggest.names(args.words, call.start))
    return completions(args.shell)


def completions(shell: str) -> CompletionResult:
    """Every command with all that may follow it."""
    result = CompletionResult(shell, [Completed("", registry.names(), list(TOP_OPTIONS))])
    for name in registry.names():
        verb = registry.ALIASES.get(name, name)
        commands = registry.commands(verb)
        if verb in registry.GROUPS:
            result.commands.append(Completed(name, [command.name[1] for command in commands], ["-h", "--help"]))
        result.commands += [
            _completed(command, f"{name} {command.name[1]}" if verb in registry.GROUPS else name)
            for command in commands
        ]
    return result


def _completed(command: Command, name: str) -> Completed:
    actions = suggest.arguments(command)
    completed = Completed(name, options=[option for action in actions for option in action.option_strings])
    for action in actions:
        kind = suggest.kind(command.words, action)
        for option in action.option_strings or [""]:
            if action.choices:
                completed.choices[option] = [str(choice) for choice in action.choices]
            elif kind is not None:
                files = suggest.or_files(kind)
                completed.asks[option] = completed.asks.get(option, False) or files
    return completed


COMMANDS = (
    Command(
        "completion",
        "Generate shell tab completion.",
        details=(
            "Prints out shell tab completion scripts. They know every verb and option, and ask the project for names\n"
            "of stages, remotes, revisions and tracked data."
        ),
        examples=[
            Example("completion -s bash", "print the script, for ~/.local/share/bash-completion/completions/dvnb"),
            Example("completion -s fish", "the one of fish, for ~/.config/fish/completions/dvnb.fish"),
        ],
        add_arguments=_completion_arguments,
        call=_completion,
        text=text.script,
    ),
)
