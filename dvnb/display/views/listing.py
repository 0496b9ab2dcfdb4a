"""How list, list-url, du and diff look in a notebook."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import Any

from dvnb.display import html, telling
from dvnb.display.html import Part
from dvnb.repo import results

_STATES = ("added", "deleted", "renamed", "modified", "not in cache")
_SHORT = 8


def listed(result: results.ListResult, args: Namespace) -> Part:
    """A row for each path: whether it is tracked data, and its size; a tree is indented."""
    if not result.rows:
        return html.note("Nothing is here.")
    with_hash = bool(args.show_hash)
    rows = [
        [
            html.indent(html.code(_name(row)), depth),
            html.badge("data", "info") if row.isout else "",
            "" if row.isdir else telling.size(row.size),
            *([html.code(row.md5 or "")] if with_hash else []),
        ]
        for row, depth in _flat(result.rows)
    ]
    headers = ["Path", "Tracked", "Size", *(["Hash"] if with_hash else [])]
    return html.table(headers, rows, numbers=(2,))


def _flat(rows: Sequence[Any], depth: int = 0) -> Iterator[tuple[Any, int]]:
    """Rows of `list` or entries of `list-url`, each before what is in it."""
    for row in rows:
        yield row, depth
        yield from _flat(row.contents, depth + 1)


def _name(row: results.ListRow | results.UrlEntry) -> str:
    return f"{row.path}/" if row.isdir and not row.path.endswith(("/", ".")) else row.path


def urls_listed(result: results.UrlListResult, args: Namespace) -> Part:
    """A row for each entry."""
    if not result.entries:
        return html.note("Nothing is there.")
    rows = [
        [html.indent(html.code(_name(entry)), depth), "" if entry.isdir else telling.size(entry.size)]
        for entry, depth in _flat(result.entries)
    ]
    return html.table(["Path", "Size"], rows, numbers=(1,))


def usage(result: results.DiskUsageResult, args: Namespace) -> Part:
    """A row for each entry with a bar of its share; the total comes last."""
    *entries, (whole, total) = result.sizes
    rows: list[Sequence[Part]] = [
        [html.code(path), telling.size(size), html.bar(size / total if total else 0)] for path, size in entries
    ]
    name = html.code(whole) if whole else "all"
    return html.table(
        ["Path", "Size", "Share"], [*rows, [html.strong(name), html.strong(telling.size(total)), ""]], numbers=(1,)
    )


def diff(result: results.DataDiffResult, args: Namespace) -> Part:
    """A row for each path that differs, and the number of files."""
    with_hash = bool(args.show_hash)
    rows: list[Sequence[Part]] = []
    counts: list[Part] = []
    for state in _STATES:
        changes = result.groups.get(state, [])
        rows += [
            [telling.state(state), _path(change["path"]), *([_digest(change.get("hash"))] if with_hash else [])]
            for change in changes
        ]
        files = sum(not str(change["path"]).endswith("/") for change in changes)
        counts += [f"{files} {state}"] if files else []
    if not rows:
        return html.note("No data differs.", "good")
    table = html.table(["Change", "Path", *(["Hash"] if with_hash else [])], rows)
    return html.join([table, html.note(html.join(["files: ", html.join(counts, ", ")])) if counts else ""])


def _path(path: Any) -> Part:
    if isinstance(path, dict):
        return html.join([html.code(path["old"]), " → ", html.code(path["new"])])
    return html.code(path)


def _digest(value: Any) -> Part:
    if isinstance(value, dict):
        return html.join([html.code((value[side] or "-")[:_SHORT]) for side in ("old", "new")], " → ")
    return html.code((value or "-")[:_SHORT])
