"""Completion of `%dvc` and `%%stage` lines: verbs, options, stages and paths."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def register(shell: InteractiveShell) -> None:
    """Let the shell ask us what may come next on a `%dvc` line."""
    shell.set_hook("complete_command", complete, str_key="%dvc")
    shell.set_hook("complete_command", complete, str_key="%%stage")


def complete(shell: Any, event: Any) -> list[str]:
    """What may stand where the cursor is."""
    words = event.line.split()
    if event.symbol and words:
        words = words[:-1]
    if words[:1] != ["%dvc"]:
        return paths(event.symbol)
    return candidates(words[1:], event.symbol)


def candidates(before: list[str], begun: str) -> list[str]:
    """Verbs first, then a group's verbs, then options, then paths; `begun` is the start of the word."""
    from dvnb.commands import parser, registry

    verb = registry.ALIASES.get(before[0], before[0]) if before else None
    if verb is None:
        return [name for name in registry.names() if name.startswith(begun)]
    if verb not in registry.VERBS:
        return []
    commands = {command.name: command for command in registry.commands(verb)}
    name = (verb, *before[1:2]) if verb in registry.GROUPS else (verb,)
    if name not in commands:
        return [name[1] for name in commands if len(name) > 1 and name[1].startswith(begun)]
    if begun.startswith("-"):
        actions = parser.build(commands[name])._actions  # noqa: SLF001 - argparse offers no other way
        return [option for action in actions for option in action.option_strings if option.startswith(begun)]
    return paths(begun)


def paths(begun: str) -> list[str]:
    """Paths that begin like this; folders end in a slash."""
    folder, start = os.path.split(begun)
    try:
        entries = sorted(os.scandir(folder or "."), key=lambda entry: entry.name)
    except OSError:
        return []
    return [
        os.path.join(folder, entry.name) + ("/" if entry.is_dir() else "")
        for entry in entries
        if entry.name.startswith(start) and (start.startswith(".") or not entry.name.startswith("."))
    ]
