"""The graph in Graphviz's language, as `dag --dot` prints it.

Source: dvc's commands/dag.py with pydot.
"""

from __future__ import annotations

from dvnb.reports.render.dag import Graph


def dot(graph: Graph) -> str:
    """The digraph; it ends with a line feed, and dvc prints one more."""
    position = {name: index for index, name in enumerate(graph.nodes)}
    edges = sorted(graph.edges, key=lambda edge: (position[edge[0]], position[edge[1]]))
    lines = [
        "strict digraph {",
        *(f"{_quoted(name)};" for name in graph.nodes),
        *(f"{_quoted(upstream)} -> {_quoted(downstream)};" for upstream, downstream in edges),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '\\"') + '"'
