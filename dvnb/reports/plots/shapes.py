"""What pictures of figures are made of: the frame, its axes and texts."""

from __future__ import annotations

from collections.abc import Iterable

from dvnb.reports.plots.scales import Scale
from dvnb.reports.render.svg import escaped

__all__ = ["Area", "axes", "cut", "escaped", "picture", "px"]

_FONT = "system-ui,-apple-system,Segoe UI,sans-serif"
_LONGEST = 42


class Area:
    """A picture of this size, and in it the place for marks."""

    def __init__(self, width: float, height: float, *, left: float = 62, top: float = 30) -> None:
        self.width, self.height = width, height
        self.left, self.top = left, top
        self.right, self.bottom = width - 14, height - 42


def px(value: float) -> str:
    """A length, as short as it may be."""
    return f"{value:.1f}".removesuffix(".0")


def cut(text: str, longest: int = _LONGEST) -> str:
    """A text that fits."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def axes(area: Area, across: Scale, up: Scale) -> list[str]:
    """Lines of the grid, and what is written beside them."""
    drawn: list[str] = []
    for at, name in across.ticks():
        drawn.append(f'<path d="M{px(at)} {px(area.top)}V{px(area.bottom)}" {_GRID}/>')
        drawn.append(
            f'<text x="{px(at)}" y="{px(area.bottom + 15)}" text-anchor="middle">{escaped(cut(name, 10))}</text>'
        )
    for at, name in up.ticks():
        drawn.append(f'<path d="M{px(area.left)} {px(at)}H{px(area.right)}" {_GRID}/>')
        drawn.append(f'<text x="{px(area.left - 6)}" y="{px(at + 4)}" text-anchor="end">{escaped(cut(name, 9))}</text>')
    return drawn


_GRID = 'stroke="currentColor" stroke-opacity=".15"'


def picture(area: Area, title: str, labels: tuple[str, str], marks: Iterable[str], below: float) -> str:
    """The `<svg>` element with title and labels; `below` pixels are added at the bottom."""
    height = area.height + below
    middle = (area.top + area.bottom) / 2
    shown = escaped(cut(title, 60))
    size = f'width="{px(area.width)}" height="{px(height)}" viewBox="0 0 {px(area.width)} {px(height)}"'
    centre = (area.left + area.right) / 2
    element = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escaped(title)}" '
        f'style="max-width:100%;height:auto" font-family="{_FONT}" font-size="11" fill="currentColor">'
    )
    turned = f'transform="translate(13 {px(middle)}) rotate(-90)" text-anchor="middle"'
    return "\n".join(
        [
            element,
            f'<text x="{px(centre)}" y="18" text-anchor="middle" font-weight="600" font-size="13">{shown}</text>',
            *marks,
            f'<text x="{px(centre)}" y="{px(area.bottom + 33)}" text-anchor="middle">{escaped(cut(labels[0]))}</text>',
            f"<text {turned}>{escaped(cut(labels[1]))}</text>",
            "</svg>",
        ]
    )
