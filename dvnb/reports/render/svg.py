"""The graph as one self-contained SVG picture for notebooks and web pages.

It draws in `currentColor` only, so that it suits light and dark themes, and has no ids, scripts or outside
references, so that any number of pictures can share a page.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from dvnb.records import dataclass
from dvnb.reports.render.dag import Graph
from dvnb.reports.render.layout import Box, Layout, Line, place
from dvnb.reports.render.table import display_width

# All sizes are in pixels. The font has a fixed pitch of about 0.6 em, so that widths can be known without drawing.
FONT_SIZE = 13
_PITCH = FONT_SIZE * 0.61
_BOX_PADDING = 14
_BOX_HEIGHT = 34
_GAP = (26, 38)
_MARGIN = 6
_PARTS_GAP = 40
_ARROW = 7


@dataclass(frozen=True, slots=True)
class Arranged:
    """A graph's parts side by side, each with how far it is moved to the right and down; and the whole's size."""

    parts: list[tuple[float, float, Layout]]
    width: float
    height: float


def arranged(graph: Graph) -> Arranged:
    """Where everything goes, in pixels."""
    parts: list[tuple[float, float, Layout]] = []
    width, height = float(_MARGIN), 0.0
    for component in graph.components():
        part = place(component, _box_width, _BOX_HEIGHT, gap=_GAP)
        left, right, top, bottom = _extent(part)
        parts.append((width - left, _MARGIN - top, part))
        width += right - left + _PARTS_GAP
        height = max(height, bottom - top)
    return Arranged(parts, width + (_MARGIN - _PARTS_GAP if parts else _MARGIN), height + 2 * _MARGIN)


def svg_dag(graph: Graph, *, marked: Collection[str] = (), notes: Mapping[str, str] | None = None) -> str:
    """The `<svg>` element; nodes whose name ends in ".dvc" (data, no command) have round ends.

    `marked` nodes (say, those that changed) stand out; `notes` are shown when the pointer rests on a node.
    """
    whole = arranged(graph)
    drawn: list[str] = []
    for right, down, part in whole.parts:
        drawn.append(f'<g transform="translate({_number(right)} {_number(down)})">')
        drawn.extend(map(_line, part.lines))
        drawn.extend(_box(box, marked=box.name in marked, note=(notes or {}).get(box.name, "")) for box in part.boxes)
        drawn.append("</g>")
    width, height = _number(whole.width), _number(whole.height)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{_label(graph)}" '
        'style="max-width:100%;height:auto" fill="none" stroke="currentColor" '
        f'font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="{FONT_SIZE}">\n'
        + "".join(f"{element}\n" for element in drawn)
        + "</svg>"
    )


def _label(graph: Graph) -> str:
    return f"Graph of {len(graph.nodes)} nodes and {len(graph.edges)} edges"


def _box_width(name: str) -> float:
    return round(display_width(name) * _PITCH) + 2 * _BOX_PADDING


def _extent(layout: Layout) -> tuple[float, float, float, float]:
    xs = [x for line in layout.lines for x, _ in line.points]
    for box in layout.boxes:
        xs += [box.x - box.width / 2, box.x + box.width / 2]
    return (
        min(xs),
        max(xs),
        min(box.y - box.height / 2 for box in layout.boxes),
        max(box.y + box.height / 2 for box in layout.boxes),
    )


def curve(line: Line) -> tuple[str, str]:
    """The way of a line that leaves and enters boxes, and passes its bends, vertically; and its arrow's head."""
    start = (line.start.x, line.start.y + line.start.height / 2)
    tip = (line.end.x, line.end.y - line.end.height / 2)
    path = f"M{_point(*start)}"
    x, y = start
    for to_x, to_y in (*line.points[1:-1], (tip[0], tip[1] - _ARROW)):
        middle = (y + to_y) / 2
        path += f"C{_point(x, middle)} {_point(to_x, middle)} {_point(to_x, to_y)}"
        x, y = to_x, to_y
    return path, f"M{_point(*tip)}l{_number(-_ARROW / 2)} {-_ARROW}h{_ARROW}z"


def _line(line: Line) -> str:
    path, head = curve(line)
    arrow = f'<path d="{head}" fill="currentColor" stroke="none"/>'
    return f'<g opacity=".6"><path d="{path}" stroke-width="1.4"/>{arrow}</g>'


def _box(box: Box, *, marked: bool, note: str) -> str:
    radius = _BOX_HEIGHT / 2 if box.name.endswith(".dvc") else 8
    corner = f'x="{_number(box.x - box.width / 2)}" y="{_number(box.y - box.height / 2)}"'
    size = f'width="{_number(box.width)}" height="{_number(box.height)}" rx="{_number(radius)}"'
    look = 'fill-opacity=".18" stroke-width="2.2"' if marked else 'fill-opacity=".06" stroke-opacity=".55"'
    title = f"<title>{escaped(note)}</title>" if note else ""
    return (
        f'<g>{title}<rect {corner} {size} fill="currentColor" {look}/>'
        f'<text x="{_number(box.x)}" y="{_number(box.y)}" text-anchor="middle" dominant-baseline="central" '
        f'fill="currentColor" stroke="none">{escaped(box.name)}</text></g>'
    )


def _point(x: float, y: float) -> str:
    return f"{_number(x)} {_number(y)}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
# Control characters are not allowed in XML at all, not even escaped.
_FORBIDDEN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"


def escaped(text: str) -> str:
    """Text that can stand in an element or an attribute."""
    return re.sub(_FORBIDDEN, "\ufffd", text).translate(_MARKUP)
