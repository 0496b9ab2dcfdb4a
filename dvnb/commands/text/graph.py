"""The words of dag: drawings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvnb.reports.render.dag import Graph

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import DagResult


def dag(result: DagResult, args: Namespace, style: Style) -> str:
    """Boxes and lines, or the graph in the language that was asked for."""
    # Each drawing has its own means, of which one is wanted.
    graph = Graph(result.nodes, result.edges)
    if args.dot:
        from dvnb.reports.render.dot import dot

        return dot(graph)
    if args.mermaid or args.markdown:
        from dvnb.reports.render.mermaid import mermaid

        return mermaid(graph, markdown=args.markdown)
    from dvnb.reports.render.ascii import ascii_dag

    return ascii_dag(graph)
