"""Lineage in a notebook: the graph as a picture, and a row for each place on the way."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Collection

from dvnb.commands.text import lineage as words
from dvnb.commands.text.listing import natural_size
from dvnb.commands.text.why import commit
from dvnb.display import html, telling
from dvnb.display.html import Html, Part
from dvnb.repo.results.lineage import LineageNode, LineageResult

_SHORT = 7


def lineage(result: LineageResult, args: Namespace) -> Part:
    """The picture, what was asked about standing out, and the table."""
    targets = [node.name for node in result.nodes if node.role == "target"]
    return html.join([picture(result, targets), html.folded(f"{len(result.nodes)} nodes", rows(result))])


def picture(result: LineageResult, marked: Collection[str]) -> Html:
    """The graph; some nodes stand out."""
    from dvnb.reports.render.dag import Graph  # drawing takes numpy with it
    from dvnb.reports.render.svg import svg_dag

    notes = {node.name: "\n".join(words.details(node)) for node in result.nodes}
    return Html(svg_dag(Graph([node.name for node in result.nodes], result.edges), marked=marked, notes=notes))


def rows(result: LineageResult) -> Html:
    """A row for each node."""
    return html.table(["", "What", "Recorded", "State", "Last changed by"], list(map(_row, result.nodes)))


def _row(node: LineageNode) -> list[Part]:
    if node.kind in ("stage", "params"):
        values = words.pairs({key: value for found in node.params.values() for key, value in found.items()})
        recorded: Part = html.lines([html.code(text) for text in (words.command(node), values) if text])
    else:
        size = "" if node.size is None else f" {natural_size(node.size)}"
        recorded = html.join([html.code(node.hash[:_SHORT]), size]) if node.hash else ""
    name = html.code(node.name)
    return [
        node.kind,
        html.strong(name) if node.role == "target" else name,
        recorded,
        telling.state(node.state) if node.state else "",
        commit(node.commit) if node.commit else "",
    ]
