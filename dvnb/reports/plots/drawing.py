"""A figure as one self-contained SVG picture, for wherever Vega cannot run: lines, points, bars or a matrix.

It follows dvc's templates by their names; another template's figure is drawn as lines. It has no ids, scripts or
outside references, texts are drawn in `currentColor` for light and dark themes, and everything is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dvnb.reports.plots.figures import Figure
from dvnb.reports.plots.matrix import matrix
from dvnb.reports.plots.points import Point
from dvnb.reports.plots.scales import Names, Numbers, Scale, number, scale
from dvnb.reports.plots.shapes import Area, axes, escaped, picture, px

COLOURS = ("#945dd6", "#13adc7", "#f46837", "#48bb78", "#4299e1", "#ed8936", "#f56565")
_DASHES = ("", "8 8", "8 4", "4 4", "4 2", "2 1", "1 1")
_WIDTH, _HEIGHT = 380, 250
_LEGEND_LINE = 18
_MOST_POINTS = 2000


def svg(figure: Figure) -> str:
    """The `<svg>` element; "" for a figure without points, or without values that could be drawn."""
    x, y = figure.props.get("x"), figure.props.get("y")
    if not figure.points or x is None or y is None:
        return ""
    template = str(figure.props.get("template") or "linear")
    title = str(figure.props.get("title") or figure.name)
    labels = str(figure.props.get("x_label") or x), str(figure.props.get("y_label") or y)
    if template.startswith("confusion"):
        return matrix(figure, x, y, title, labels, normalized=template.endswith("normalized"))
    series = _series(figure.points)
    area = Area(_WIDTH, _HEIGHT)
    if template.startswith("bar_horizontal"):
        drawn = _bars(series, x, y, area, sort=template.endswith("sorted"))
    else:
        drawn = _curves(series, x, y, area, dots=template.startswith("scatter"))
    if not drawn:
        return ""
    marks, across, up = drawn
    legend = _legend(list(series), area)
    return picture(area, title, labels, [*axes(area, across, up), *marks, *legend], _LEGEND_LINE * len(legend))


Series = Mapping[tuple[str, str], list[Point]]
"""Points by rev and source; the source is "" where there is one only."""


def _series(points: Sequence[Point]) -> Series:
    varied = [key for key in ("filename", "field") if len({point.get(key) for point in points}) > 1]
    joined = "filename::field"
    if any(joined in point for point in points):
        varied = [joined]
    found: dict[tuple[str, str], list[Point]] = {}
    for point in points:
        source = "::".join(str(point.get(key, "")) for key in varied)
        found.setdefault((str(point.get("rev", "")), source), []).append(point)
    return found


def _looks(names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[str, str]]:
    """(colour of the rev, dashes of the source) of each series."""
    names = list(names)
    revs = list(dict.fromkeys(rev for rev, _ in names))
    sources = sorted({source for _, source in names})
    return {
        (rev, source): (COLOURS[revs.index(rev) % len(COLOURS)], _DASHES[sources.index(source) % len(_DASHES)])
        for rev, source in names
    }


Drawn = tuple[list[str], Scale, Scale]


def _curves(series: Series, x: str, y: str, area: Area, *, dots: bool) -> Drawn | None:
    points = [point for items in series.values() for point in items]
    across = scale([point.get(x) for point in points], area.left, area.right)
    heights = [found for point in points if (found := number(point.get(y))) is not None]
    up: Scale = Numbers(heights, area.bottom, area.top)
    if not heights:
        up = Names([point.get(y) for point in points], area.bottom, area.top)
    marks: list[str] = []
    for name, (colour, dash) in _looks(series).items():
        places = [
            (left, top)
            for point in series[name]
            if (left := across.place(point.get(x))) is not None and (top := up.place(point.get(y))) is not None
        ]
        if dots or len(places) == 1:
            marks += [_dot(left, top, colour) for left, top in places[:_MOST_POINTS]]
        elif places:
            marks.append(_line(_ordered(places), colour, dash))
    return (marks, across, up) if marks else None


def _ordered(places: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """From left to right, as Vega draws lines; of very many points only some."""
    every = -(-len(places) // _MOST_POINTS)
    return sorted(places)[::every]


def _bars(series: Series, x: str, y: str, area: Area, *, sort: bool) -> Drawn | None:
    points = [point for items in series.values() for point in items]
    lengths = [found for point in points if (found := number(point.get(x))) is not None]
    if not lengths:
        return None
    across = Numbers(lengths, area.left, area.right, zero=True)
    ordered = sorted(points, key=lambda point: -(number(point.get(x)) or 0.0)) if sort else points
    names = Names([point.get(y) for point in ordered], area.top, area.bottom)
    zero = across.place(0) or area.left
    looks = _looks(series)
    thick = names.band * 0.8 / len(looks)
    marks: list[str] = []
    for at, (name, (colour, _)) in enumerate(looks.items()):
        for point in series[name]:
            end, middle = across.place(point.get(x)), names.place(point.get(y))
            if end is None or middle is None:
                continue
            top = middle - names.band * 0.4 + at * thick
            size = f'width="{px(abs(end - zero))}" height="{px(thick)}"'
            marks.append(f'<rect x="{px(min(zero, end))}" y="{px(top)}" {size} fill="{colour}"/>')
    return marks, across, names


def _line(places: Sequence[tuple[float, float]], colour: str, dash: str) -> str:
    path = " ".join(f"{px(left)},{px(top)}" for left, top in places)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'


def _dot(left: float, top: float, colour: str) -> str:
    return f'<circle cx="{px(left)}" cy="{px(top)}" r="3.2" fill="none" stroke="{colour}" stroke-width="1.6"/>'


def _legend(names: Sequence[tuple[str, str]], area: Area) -> list[str]:
    """A line below the picture for each series."""
    looks = _looks(names)
    drawn: list[str] = []
    for at, (rev, source) in enumerate(names):
        colour, dash = looks[rev, source]
        y = area.height + 14 + at * _LEGEND_LINE
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        key = f'<path d="M{px(area.left)} {px(y)}h26" stroke="{colour}" stroke-width="2.5"{dashes}/>'
        label = escaped(f"{rev} {source}".strip())
        drawn.append(f'{key}<text x="{px(area.left + 34)}" y="{px(y + 4)}">{label}</text>')
    return drawn
