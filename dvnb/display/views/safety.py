"""How undo, trash and fsck look in a notebook."""

from __future__ import annotations

from argparse import Namespace

from dvnb.display import html, telling
from dvnb.display.html import Html, Part, Tone
from dvnb.repo.results.fsck import FsckResult, Hurt
from dvnb.repo.results.undo import OperationsResult, TrashEmptyResult, UndoResult

_STATES: dict[str, Tone] = {"done": "good", "undone": "dim", "killed": "bad", "running": "info"}


def undone(result: UndoResult | OperationsResult, args: Namespace) -> Part:
    """A row for each path that is as before, and for each that was left alone; with --list the operations."""
    if isinstance(result, OperationsResult):
        return operations(result, args)
    title = html.note(html.join(["taken back: ", html.code(result.command)]), "warn" if result.left else "good")
    rows: list[list[Part]] = [[html.badge("as before", "good"), html.code(path), ""] for path in result.restored]
    rows += [[html.badge("left alone", "warn"), html.code(path), reason] for path, reason in result.left.items()]
    caution = html.note(result.caution, "warn") if result.caution else ""
    return html.join([title, html.table(["", "Path", "Why"], rows) if rows else "", caution])


def operations(result: OperationsResult, args: Namespace) -> Part:
    """A row for each operation, the latest first."""
    if not result.rows:
        return html.note("There is nothing to undo.")
    rows: list[list[Part]] = [
        [
            html.code(row.id),
            html.code(row.command),
            row.time,
            telling.size(row.size),
            html.badge(row.state, _STATES.get(row.state, "dim")),
        ]
        for row in result.rows
    ]
    return html.table(["Operation", "Command", "When", "Kept", "State"], rows, numbers=(3,))


def emptied(result: TrashEmptyResult, args: Namespace) -> Part:
    """How many operations, and bytes."""
    if not result.operations:
        return html.note("Nothing was removed.")
    said = f"removed for good: what {len(result.operations):,} operations kept, {telling.size(result.freed)}"
    return html.join(
        [html.note(said, "warn"), html.folded("operations", html.lines(map(html.code, result.operations)))]
    )


def checked(result: FsckResult, args: Namespace) -> Part:
    """How many objects are as they should be, and a row for each that is not."""
    where = html.join([" of remote ", html.code(result.remote)]) if result.remote else Html("")
    if not result.hurt:
        return html.note(html.join([f"{result.checked:,} objects", where, " are as they should be."]), "good")
    rows = [_hurt(hurt) for hurt in result.hurt]
    summary = html.join([f"{result.checked:,} objects", where, f" were read, {len(rows):,} are not as they should be."])
    return html.join(
        [
            html.table(["State", "Object", "Used by", "Now"], rows),
            html.note(summary, "good" if result.is_clean else "bad"),
        ]
    )


def _hurt(hurt: Hurt) -> list[Part]:
    users = [html.join([html.code(path), f" ({', '.join(revs)})"]) for path, revs in hurt.used_by.items()]
    now: Part = ""
    if hurt.repaired_from:
        now = html.badge(f"mended from the {hurt.repaired_from}", "good")
    elif hurt.quarantine:
        now = html.code(hurt.quarantine)
    return [html.badge(hurt.state, "bad"), html.code(hurt.hash), html.lines(users), now]
