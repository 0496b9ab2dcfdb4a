"""What may stand next on a command line that is being typed: for shells and for `%dvc` lines."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from dvnb.commands import parser, registry
from dvnb.errors import DvnbError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dvnb.commands.command import Command

# Arguments by their name -> the kind of names that they take (those of `repo.names`).
_KINDS = {
    "rev": "revs",
    "revs": "revs",
    "a_rev": "revs",
    "b_rev": "revs",
    "revisions": "revs",
    "since": "revs",
    "params": "params",
    "template": "templates",
    "kernel": "kernels",
    "remote": "remotes",
    "targets": "targets",
    "target": "targets",
    "src": "targets",
}
# … and those of single commands; None: files.
_OWN: dict[tuple[str, str], str | None] = {
    ("add", "targets"): None,
    ("check-ignore", "targets"): None,
    ("metrics show", "targets"): None,
    ("metrics diff", "targets"): None,
    ("params diff", "targets"): None,
    ("config", "name"): "settings",
    ("dag", "target"): "stages",
    ("dataset update", "name"): "datasets",
    ("freeze", "targets"): "stages",
    ("lineage", "path"): "lineage",
    ("logs", "stage"): "stages",
    ("stage-cell", "name"): "stages",
    ("stages", "remove"): "stages",
    ("unfreeze", "targets"): "stages",
    ("why", "stage"): "stages",
    ("repro", "targets"): "stages",
    ("undo", "operation"): "operations",
    ("trash empty", "operations"): "operations",
    ("remote default", "name"): "remotes",
    ("remote modify", "name"): "remotes",
    ("remote modify", "option"): "remote options",
    ("remote remove", "name"): "remotes",
    ("remote rename", "name"): "remotes",
}
# Kinds that a path may stand for as well.
_OR_FILES = frozenset({"targets", "stages", "lineage", "templates"})
# What these stand for is made up by whoever types: numbers, words.
_MADE_UP = ("<n", "<seconds>", "<days>", "<text>", "<tag>", "<yyyy-mm-dd>", "<property>")
_MADE_UP_NAMES = frozenset({"message", "name", "title"})
_ENDLESS = ("*", "+", argparse.REMAINDER)


def arguments(command: Command) -> list[argparse.Action]:
    """The arguments of a command that help tells of."""
    return shown(parser.build(command))


def shown(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """The arguments of a parser that its help tells of."""
    actions = parser._actions  # noqa: SLF001 - argparse offers no other way
    return [action for action in actions if action.help != argparse.SUPPRESS]


def kind(command: str, action: argparse.Action) -> str | None:
    """What names an argument of a command takes; None where the project has none for it."""
    if action.nargs == 0 or action.choices:
        return None
    return _OWN.get((command, action.dest), _KINDS.get(action.dest))


def or_files(kind: str | None) -> bool:
    """Whether paths may stand there, too."""
    return kind is None or kind in _OR_FILES


def takes_files(kind: str | None, action: argparse.Action) -> bool:
    """Whether a path may be the value of an argument."""
    metavar = str(action.metavar or "")
    made_up = action.type is not None or metavar.startswith(_MADE_UP) or action.dest in _MADE_UP_NAMES
    return or_files(kind) and not action.choices and not made_up


def names(words: Sequence[str], start: str = ".") -> list[str]:
    """The project's names that may follow `words` (without the program's name); none where nothing is known."""
    command, rest, folder = locate(words)
    action = next_argument(arguments(command), rest) if command else None
    wanted = kind(command.words, action) if command and action else None
    return known(wanted, os.path.join(start, folder or ".")) if wanted else []


def known(kind: str, folder: str) -> list[str]:
    """The names of this kind that are known in a folder; none where nothing is."""
    from dvnb.repo.upkeep.names import KINDS, ORDERED  # only now something is asked of the project

    try:
        found = KINDS[kind](os.path.realpath(folder))
    except (DvnbError, OSError):  # a broken project is no reason to disturb who is typing
        return []
    return list(dict.fromkeys(found if kind in ORDERED else sorted(found)))


def next_argument(actions: Sequence[argparse.Action], rest: Sequence[str]) -> argparse.Action | None:
    """The argument that the next word is a value of, behind `rest`; None where no value is expected."""
    options = {name: action for action in actions for name in action.option_strings}
    positionals = [action for action in actions if not action.option_strings]
    open_option: argparse.Action | None = None
    place = 0
    for word in rest:
        if word.startswith("-"):
            action = options.get(word)
            open_option = action if action is not None and action.nargs != 0 else None
        elif open_option is None:
            place += 1
        elif open_option.nargs not in ("*", "+"):  # `-r name`; of `--targets a` more may follow
            open_option = None
    if open_option is not None:
        return open_option
    if not positionals or (place >= len(positionals) and positionals[-1].nargs not in _ENDLESS):
        return None
    return positionals[min(place, len(positionals) - 1)]


def locate(words: Sequence[str]) -> tuple[Command | None, list[str], str | None]:
    """The command that these words call, the words behind its name, and the folder of `--cd`."""
    rest, folder = list(words), None
    while rest and rest[0].startswith("-"):
        if rest.pop(0) == "--cd" and rest:
            folder = rest.pop(0)
    verb = registry.ALIASES.get(rest[0], rest[0]) if rest else ""
    if verb not in registry.VERBS:
        return None, rest, folder
    commands = registry.commands(verb)
    if verb not in registry.GROUPS:
        return commands[0], rest[1:], folder
    found = next((command for command in commands if command.name[1:] == tuple(rest[1:2])), None)
    return found, rest[2:] if found else rest, folder
