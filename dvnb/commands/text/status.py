"""The words of status and data status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from dvnb.commands.text import words

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from dvnb.commands.style import Style
    from dvnb.repo.results import CloudStatusResult, DataStatusResult, StatusResult

_STATE_WIDTH = 20

# group -> (label, colour, hints); `{program}` is the face's name for a command
_GROUPS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "not_in_remote": ("Not in remote", "red", ('use "{program} push <file>..." to upload files',)),
    "not_in_cache": ("Not in cache", "red", ('use "{program} fetch <file>..." to download files',)),
    "committed": ("DVC committed changes", "green", ("git commit the corresponding dvc files to update the repo",)),
    "uncommitted": (
        "DVC uncommitted changes",
        "yellow",
        ('use "{program} commit <file>..." to track changes', 'use "{program} checkout <file>..." to discard changes'),
    ),
    "untracked": (
        "Untracked files",
        "cyan",
        ('use "git add <file> ..." or "{program} add <file>..." to commit to git or to dvc',),
    ),
    "unchanged": ("DVC unchanged files", "", ()),
}


def status(result: StatusResult | CloudStatusResult, args: Namespace, style: Style) -> str:
    """Each changed stage and why; or of cache and remote, what only one of them has."""
    in_cloud = bool(args.cloud or args.remote)
    changed = result.to_json()
    if changed:
        return "\n".join(_tree(changed, 1 if in_cloud else 0))
    if getattr(result, "empty", False):
        return f"{words.NOTHING_TRACKED}\nSee <https://dvc.org/doc/start> to get started!"
    if in_cloud:
        return f"Cache and remote '{getattr(result, 'remote', '')}' are in sync."
    return words.UP_TO_DATE


def _tree(changed: Any, depth: int) -> Iterator[str]:
    indent = "\t" * depth
    if isinstance(changed, str):
        yield indent + changed
    elif isinstance(changed, list):
        for item in cast("list[Any]", changed):
            yield from _tree(item, depth)
    else:
        for key, value in changed.items():
            if isinstance(value, str):
                yield f"{indent}{value + ':':<{_STATE_WIDTH}}{key}"
            elif value:
                yield f"{indent}{key}:"
                yield from _tree(value, depth + 1)


def data_status(result: DataStatusResult, args: Namespace, style: Style) -> str:
    """The groups, each with what may be done about it."""
    blocks = [_group(name, group, style) for name, group in result.groups.items() if group and name in _GROUPS]
    if not blocks:
        blocks.append("No changes in an empty git repo." if result.git_empty else "No changes.")
    lines = ["\n\n".join(blocks)]
    if result.git_dirty:
        other = "other " if result.groups else ""
        hint = f'(there are {other}changes not tracked by dvc, use "git status" to see)'
        lines.append(style.paint(hint, "blue"))
    return "\n".join(lines)


def _group(name: str, group: Any, style: Style) -> str:
    label, colour, hints = _GROUPS[name]
    lines = [f"{label}:", *(f"  ({hint.format(program=style.program)})" for hint in hints)]
    lines += [style.paint(f"        {item}", colour) if colour else f"        {item}" for item in _items(group)]
    return "\n".join(lines)


def _items(group: Any) -> list[str]:
    if isinstance(group, list):
        return [str(item) for item in cast("list[str]", group)]
    return [f"{state}: {_item(change)}" for state, changes in group.items() for change in changes]


def _item(change: str | dict[str, str]) -> str:
    """A path, or old and new path of a renamed one."""
    return change if isinstance(change, str) else " -> ".join(change.values())
