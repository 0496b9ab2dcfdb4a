"""The words of the remote verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import ConfigResult, RemoteListResult, RemoteRow

_TAB = 8


def added(result: ConfigResult, args: Namespace, style: Style) -> str:
    """That it is the default now, if it is."""
    return f"Setting '{args.name}' as a default remote." if args.default else ""


def default(result: ConfigResult, args: Namespace, style: Style) -> str:
    """The default remote, if that was the question."""
    if args.name is not None or args.unset:
        return ""
    return result.value or "No default remote set"


def silent(result: ConfigResult, args: Namespace, style: Style) -> str:
    """Nothing."""
    return ""


def listed(result: RemoteListResult, args: Namespace, style: Style) -> str:
    """A line for each remote."""
    return "\n".join(_row(row, style) for row in result.remotes)


def _row(row: RemoteRow, style: Style) -> str:
    # dvc's console turns its tabs into blanks.
    line = "\t".join([row.name, row.url, *(["(default)"] if row.default else [])]).expandtabs(_TAB)
    return style.paint(line, "green") if row.default else line
