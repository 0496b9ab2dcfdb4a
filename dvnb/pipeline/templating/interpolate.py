"""`${}` in strings: what an expression may be, and how a value is written into text.

Source: dvc's parsing/interpolate.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

OPEN = "${"
# Patterns stay text until a `${` is met: compiling them costs start-up time, and `re` keeps what it compiled.
EXPRESSION = r"(?<!\\)\$\{(.*?)\}"
_WORD = r"[^.\[\]]+"
_PATH = rf"{_WORD}(?:\.{_WORD}|\[{_WORD}\])*"
_FOUND = r"[^\W_]{1,16}|."


class ExpressionError(Exception):
    """An expression is no path, or its value cannot stand where it is used."""


class MissingVariableError(Exception):
    """No variable has this name; `str(error)` is dvc's message."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Could not find '{name}'")


# What an expression means: its value. Raises MissingVariableError.
Lookup = Callable[[str], Any]


def has_expression(value: Any) -> bool:
    """Whether any string in `value` (keys of mappings too) holds `${`, escaped or not."""
    if isinstance(value, str):
        return OPEN in value
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value)
        return any(has_expression(item) for item in items.values()) or any(has_expression(key) for key in items)
    return isinstance(value, list) and any(has_expression(item) for item in cast("list[Any]", value))


def strings(value: Any) -> Iterator[str]:
    """All strings in `value`, keys of mappings included, in order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in cast("dict[Any, Any]", value).items():
            yield from strings(key)
            yield from strings(item)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from strings(item)


def holds_expression(value: Any) -> bool:
    """Whether any string in `value` holds an expression that is not escaped."""
    return any(OPEN in text and re.search(EXPRESSION, text) for text in strings(value))


def check_syntax(value: Any) -> None:
    """Raise ExpressionError for the first expression in `value` that is not a path such as `a.b[0].c`."""
    for text in strings(value):
        if OPEN in text:
            for match in re.finditer(EXPRESSION, text):
                check_path(match[1])


def check_path(expression: str) -> None:
    """Raise ExpressionError, worded and pointing as dvc's parser does, if `expression` is not a path."""
    match = re.match(_PATH, expression)
    if match and match.end() == len(expression):
        return
    at = match.end() if match else 0
    expected = "end of text" if match else "!W:(.[])"
    # The character after the last one of the expression is the closing brace.
    found = cast("re.Match[str]", re.match(_FOUND, f"{expression}}}"[at:]))[0]
    column = at + len(OPEN)
    raise ExpressionError(
        f"${{{expression}}}\n{' ' * column}^\n"
        f"ParseException: Expected {expected}, found '{found}'  (at char {column}), (line:1, col:{column + 1})"
    )


def dotted(expression: str) -> str:
    """`a[0].b` as `a.0.b`."""
    return expression.replace("[", ".").replace("]", "")


def whole(text: str) -> str | None:
    """The expression, if `text` is nothing but one."""
    match = re.match(EXPRESSION, text)
    return match[1] if match and match.end() == len(text) else None


def interpolate(text: str, lookup: Lookup, *, key: str | None, parsing: Mapping[str, Any]) -> str:
    """`text` with values in place of expressions, unescaped; `key` is the stage's key that it is part of."""

    def insert(match: re.Match[str]) -> str:
        value = lookup(match[1])
        check_type(value, key)
        return to_text(value, parsing)

    return re.sub(EXPRESSION, insert, text).replace("\\${", OPEN)


def check_type(value: Any, key: str | None) -> None:
    """Refuse lists and mappings inside text, except a mapping in `cmd`; without a `key` all is allowed."""
    if key is None or "foreach" in key or not isinstance(value, (dict, list)):
        return
    if isinstance(value, dict) and key == "cmd":
        return
    raise ExpressionError(f"Cannot interpolate data of type '{type(cast('object', value)).__name__}'")


def to_text(value: Any, parsing: Mapping[str, Any] | None = None) -> str:
    """A value as dvc writes it into a string; a mapping becomes command line flags."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return " ".join(_flags(cast("dict[str, Any]", value), parsing or {}))
    return str(value)


def _flags(mapping: dict[str, Any], parsing: Mapping[str, Any]) -> Iterator[str]:
    for name, value in _flatten(mapping, ""):
        if isinstance(value, bool):
            if value:
                yield f"--{name}"
            elif parsing.get("bool") == "boolean_optional":
                yield f"--no-{name}"
        elif isinstance(value, list):
            yield from _list_flags(name, cast("list[Any]", value), append=parsing.get("list") == "append")
        else:
            yield f"--{name} {_quoted(value)}"


def _list_flags(name: str, values: list[Any], *, append: bool) -> Iterator[str]:
    for index, value in enumerate(values):
        if isinstance(value, (list, dict)):
            raise ExpressionError(f"Cannot interpolate nested iterable in '{name}'")
        yield f"--{name} {_quoted(value)}" if append or index == 0 else _quoted(value)


def _flatten(mapping: dict[str, Any], prefix: str) -> Iterable[tuple[str, Any]]:
    for key, value in mapping.items():
        if isinstance(value, dict):
            yield from _flatten(cast("dict[str, Any]", value), f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _quoted(value: Any) -> str:
    if not isinstance(value, str):
        return str(value)
    from shlex import quote

    return quote(value)
