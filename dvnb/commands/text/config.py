"""The words of config, cache dir and cache migrate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.commands.text import words

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import ConfigResult, MigrateResult


def option(result: ConfigResult, args: Namespace, style: Style) -> str:
    """The value, or a line for each setting; with `--show-origin` after its file."""
    if result.items:
        origin = getattr(args, "show_origin", False)
        return "\n".join(f"{path}\t{line}" if origin else line for path, line in result.items)
    return result.value or ""


def migrated(result: MigrateResult, args: Namespace, style: Style) -> str:
    """How many objects, and which metafiles, were or would be migrated."""
    lines = [
        f"{result.objects} files will be re-hashed and migrated to the DVC 3.0 cache location."
        if result.dry
        else f"Migrated {result.objects} files to DVC 3.0 cache location."
    ]
    if result.files:
        if result.dry:
            lines += ["Entries in following DVC files will be migrated to the 3.0 format:"]
            lines += [f"\t{file}" for file in result.files]
        else:
            lines += [f"Updating DVC file '{file}'" for file in result.files]
    elif result.files is not None and not result.left:
        lines.append("No DVC files in the repo to migrate to the 3.0 format.")
    hint = words.git_hint(result.to_stage, style, staged=result.staged)
    return "\n".join([*lines, *([hint] if hint else [])])
