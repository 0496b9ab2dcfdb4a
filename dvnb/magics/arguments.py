"""From the line behind a magic to words: quotes as in a shell, names of the notebook filled in."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from numbers import Number
from typing import Any

from dvnb.magics.errors import DvcFailed

# `${x}` belongs to dvc's templates, `{{x}}` and `\$x` are meant as they stand.
_NAME = re.compile(r"(?<![$\\{])\{([^\W\d]\w*)\}(?!\})|(?<![$\\])\$([^\W\d]\w*)")


def split(line: str, names: Mapping[str, Any]) -> list[str]:
    """The words of `line`; `{name}` and `$name` become the value where `names` has one.

    A word that is one name of a list or tuple becomes several words.

    Raises: DvcFailed.
    """
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise DvcFailed(f"the line cannot be split into words: {error}", code=254) from error
    return [filled for word in words for filled in _fill(word, names)]


def _fill(word: str, names: Mapping[str, Any]) -> list[str]:
    whole = _NAME.fullmatch(word)
    if whole:
        value = names.get(whole[1] or whole[2])
        if isinstance(value, (list, tuple, set, frozenset)):
            items = sorted(map(str, value)) if isinstance(value, (set, frozenset)) else value
            return [_text(item, word) for item in items]

    def replace(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        return _text(names[name], match[0]) if name in names else match[0]

    return [_NAME.sub(replace, word)]


def _text(value: Any, word: str) -> str:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (str, bool, Number)):
        return str(value)
    raise DvcFailed(f"{word} is a {type(value).__name__}: only text, paths, numbers and lists of them can be arguments")
