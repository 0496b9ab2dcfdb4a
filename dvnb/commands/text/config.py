"""The words of config and cache dir."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import ConfigResult


def option(result: ConfigResult, args: Namespace, style: Style) -> str:
    """The value, or a line for each setting; with `--show-origin` after its file."""
    if result.items:
        origin = getattr(args, "show_origin", False)
        return "\n".join(f"{path}\t{line}" if origin else line for path, line in result.items)
    return result.value or ""
