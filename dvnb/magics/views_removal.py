"""How remove, move, unprotect, destroy and gc look in a notebook."""

from __future__ import annotations

from argparse import Namespace

from dvnb.magics import html, telling
from dvnb.magics.html import Part
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
    rows = [
        [
            store.kind,
            str(store.removed),
            "" if store.size is None else str(store.size),
            html.code(store.trash) if store.trash else "",
        ]
        for store in result.stores
    ]
    return html.table(["Store", "Would remove" if result.dry else "Removed", "Bytes", "Now in"], rows)


def _names(names: list[str]) -> Part:
    return html.join(map(html.code, names), ", ")
