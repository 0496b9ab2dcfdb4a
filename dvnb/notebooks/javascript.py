"""JSON as JavaScript writes it, since Lab parses and writes every notebook that it saves."""

from __future__ import annotations

import json
import math
from json.encoder import encode_basestring  # the C one where there is one
from typing import Any, cast

_EXACT_INTEGER = 2**53  # JavaScript knows every integer up to here
_SURELY_EXACT = 16  # characters
_MOST_DIGITS = 21  # before the point without an exponent
_LEAST_POINT = -6


class _Raw(float):
    """A number whose text in JavaScript is not Python's."""

    __slots__ = ("text",)
    text: str


def parse_number(text: str) -> int | float | None:
    """The number `text` after a trip through JavaScript; None where that turns it into null."""
    if len(text) < _SURELY_EXACT and text.lstrip("-").isdigit():
        return int(text)
    value = float(text)
    if math.isinf(value):
        return None
    if value.is_integer() and abs(value) <= _EXACT_INTEGER:
        return int(value)
    written = javascript_number(value)
    if written == float.__repr__(value):
        return value
    raw = _Raw(value)
    raw.text = written
    return raw


def javascript_number(value: float) -> str:
    """`value` (finite) as JavaScript's `String(value)` has it."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = float.__repr__(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    if fraction == "0":
        fraction = ""
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))  # where the point stands in digits
    digits = digits.rstrip("0")
    if len(digits) <= point <= _MOST_DIGITS:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= _MOST_DIGITS:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if _LEAST_POINT < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


def render(notebook: dict[str, Any]) -> str:
    """`json.dumps(sort_keys, indent=1, ensure_ascii=False)` plus a line break, numbers as `parse` left them."""
    parts: list[str] = []
    _render(notebook, "\n", parts)
    parts.append("\n")
    return "".join(parts)


def _render(value: Any, newline: str, parts: list[str]) -> None:
    if isinstance(value, str):
        parts.append(encode_basestring(value))
    elif isinstance(value, dict) and value:
        inner = newline + " "
        separator = "{" + inner
        for key, item in sorted(cast("dict[str, Any]", value).items()):
            parts += (separator, encode_basestring(key), ": ")
            _render(item, inner, parts)
            separator = "," + inner
        parts.append(newline + "}")
    elif isinstance(value, list) and value:
        inner = newline + " "
        separator = "[" + inner
        for item in cast("list[Any]", value):
            parts.append(separator)
            _render(item, inner, parts)
            separator = "," + inner
        parts.append(newline + "]")
    elif isinstance(value, _Raw):
        parts.append(value.text)
    else:  # numbers, true, false, null, {} and []
        parts.append(json.dumps(value))
