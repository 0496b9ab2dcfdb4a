"""How remove, move, unprotect, destroy and gc look in a notebook."""

from __future__ import annotations

from argparse import Namespace

from dvnb.display import html, telling
from dvnb.display.html import Part
from dvnb.repo import results


def removed(result: results.RemoveResult, args: Namespace) -> Part:
    """What is no longer tracked, and what was deleted."""
    notes = [html.note(html.join(["no longer tracked: ", _names([*result.stages, *result.members])]), "good")]
    if result.deleted:
        notes.append(html.note(html.join(["deleted: ", _names(result.deleted)])))
    return html.join(notes)


def moved(result: results.MoveResult, args: Namespace) -> Part:
    """Where the data is now."""
    note = html.note(html.join(["moved to ", html.code(result.path), ", tracked by ", html.code(result.file)]), "good")
    return html.join([note, telling.git_hint(result.to_stage, staged=result.staged)])


def unprotected(result: results.UnprotectResult, args: Namespace) -> Part:
    """What can be edited now."""
    return html.note(html.join(["can be edited now: ", _names(result.paths)]), "good")


def destroyed(result: results.DestroyResult, args: Namespace) -> Part:
    """Where all of it is now."""
    return html.note(html.join(["Everything that was removed lies in ", html.code(result.trash), "."]))


def collected(result: results.GcResult, args: Namespace) -> Part:
    """A row for each store."""
    if result.refused:
        return html.note("Nothing was removed.")
    folders = any(store.trash for store in result.stores)
    rows: list[list[Part]] = [
        [
            store.kind,
            f"{store.removed:,}",
            telling.size(store.size),
            *([html.code(store.trash or "")] if folders else []),
        ]
        for store in result.stores
    ]
    sizes = [store.size or 0 for store in result.stores]
    if len(rows) > 1:
        removed = sum(store.removed for store in result.stores)
        total = ["all", f"{removed:,}", telling.size(sum(sizes))]
        rows.append([*map(html.strong, total), *([""] if folders else [])])
    headers = ["Store", "Would remove" if result.dry else "Removed", "Size", *(["Now in"] if folders else [])]
    shown = html.table(headers, rows, numbers=(1, 2))
    paths = [html.code(path) for store in result.stores for path in store.paths]
    return html.join([shown, html.folded(f"{len(paths):,} objects", html.lines(paths)) if paths else ""])


def _names(names: list[str]) -> Part:
    return html.join(map(html.code, names), ", ")
