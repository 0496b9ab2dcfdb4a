"""Completion of `%dvc` and `%%stage` lines: verbs, options, stages, remotes, revs and paths."""

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
    """Verbs first, then a group's verbs, then options and names of the project's; `begun` is the start of the word."""
    from dvnb.commands import registry, suggest

    command, rest, _ = suggest.locate(before)
    if command is None:
        group = registry.commands(rest[0]) if len(rest) == 1 and rest[0] in registry.GROUPS else []
        names = [command.name[1] for command in group] if rest else registry.names()
        return [name for name in names if name.startswith(begun)]
    actions = suggest.arguments(command)
    if begun.startswith("-"):
        return [option for action in actions for option in action.option_strings if option.startswith(begun)]
    asked = next((action for action in actions if before[-1] in action.option_strings), None)
    if asked is not None and asked.choices:
        return [str(choice) for choice in asked.choices if str(choice).startswith(begun)]
    known = [name for name in suggest.names(before) if name.startswith(begun)]
    files = suggest.takes_files(command, rest)
    return list(dict.fromkeys([*known, *(paths(begun) if files else [])]))


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
