"""Where the boxes and lines of a connected graph go: layers from upstream down to downstream.

The layered (Sugiyama) layout is grandalf's, as in dvc, so that drawings agree with dvc's character for character.
Source: dvc's dagascii.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from dvnb.records import dataclass
from dvnb.reports.render.dag import Graph

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A node with its centre and size; y grows downwards."""

    name: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """An edge: it leaves the border of `start` at `points[0]`, bends at the inner ones, meets `end` at `points[-1]`."""

    start: Box
    end: Box
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A drawn component; coordinates may be negative."""

    boxes: list[Box]
    lines: list[Line]


class _Route:
    """What grandalf hands an edge's way to."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self.head_angle = 0.0

    def setpath(self, points: list[Point]) -> None:
        self.points = points


class _View:
    """What grandalf wants to know of a node (its size), and where it puts the centre."""

    def __init__(self, width: float, height: float) -> None:
        self.w = width
        self.h = height
        self.xy: Point = (0, 0)


def place(part: Graph, width: Callable[[str], float], height: float, *, gap: tuple[float | None, float]) -> Layout:
    """Lay out one connected component of at least one node.

    `gap` is the room between neighbours, across and down; across None: the width of the narrowest box.
    """
    # Imported here, not above: it takes numpy with it where that is installed, and only drawings need it.
    graphs: Any = import_module("grandalf.graphs")
    layouts: Any = import_module("grandalf.layouts")
    routing: Any = import_module("grandalf.routing")

    vertices: dict[str, Any] = {}
    for name in part.nodes:
        vertices[name] = graphs.Vertex(name)
        vertices[name].view = _View(width(name), height)
    position = {name: index for index, name in enumerate(part.nodes)}
    edges: list[Any] = []
    for upstream, downstream in sorted(part.edges, key=lambda edge: position[edge[1]]):
        edges.append(graphs.Edge(vertices[upstream], vertices[downstream]))
        edges[-1].view = _Route()
    core = graphs.Graph(list(vertices.values()), edges).C[0]
    # grandalf keeps the edges of a component in a set, by their addresses in memory, and dvc's drawings differ from
    # one run to the next for it. In the order given, the same graph always looks the same.
    core.sE = type(core.sE)(edges)
    layout = layouts.SugiyamaLayout(core)
    layout.xspace = min(vertex.view.w for vertex in vertices.values()) if gap[0] is None else gap[0]
    layout.yspace = gap[1]
    layout.route_edge = routing.route_with_lines
    with _deep_recursion(10 * (len(vertices) + len(edges))):
        layout.init_all(roots=[vertex for vertex in core.sV if not vertex.e_in()], optimize=True)
        layout.draw()
    boxes = {v.data: Box(v.data, v.view.xy[0], v.view.xy[1], v.view.w, v.view.h) for v in core.sV}
    lines = [Line(boxes[e.v[0].data], boxes[e.v[1].data], tuple(map(tuple, e.view.points))) for e in core.sE]
    return Layout(list(boxes.values()), lines)


@contextmanager
def _deep_recursion(depth: int) -> Generator[None]:
    """Room for `depth` more calls: grandalf descends into the graph by recursion, and long chains need it."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + depth)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
