"""How results about data look: what changed, what was tracked, checked out, transferred."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import Any

from dvnb.commands.text import words
from dvnb.display import html, telling
from dvnb.display.html import Part
from dvnb.pipeline.reasons import reasons
from dvnb.repo import results


def status(result: Any, args: Namespace) -> Part:
    """A row for each reason of each stage; of `status -c`, for each path."""
    if isinstance(result, results.CloudStatusResult):
        return cloud_status(result)
    if result.empty and result.clean:
        return html.note(words.NOTHING_TRACKED)
    if result.clean:
        return telling.up_to_date()
    rows = [
        [html.code(stage) if first else "", what, html.code(item) if item else "", telling.state(state)]
        for stage, found in result.stages.items()
        for first, (what, item, state) in _first(reasons(found))
    ]
    return html.table(["Stage", "Changed", "What", "State"], rows)


def _first(items: Iterator[Any]) -> Iterator[tuple[bool, Any]]:
    for at, item in enumerate(items):
        yield at == 0, item


def cloud_status(result: results.CloudStatusResult) -> Part:
    """A row for each path that cache and remote do not share."""
    if not result.paths:
        return html.note("Cache and remote are in sync.", "good")
    meaning = {"new": "only in the cache", "deleted": "only in the remote", "missing": "in neither"}
    rows = [[html.code(path), telling.state(state), meaning.get(state, "")] for path, state in result.paths.items()]
    return html.table(["Path", "State", ""], rows)


def data_status(result: results.DataStatusResult, args: Namespace) -> Part:
    """A row for each path in each group, which is named once."""
    rows: list[Sequence[Part]] = []
    for name, group in result.groups.items():
        label = name.replace("_", " ")
        states = group if isinstance(group, dict) else {label: group}
        paths = [(state, item) for state, items in states.items() for item in items]
        rows += [
            [label if first else "", telling.state(state), _path(item)] for first, (state, item) in _first(iter(paths))
        ]
    return html.table(["Group", "State", "Path"], rows) if rows else html.note("No changes.", "good")


def _path(item: str | dict[str, str]) -> Part:
    if isinstance(item, str):
        return html.code(item)
    return html.join(map(html.code, item.values()), " → ")


def added(result: results.AddResult, args: Namespace) -> Part:
    """A row for each output that is tracked now."""
    rows = [
        [
            html.code(out.path),
            html.code(out.file),
            f"{out.nfiles or 1:,}",
            telling.size(out.size),
            html.code((out.hash or "-")[:10]),
        ]
        for out in result.outs
    ]
    shown = html.table(["Tracked", "By", "Files", "Size", "Hash"], rows, numbers=(2, 3))
    return html.join([shown, telling.git_hint(result.to_stage, staged=result.staged)])


def committed(result: results.CommitResult, args: Namespace) -> Part:
    """Which stages were recorded."""
    if not result.stages:
        return html.note("Nothing had changed.", "good")
    names = html.join(map(html.code, result.stages), ", ")
    return html.join(
        [html.note(html.join(["recorded: ", names]), "good"), telling.git_hint(result.to_stage, staged=result.staged)]
    )


def changes(result: results.CheckoutResult) -> Part:
    """A row for each path that a checkout changed, and the numbers of files."""
    rows: list[Sequence[Part]] = []
    rows += [
        [telling.state(kind), html.code(path)]
        for kind, paths in (("modified", result.modified), ("added", result.added), ("deleted", result.deleted))
        for path in paths
    ]
    rows += [[telling.state("missing"), html.code(path)] for path in result.missing]
    if not rows:
        return html.note("Links were made anew." if result.relinked else "No changes.", "good")
    summary = words.counts(words.file_counts(result))
    return html.join([html.table(["Change", "Path"], rows), html.note(f"{summary}.") if summary else ""])


def checked_out(result: results.CheckoutResult, args: Namespace) -> Part:
    """What a checkout changed."""
    return changes(result)


def transferred(result: results.TransferSummary, args: Namespace) -> Part:
    """How many files went."""
    done = "pushed" if args.verb == "push" else "fetched"
    parts = [html.note(words.counts([(result.transferred, done)]) or "Everything is up to date.", "good")]
    parts += [html.note(f"missing on both sides: {item}", "bad") for item in result.missing]
    parts += [html.note(f"failed: {item}", "bad") for item in result.failed]
    return html.join(parts)


def pulled(result: results.PullResult, args: Namespace) -> Part:
    """How many files came, and what the checkout did with them."""
    fetched = words.counts([(result.fetch.transferred, "fetched")])
    return html.join([html.note(f"{fetched}.", "good") if fetched else "", changes(result.checkout)])


def ignored(result: results.IgnoreResult, args: Namespace) -> Part:
    """A row for each path that was asked about."""
    rows = [
        [
            html.code(match.path),
            html.badge("ignored", "warn") if match.ignored else html.badge("not ignored", "dim"),
            html.code(match.pattern or ""),
            html.code(f"{match.file}:{match.line}") if match.file else "",
        ]
        for match in result.matches
    ]
    return html.table(["Path", "", "Pattern", "File"], rows)
