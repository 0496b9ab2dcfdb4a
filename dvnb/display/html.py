"""HTML for a notebook's output: tables, badges and notes that need no script and suit light and dark themes.

Styles are inline, since notebook viewers drop style sheets; colours are mid-tones and see-through, so that they can
be read on white and on black.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Literal

Tone = Literal["good", "bad", "warn", "info", "dim"]

_COLOURS: dict[Tone, str] = {
    "good": "46,158,91",
    "bad": "217,83,79",
    "warn": "196,134,16",
    "info": "59,130,214",
    "dim": "128,128,128",
}
MOST_ROWS = 500
_LINE = "1px solid rgba(128,128,128,.3)"
_CELL = f"padding:.25em .8em;text-align:left;vertical-align:baseline;border:none;border-bottom:{_LINE};"
_HEAD = f"{_CELL}font-weight:600;border-bottom:2px solid rgba(128,128,128,.5);"
_NUMBER = "text-align:right;font-variant-numeric:tabular-nums;"
_BADGE = "display:inline-block;padding:0 .55em;border-radius:.7em;font-size:.9em;white-space:nowrap;"
_STRIPE = "background:rgba(128,128,128,.07);"


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


Part = str | Html


def text(part: Part) -> Html:
    """`part` as HTML."""
    return part if isinstance(part, Html) else Html(escape(part))


def join(parts: Iterable[Part], between: str = "") -> Html:
    """All parts, one after the other."""
    return Html(between.join(map(text, parts)))


def block(*parts: Part) -> Html:
    """The whole output: its parts below each other."""
    return Html(f'<div style="font-size:13px;line-height:1.5">{join(part for part in parts if part)}</div>')


def badge(label: str, tone: Tone) -> Html:
    """A short word in a coloured pill."""
    colour = _COLOURS[tone]
    return Html(f'<span style="{_BADGE}color:rgb({colour});background:rgba({colour},.14)">{escape(label)}</span>')


def note(part: Part, tone: Tone = "dim") -> Html:
    """A line of its own with a coloured edge."""
    colour = _COLOURS[tone]
    return Html(f'<div style="margin:.3em 0;padding:.15em .8em;border-left:3px solid rgb({colour})">{text(part)}</div>')


def code(part: str) -> Html:
    """A path or a command."""
    return Html(f'<code style="background:none;color:inherit;padding:0">{escape(part)}</code>')


def strong(part: Part) -> Html:
    """What a total is set in."""
    return Html(f"<strong>{text(part)}</strong>")


def indent(part: Part, depth: int) -> Html:
    """A name in a tree."""
    return Html(f'<span style="padding-left:{1.4 * depth:.1f}em">{text(part)}</span>') if depth else text(part)


def bar(share: float) -> Html:
    """A share of a whole, from 0 to 1, as the length of a bar."""
    colour, width = _COLOURS["info"], 8 * min(max(share, 0.0), 1.0)
    drawn = f"display:inline-block;height:.7em;border-radius:.2em;background:rgba({colour},.6);width:{width:.2f}em"
    return Html(f'<span style="{drawn}"></span> <span style="opacity:.7">{share:.0%}</span>')


def lines(parts: Iterable[Part]) -> Html:
    """Parts, each on a line of its own."""
    return join(parts, "<br>")


def folded(title: str, part: Part) -> Html:
    """What is shown once somebody opens it."""
    return Html(f'<details style="margin:.3em 0"><summary>{escape(title)}</summary>{text(part)}</details>')


def table(headers: Sequence[str], rows: Sequence[Sequence[Part]], *, numbers: Iterable[int] = ()) -> Html:
    """A table; the columns in `numbers` are aligned right. Of very many rows the first are shown."""
    right = set(numbers)
    head = "".join(
        f'<th style="{_HEAD}{_NUMBER if at in right else ""}">{escape(header)}</th>'
        for at, header in enumerate(headers)
    )
    body = "".join(_row(row, right, striped=bool(at % 2)) for at, row in enumerate(rows[:MOST_ROWS]))
    more = len(rows) - MOST_ROWS
    return Html(
        '<table style="border-collapse:collapse;border:none;margin:.3em 0;color:inherit">'
        f'<thead><tr style="background:none">{head}</tr></thead><tbody>{body}</tbody></table>'
        + (
            note(f"… and {more:,} more: the result has all of them, this table the first {MOST_ROWS:,}")
            if more > 0
            else ""
        )
    )


def _row(cells: Sequence[Part], right: set[int], *, striped: bool) -> str:
    shown = "".join(
        f'<td style="{_CELL}{_NUMBER if at in right else ""}">{text(cell)}</td>' for at, cell in enumerate(cells)
    )
    return f'<tr style="{_STRIPE if striped else "background:none"}">{shown}</tr>'
