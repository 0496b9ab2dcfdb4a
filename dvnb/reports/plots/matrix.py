"""A confusion matrix as a picture: one square for each rev, darker where more fell together."""

from __future__ import annotations

from collections import Counter

from dvnb.reports.plots.figures import Figure
from dvnb.reports.plots.scales import Names
from dvnb.reports.plots.shapes import Area, cut, escaped, picture, px

_SIDE = 190
_GAP = 26
_TOP = 52


def matrix(figure: Figure, x: str, y: str, title: str, labels: tuple[str, str], *, normalized: bool) -> str:
    """The `<svg>` element; `normalized`: shares of all that have the same `y`."""
    revs = list(dict.fromkeys(str(point.get("rev", "")) for point in figure.points))
    columns = sorted({str(point.get(x)) for point in figure.points})
    rows = sorted({str(point.get(y)) for point in figure.points})
    area = Area(80 + len(revs) * (_SIDE + _GAP), _TOP + _SIDE + 42, left=66, top=_TOP)
    up = Names(rows, area.top, area.bottom)
    marks = [
        f'<text x="{px(area.left - 6)}" y="{px(at + 4)}" text-anchor="end">{escaped(cut(name, 9))}</text>'
        for at, name in up.ticks()
    ]
    for at, rev in enumerate(revs):
        left = area.left + at * (_SIDE + _GAP)
        across = Names(columns, left, left + _SIDE)
        counts = Counter((str(p.get(x)), str(p.get(y))) for p in figure.points if str(p.get("rev", "")) == rev)
        middle = px(left + _SIDE / 2)
        marks.append(f'<text x="{middle}" y="{px(area.top - 7)}" text-anchor="middle">{escaped(cut(rev, 28))}</text>')
        marks += _cells(counts, across, up, normalized=normalized)
        marks += [
            f'<text x="{px(place)}" y="{px(area.bottom + 15)}" text-anchor="middle">{escaped(cut(name, 9))}</text>'
            for place, name in across.ticks()
        ]
    return picture(area, title, labels, marks, 0)


def _cells(counts: Counter[tuple[str, str]], across: Names, up: Names, *, normalized: bool) -> list[str]:
    totals: Counter[str] = Counter()
    for (_, row), count in counts.items():
        totals[row] += count
    shares = {cell: count / totals[cell[1]] if normalized else float(count) for cell, count in counts.items()}
    most = max(shares.values(), default=1.0)
    drawn: list[str] = []
    for column in across.names:
        for row in up.names:
            share = shares.get((column, row), 0.0)
            middle, height = across.place(column) or 0.0, up.place(row) or 0.0
            corner = f'x="{px(middle - across.band / 2)}" y="{px(height - up.band / 2)}"'
            size = f'width="{px(across.band)}" height="{px(up.band)}"'
            shade = 0.06 + 0.8 * share / most
            look = f'fill="#945dd6" fill-opacity="{shade:.2f}" stroke="currentColor" stroke-opacity=".2"'
            text = f"{share:.2f}" if normalized else f"{share:.0f}"
            drawn.append(f"<rect {corner} {size} {look}/>")
            drawn.append(f'<text x="{px(middle)}" y="{px(height + 4)}" text-anchor="middle">{text}</text>')
    return drawn
