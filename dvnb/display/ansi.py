"""What programs write to terminals as HTML: colours kept, what moves the cursor dropped, overwritten lines gone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from dvnb.display.html import Html

# A terminal's eight colours as mid-tones, which can be read on white and on black.
_PALETTE = (
    "128,128,128",
    "217,83,79",
    "46,158,91",
    "196,134,16",
    "59,130,214",
    "172,95,198",
    "32,153,160",
    "150,150,150",
)
_ESCAPE = re.compile(r"\x1b\[([0-9;:]*)m|\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-_]?")
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_MARKS = {1: "font-weight:600", 2: "opacity:.7", 3: "font-style:italic", 4: "text-decoration:underline"}
_ENDS = {22: (1, 2), 23: (3,), 24: (4,)}
_BRIGHT, _STEPS, _GREYS = 8, 16, 232  # of the 256 colours: the named ones, the cube, the greys


def lines(segments: Iterable[tuple[str, str]]) -> list[Html]:
    """The lines of text that comes in pieces, each with the CSS of its own, such as that of a stream."""
    pen = _Pen()
    found: list[list[str]] = [[]]
    for text, style in segments:
        at = 0
        text = text.replace("\r\n", "\n")  # noqa: PLW2901 - the same text
        for mark in _ESCAPE.finditer(text):
            _write(found, text[at : mark.start()], pen, style)
            if mark[1] is not None:
                pen.set(mark[1])
            at = mark.end()
        _write(found, text[at:], pen, style)
    if not found[-1]:
        found.pop()
    return [Html("".join(line)) for line in found]


def _write(found: list[list[str]], text: str, pen: _Pen, style: str) -> None:
    for number, line in enumerate(text.split("\n")):
        if number:
            found.append([])
        before, back, shown = line.rpartition("\r")
        if back and shown:  # a progress bar that was drawn anew
            found[-1].clear()
        shown = _UNSEEN.sub("", shown or before.rpartition("\r")[2])
        if shown:
            css = ";".join(part for part in (style, pen.css()) if part)
            found[-1].append(f'<span style="{css}">{escape(shown)}</span>' if css else escape(shown))


class _Pen:
    """How a terminal would write: marks and colours that are set."""

    def __init__(self) -> None:
        self._marks: set[int] = set()
        self._ink = self._paper = ""

    def css(self) -> str:
        """As a style."""
        parts = [_MARKS[mark] for mark in sorted(self._marks)]
        parts += [f"color:rgb({self._ink})"] if self._ink else []
        parts += [f"background:rgba({self._paper},.3)"] if self._paper else []
        return ";".join(parts)

    def set(self, text: str) -> None:
        """Do what the numbers of an escape sequence say."""
        codes = [int(code) if code else 0 for code in re.split("[;:]", text)]
        while codes:
            code = codes.pop(0)
            if code in (38, 48):
                self._colour(_extended(codes), ink=code == 38)  # noqa: PLR2004 - the codes of the standard
            else:
                self._plain(code)

    def _plain(self, code: int) -> None:
        tens, units = divmod(code, 10)
        if code == 0:
            self.__init__()
        elif code in _MARKS:
            self._marks.add(code)
        elif code in _ENDS:
            self._marks.difference_update(_ENDS[code])
        elif tens in (3, 9, 4, 10) and (units < _BRIGHT or units == 9):  # noqa: PLR2004
            self._colour("" if units == 9 else _PALETTE[units], ink=tens in (3, 9))  # noqa: PLR2004

    def _colour(self, colour: str, *, ink: bool) -> None:
        if ink:
            self._ink = colour
        else:
            self._paper = colour


def _extended(codes: list[int]) -> str:
    """One of 256 colours (`5;N`) or any (`2;R;G;B`); takes its numbers from `codes`."""
    kind = codes.pop(0) if codes else 0
    if kind == 2:  # noqa: PLR2004
        parts = [min(code, 255) for code in codes[:3]]
        del codes[:3]
        return ",".join(map(str, parts)) if len(parts) == len("rgb") else ""
    if not codes or kind != 5:  # noqa: PLR2004
        return ""
    number = codes.pop(0)
    if number < _STEPS:
        return _PALETTE[number % _BRIGHT]
    if number < _GREYS:
        steps = [(number - _STEPS) // 36 % 6, (number - _STEPS) // 6 % 6, (number - _STEPS) % 6]
        return ",".join(str(55 + 40 * step if step else 0) for step in steps)
    grey = 8 + 10 * (min(number, 255) - _GREYS)
    return f"{grey},{grey},{grey}"
