"""The graph as boxes and lines of plain characters, as `dag` prints it.

Source: dvc's dagascii.py.
"""

from __future__ import annotations

import math
from itertools import pairwise

from dvnb.reports.render.dag import Graph
from dvnb.reports.render.layout import Box, Layout, place

BOX_HEIGHT = 3
_FRAME = 4  # the two border characters and the two blanks around a name


def ascii_dag(graph: Graph) -> str:
    """The drawing of each connected part, one below the other; "" for a graph without nodes."""
    return "\n".join(_draw(place(part, _width, BOX_HEIGHT, gap=(None, BOX_HEIGHT))) for part in graph.components())


def _width(name: str) -> int:
    return len(name) + _FRAME


def _draw(layout: Layout) -> str:
    left, right, top, bottom = _extent(layout)
    # One column more than needed: dvc's canvas has it, and its lines keep the blanks up to there.
    canvas = [[" "] * (math.ceil(right) - math.floor(left) + 1) for _ in range(round(bottom - top))]
    # Lines first, so that boxes cover their ends.
    for line in layout.lines:
        cells = [(round(x - left), round(y - top)) for x, y in line.points]
        for start, end in pairwise(cells):
            _draw_line(canvas, start, end)
    for box in layout.boxes:
        _draw_box(canvas, box, round(box.x - box.width / 2 - left), round(box.y - top))
    return "\n".join(map("".join, canvas))


def _extent(layout: Layout) -> tuple[float, float, float, float]:
    """Left, right, top, bottom. A box hangs below its y, not around it: so do dvc's drawings place them."""
    points = [point for line in layout.lines for point in line.points]
    xs = [x for x, _ in points]
    ys = [y for _, y in points]
    for box in layout.boxes:
        xs += [box.x - box.width / 2, box.x + box.width / 2]
        ys += [box.y, box.y + box.height]
    return min(xs), max(xs), min(ys), max(ys)


def _draw_line(canvas: list[list[str]], start: tuple[int, int], end: tuple[int, int]) -> None:
    """One `*` per column of a flat line, one per row of a steep one."""
    flat = abs(end[0] - start[0]) >= abs(end[1] - start[1])
    along, across = (0, 1) if flat else (1, 0)
    first, last = sorted((start, end), key=lambda cell: cell[along])
    length = last[along] - first[along]
    for step in range(length + 1):
        shift = round(step * (last[across] - first[across]) / length) if length else 0
        x, y = (first[0] + step, first[1] + shift) if flat else (first[0] + shift, first[1] + step)
        canvas[y][x] = "*"


def _draw_box(canvas: list[list[str]], box: Box, x: int, y: int) -> None:
    border = "+" + "-" * (len(box.name) + 2) + "+"
    for row, text in enumerate((border, f"| {box.name} |", border)):
        canvas[y + row][x : x + len(text)] = text
