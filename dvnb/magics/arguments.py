"""From the line behind a magic to words: quotes, comments and `~` as in a shell, names of the notebook filled in."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping
from numbers import Number
from typing import Any

from dvnb.magics.errors import DvcFailed

# `${x}` belongs to dvc's templates, `{{x}}` and `\$x` are meant as they stand.
_STEP = r"\.[^\W\d]\w*|\[[^\[\]{}]+\]"
_NAME = re.compile(rf"(?<![$\\{{])\{{([^\W\d]\w*)((?:{_STEP})*)\}}(?!\}})|(?<![$\\])\$([^\W\d]\w*)")
_WORD = re.compile(r"""[ \t\r\n]*((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^ \t\r\n'"\\])+)""", re.DOTALL)


def split(line: str, names: Mapping[str, Any]) -> list[str]:
    """The words of `line`; `{name}`, `{name.part}`, `{name[key]}` and `$name` become the value where `names` has one.

    A word that is one name of a list or tuple becomes several words.

    Raises: DvcFailed.
    """
    try:
        words = list(_words(line))
    except ValueError as error:
        raise DvcFailed(f"the line cannot be split into words: {error}", code=254) from error
    return [filled for word in words for filled in _fill(word, names)]


def _words(line: str) -> Iterator[str]:
    at = 0
    while word := _WORD.match(line, at):
        typed = word[1]
        if typed.startswith("#"):
            return
        meant = "".join(shlex.split(typed))
        yield os.path.expanduser(meant) if typed == "~" or typed.startswith("~/") else meant
        at = word.end()
    yield from shlex.split(line[at:])  # what is left has an open quote, and is refused


def _fill(word: str, names: Mapping[str, Any]) -> list[str]:
    whole = _NAME.fullmatch(word)
    if whole and (whole[1] or whole[3]) in names:
        value = _value(whole, names)
        if isinstance(value, (list, tuple, set, frozenset)):
            items = sorted(map(str, value)) if isinstance(value, (set, frozenset)) else value
            return [_text(item, word) for item in items]

    def replace(match: re.Match[str]) -> str:
        return _text(_value(match, names), match[0]) if (match[1] or match[3]) in names else match[0]

    return [_NAME.sub(replace, word)]


def _value(match: re.Match[str], names: Mapping[str, Any]) -> Any:
    value = names[match[1] or match[3]]
    for step in re.findall(_STEP, match[2] or ""):
        try:
            value = getattr(value, step[1:]) if step[0] == "." else value[_key(step[1:-1], value, names)]
        except (AttributeError, LookupError, TypeError) as error:
            raise DvcFailed(f"{match[0]} is nothing: {type(error).__name__}: {error}") from error
    return value


def _key(text: str, value: Any, names: Mapping[str, Any]) -> Any:
    """The key between brackets; the shell's rules have taken its quotes, so that a key wins over a variable."""
    if isinstance(value, Mapping) and text in value:
        return text
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return names.get(text, text)


def _text(value: Any, word: str) -> str:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (str, bool, Number)):
        return str(value)
    raise DvcFailed(f"{word} is a {type(value).__name__}: only text, paths, numbers and lists of them can be arguments")
