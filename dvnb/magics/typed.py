"""What is typed up to the cursor of a `%dvc` or `%%stage` line: whole words, and the one that is begun."""

from __future__ import annotations

import re
from typing import NamedTuple

# `x = %dvc …` and lines in a block are magics too; so is `dvc …` where IPython adds the percent sign.
_LINE = re.compile(r"\s*(?:[^=%!?#]+=\s*)?%dvc\s+|dvc\s+")
_CELL = re.compile(r"%%(?:dvc_)?stage\s+")
_LIST = re.compile(r"\s*(?:[^=%!?#]+=\s*)?%stages\s+")
_SPECIAL = re.compile(r"([\s\\'\"])")


class Typed(NamedTuple):
    """A line being typed: `words` stand before the cursor's word, `begun` is its text, `fragment` that as it stands.

    `quote` is the mark that is still open.
    """

    words: list[str]
    begun: str
    fragment: str
    quote: str

    def continued(self, done: str) -> Typed:
        """The rest of the word behind `done`, which is how it begins and stays."""
        return self._replace(begun=self.begun[len(done) :], fragment=self.fragment[len(done) :])

    def written(self, text: str, *, closed: bool) -> str:
        """`text` in place of the fragment, quoted as that is; `closed`: what is quoted ends there."""
        if self.quote and self.fragment.startswith(self.quote):
            return f"{self.quote}{text}{self.quote if closed else ''}"
        return text if self.quote else _SPECIAL.sub(r"\\\1", text)


def of_line(text: str) -> Typed | None:
    """What is typed behind `%dvc`; None if `text`, up to the cursor, is no such line."""
    found = _LINE.match(text)
    return split(text[found.end() :]) if found else None


def of_cell(text: str) -> Typed | None:
    """What is typed behind `%%stage`."""
    found = _CELL.match(text)
    return split(text[found.end() :]) if found else None


def of_list(text: str) -> Typed | None:
    """What is typed behind `%stages`."""
    found = _LIST.match(text)
    return split(text[found.end() :]) if found else None


def split(text: str) -> Typed:
    """Words as a shell would see them; the last one may be open."""
    words: list[str] = []
    word, start, quote, escaped = "", -1, "", False
    for at, letter in enumerate(text):
        if start < 0 and not letter.isspace():
            start = at
        if escaped:
            word, escaped = word + letter, False
        elif letter == "\\" and quote != "'":
            escaped = True
        elif letter == quote:
            quote = ""
        elif not quote and letter in "'\"":
            quote = letter
        elif quote or not letter.isspace():
            word += letter
        elif start >= 0:
            words.append(word)
            word, start = "", -1
    return Typed(words, word, text[start:] if start >= 0 else "", quote)
