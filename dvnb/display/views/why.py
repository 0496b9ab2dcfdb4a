"""How `why` and the verbs of dvc's first years look in a notebook."""

from __future__ import annotations

from argparse import Namespace

from dvnb.commands.text import datasets as dataset_words
from dvnb.commands.text import why as words
from dvnb.display import html, telling
from dvnb.display.html import Part
from dvnb.repo import results


def why(result: results.WhyResult, args: Namespace) -> Part:
    """A row for each change, below when the stage ran."""
    if not result.recorded:
        ran: Part = "has no recorded run yet"
    else:
        ran = html.join(["ran last ", f"for {words.commit(result.ran)}" if result.ran else "in the workspace"])
    head = html.note(html.join([html.code(result.stage), " ", ran]))
    if not result.causes:
        return html.join([head, html.note("Nothing changed since.", "good")])
    rows: list[list[Part]] = [
        [
            cause.kind,
            html.code(f"{cause.path}:{cause.key}" if cause.key else cause.path),
            html.badge(cause.state, "warn"),
            words.values(cause),
            words.counts(cause),
            words.since(cause),
        ]
        for cause in result.causes
    ]
    return html.join([head, html.table(["", "What", "State", "Old -> new", "How much", "Since"], rows)])


def migrated(result: results.MigrateStagesResult, args: Namespace) -> Part:
    """A row for each old file."""
    if not result.migrated:
        return html.note("There are no single-stage files.")
    rows: list[list[Part]] = [
        [html.code(item.file), html.code(item.stage) if item.stage else "a .dvc file of DVC 3"]
        for item in result.migrated
    ]
    heads = ["File", "Would become" if result.dry else "Is now"]
    return html.join([html.table(heads, rows), telling.git_hint(result.to_stage, staged=result.staged)])


def dataset(result: results.DatasetResult, args: Namespace) -> Part:
    """What is pinned now."""
    if result.action == "unchanged":
        return html.note("Nothing to update.")
    line = html.join(
        [html.badge(result.action, "good"), " ", html.code(f"ds://{result.name}"), f" ({dataset_words.pin(result)})"]
    )
    return html.join([html.note(line), telling.git_hint(result.to_stage, staged=result.staged)])
