"""The words of diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dvnb.reports.render.table import table

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import DataDiffResult

_STATES = {"added": "green", "deleted": "red", "renamed": "green", "modified": "yellow", "not in cache": "yellow"}
_SHORT = 8


def diff(result: DataDiffResult, args: Namespace, style: Style) -> str:
    """Paths below what happened to them, and the number of files; or a Markdown table."""
    if args.markdown:
        return _markdown(result.groups, with_hash=args.show_hash)
    lines: list[str] = []
    counts: list[str] = []
    for state, colour in _STATES.items():
        changes = result.groups.get(state, [])
        if not changes:
            continue
        paths = [_path(change) for change in changes]
        lines.append(f"{style.paint(state.capitalize(), colour)}:")
        lines += [f"    {_digest(change, '  ')}{path}" for change, path in zip(changes, paths, strict=True)]
        lines.append("")
        files = sum(not path.endswith("/") for path in paths)
        counts += [f"{files} {state}"] if files else []
    if counts:
        lines.append(f"files summary: {', '.join(counts)}")
    return "\n".join(lines)


def _markdown(groups: dict[str, Any], *, with_hash: bool) -> str:
    rows = [
        [state, _digest(change), _path(change)] if with_hash else [state, _path(change)]
        for state in _STATES
        for change in groups.get(state, [])
    ]
    return table(["Status", "Hash", "Path"] if with_hash else ["Status", "Path"], rows, markdown=True)


def _path(change: dict[str, Any]) -> str:
    path = change["path"]
    return f"{path['old']} -> {path['new']}" if isinstance(path, dict) else path


def _digest(change: dict[str, Any], end: str = "") -> str:
    value = change.get("hash")
    if not value:
        return ""
    if isinstance(value, str):
        return value[:_SHORT] + end
    return f"{(value['old'] or '')[:_SHORT]}..{(value['new'] or '')[:_SHORT]}{end}"
