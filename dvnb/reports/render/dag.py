"""The graph that the DAG renderers draw."""

from __future__ import annotations

from collections.abc import Iterable


class Graph:
    """Nodes by name and edges `(upstream, downstream)`, each once, in the order they were given.

    The order decides how a drawing looks: nodes in the order of discovery, and the edges into one node in the order
    of its dependencies, give dvc's drawings. Nodes that only edges name come last.
    """

    __slots__ = ("edges", "nodes")

    nodes: list[str]
    edges: list[tuple[str, str]]

    def __init__(self, nodes: Iterable[str], edges: Iterable[tuple[str, str]] = ()) -> None:
        self.edges = list(dict.fromkeys(edges))
        self.nodes = list(dict.fromkeys([*nodes, *(name for edge in self.edges for name in edge)]))

    def components(self) -> list[Graph]:
        """The parts that no edge connects, in the order of their first nodes."""
        neighbours: dict[str, list[str]] = {name: [] for name in self.nodes}
        for upstream, downstream in self.edges:
            neighbours[upstream].append(downstream)
            neighbours[downstream].append(upstream)
        part_of: dict[str, int] = {}
        count = 0
        for start in self.nodes:
            if start not in part_of:
                _mark(start, count, neighbours, part_of)
                count += 1
        nodes: list[list[str]] = [[] for _ in range(count)]
        edges: list[list[tuple[str, str]]] = [[] for _ in range(count)]
        for name in self.nodes:
            nodes[part_of[name]].append(name)
        for edge in self.edges:
            edges[part_of[edge[0]]].append(edge)
        return [Graph(*part) for part in zip(nodes, edges, strict=True)]


def _mark(start: str, part: int, neighbours: dict[str, list[str]], part_of: dict[str, int]) -> None:
    part_of[start] = part
    waiting = [start]
    while waiting:
        for name in neighbours[waiting.pop()]:
            if name not in part_of:
                part_of[name] = part
                waiting.append(name)
