"""Texts: lines added and removed, and a unified diff that stays short."""

from __future__ import annotations

from collections import Counter

from dvnb.reports.content.found import Side, TextDiff

MOST_BYTES = 64 << 20
MOST_LINES = 400
_MOST_COMPARED = 4000
_PROBE = 1 << 16
_CONTEXT = 3


def is_text(side: Side) -> bool:
    """Whether a version looks like text: UTF-8 without NUL, as far as its beginning tells."""
    if side.path is None:
        return True
    with open(side.path, "rb") as file:
        data = file.read(_PROBE)
    if b"\0" in data:
        return False
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return len(data) == _PROBE and error.start > _PROBE - 4
    return True


def compare(old: Side, new: Side) -> TextDiff:
    """The lines that differ. Where very many do, only their numbers are told, taken as multisets of lines."""
    before, after = _lines(old), _lines(new)
    start = _shared(before, after)
    end = _shared(before[start:][::-1], after[start:][::-1])
    middle_old, middle_new = before[start : len(before) - end], after[start : len(after) - end]
    if len(middle_old) + len(middle_new) > _MOST_COMPARED:
        counts = Counter(middle_new)
        counts.subtract(middle_old)
        added = sum(count for count in counts.values() if count > 0)
        removed = -sum(count for count in counts.values() if count < 0)
        return TextDiff(added, removed, left_out=len(middle_old) + len(middle_new))
    return _unified(before, after, start, end, old.where, new.where)


def _unified(before: list[str], after: list[str], start: int, end: int, old: str, new: str) -> TextDiff:
    from difflib import unified_diff

    # What both share at either side is cut off but for the context, so that only the middle is compared.
    skipped = max(0, start - _CONTEXT)
    kept = max(0, end - _CONTEXT)
    one, other = (lines[skipped : len(lines) - kept] for lines in (before, after))
    lines = [line.rstrip("\r\n") for line in unified_diff(one, other, old, new, n=_CONTEXT)]
    found = TextDiff(lines=[_moved(line, skipped) if at > 1 else line for at, line in enumerate(lines)])
    found.added = sum(line.startswith("+") for line in lines[2:])
    found.removed = sum(line.startswith("-") for line in lines[2:])
    found.left_out = max(0, len(found.lines) - MOST_LINES)
    found.lines = found.lines[:MOST_LINES]
    return found


def _moved(line: str, by: int) -> str:
    """A line of the diff; in the head of a hunk the line numbers are those of the whole file."""
    if not by or not line.startswith("@@ -"):
        return line
    words = line.split(" ")
    for at in (1, 2):
        sign, first, rest = words[at][0], *words[at][1:].partition(",")[::2]
        words[at] = f"{sign}{int(first) + by}" + (f",{rest}" if rest else "")
    return " ".join(words)


def _lines(side: Side) -> list[str]:
    if side.path is None:
        return []
    with open(side.path, "rb") as file:
        return file.read().decode(errors="replace").splitlines(keepends=True)


def _shared(one: list[str], other: list[str]) -> int:
    """How many lines both begin with."""
    for at, (line, other_line) in enumerate(zip(one, other, strict=False)):
        if line != other_line:
            return at
    return min(len(one), len(other))
