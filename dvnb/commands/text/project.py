"""The words of init, root, version."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import InitResult, RootResult, VersionResult


def initialized(result: InitResult, args: Namespace, style: Style) -> str:
    """That it worked, and what comes next."""
    lines = ["Initialized DVC repository.", ""]
    if result.in_git:
        lines += ["You can now commit the changes to git.", ""]
    lines += [
        style.paint("What's next?", "yellow"),
        style.paint("------------", "yellow"),
        f"- Track data: {style.command('add')} <path>",
        f"- Make a notebook a stage: {style.command('notebook', 'stage')} <notebook>",
        f"- See what changed: {style.command('status')}",
    ]
    return "\n".join(lines)


def root(result: RootResult, args: Namespace, style: Style) -> str:
    """The path alone."""
    return result.root


def version(result: VersionResult, args: Namespace, style: Style) -> str:
    """A line for each version."""
    lines = [
        f"dvnb version: {result.dvnb}",
        "-" * len(f"dvnb version: {result.dvnb}"),
        f"Platform: Python {result.python} on {result.platform}",
        *(f"{name}: {version}" for name, version in result.packages.items()),
    ]
    if result.root is None:
        lines.append("Repo: none here")
    else:
        types = ", ".join(result.link_types) if result.link_types is not None else "not known before there is a cache"
        lines += [
            f"Repo: {result.root}",
            f"Cache: {result.cache}",
            f"Cache types: {types}",
            *(f"{what.capitalize()} directory: {kind}" for what, kind in result.filesystems.items()),
            f"Remotes: {', '.join(result.remotes) or 'none'}",
        ]
    return "\n".join([*lines, *(style.paint(f"Problem: {problem}", "yellow") for problem in result.problems)])
