"""The words of dataset add, dataset update, artifacts get."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dvnb.commands.text import words

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import DatasetResult, GetResult

_SHORT = 9


def changed(result: DatasetResult, args: Namespace, style: Style) -> str:
    """What is pinned now, and what git should be told."""
    if result.action == "unchanged":
        return "Nothing to update"
    hint = words.git_hint(result.to_stage, style, staged=result.staged)
    line = f"{'Adding' if result.action == 'added' else 'Updating'} {result.name} ({pin(result)})"
    return f"{line}\n{hint}" if hint else line


def pin(result: DatasetResult) -> str:
    """From which commit or version to which, or what a new dataset is."""
    now, before = result.lock, result.before
    if before:
        if now["type"] == "dvc":
            return f"{before['rev_lock'][:_SHORT]} -> {now['rev_lock'][:_SHORT]}"
        return f"v{before['version']} -> v{now['version']}"
    inside = now.get("path", "").lstrip("/")
    version = now.get("rev") if now["type"] == "dvc" else f"v{now['version']}"
    return f"{now['url']}{f':/{inside}' if inside else ''}{f' @ {version}' if version else ''}"


def artifact(result: GetResult, args: Namespace, style: Style) -> str:
    """How many files came, or with `--show-url` the location."""
    if args.show_url:
        return result.url
    count = sum(len(files) for _, _, files in os.walk(result.path)) if os.path.isdir(result.path) else 1
    return f"Downloaded {count} file(s) to '{result.path}'"
