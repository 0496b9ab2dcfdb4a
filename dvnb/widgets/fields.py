"""How a parameter is asked for, and what a control's text means."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from dvnb.repo.results import FormField

_OPTIONAL = re.compile(r"^(?:Optional\[(?P<inner>.+)\]|(?P<left>.+?)\s*\|\s*None|None\s*\|\s*(?P<right>.+))$")
_NUMBERS = {"int", "float"}


class FieldError(ValueError):
    """Text that is no value of its parameter."""


def plain_type(kind: str | None) -> tuple[str | None, bool]:
    """A type as annotated without what makes it optional, and whether it is; `list[int]` is a list."""
    match = _OPTIONAL.match(kind or "")
    inner = next(filter(None, match.groups()), None) if match else kind
    return (inner.partition("[")[0] if inner else None), bool(match)


def control(field: FormField) -> dict[str, Any]:
    """What the browser needs to ask for a value; `text` is what stands in the control, true or false in a checkbox."""
    parameter = field.parameter
    kind, optional = plain_type(parameter.type)
    optional = optional or kind is None or (field.has_value and field.value is None)
    asked = "choice" if parameter.choices else _control(kind, field.value)
    return {
        "name": parameter.name,
        "control": asked,
        "text": field.value if asked == "switch" else written(field.value, asked) if field.has_value else "",
        "choices": _choices(field) if asked == "choice" else [],
        "step": _step(field.value) if asked == "float" else 1,
        "optional": optional or not field.has_value,
        "type": parameter.type or "",
        "comment": parameter.comment,
        "source": field.source,
        "fixed": field.fixed,
        "default": "" if field.has_value else parameter.text,
    }


def written(value: Any, asked: str) -> str:
    """A value as the text of its control; None is none."""
    if value is None:
        return ""
    if isinstance(value, str) and asked in ("text", "any"):
        return json.dumps(value) if asked == "any" and _reads_as_json(value) else value
    return json.dumps(value, ensure_ascii=False)


def read(field: FormField, text: Any) -> Any:
    """The value that a control's text stands for. Raises: FieldError."""
    kind, optional = plain_type(field.parameter.type)
    optional = optional or kind is None or field.value is None
    asked = "choice" if field.parameter.choices else _control(kind, field.value)
    if asked in ("switch", "choice"):
        return _checked(field, asked, text)
    if not isinstance(text, str):
        raise FieldError("is sent as text")
    if asked == "text":
        return None if optional and not text else text
    if not text.strip():
        if optional:
            return None
        raise FieldError("needs a value")
    return _number(text, asked) if asked in _NUMBERS else _json(text, asked)


def _checked(field: FormField, asked: str, text: Any) -> Any:
    if asked == "switch":
        if isinstance(text, bool):
            return text
        raise FieldError("is true or false")
    for choice in [*field.parameter.choices, *([field.value] if field.has_value else [])]:
        if json.dumps(choice) == text or written(choice, "choice") == text:
            return choice
    raise FieldError(f"must be one of {', '.join(map(str, field.parameter.choices))}")


def _number(text: str, asked: str) -> int | float:
    try:
        return int(text) if asked == "int" else float(text)
    except ValueError:
        raise FieldError(f"must be a {'whole ' if asked == 'int' else ''}number, not '{text}'") from None


def _json(text: str, asked: str) -> Any:
    wanted = {"list": list, "dict": dict}.get(asked)
    try:
        value = json.loads(text)
    except ValueError as error:
        if wanted is None:
            return text
        raise FieldError(f"must be JSON: {error}") from None
    if wanted and not isinstance(value, wanted):
        raise FieldError("must be a list such as [1, 2]" if wanted is list else 'must be a mapping such as {"a": 1}')
    return value


def _control(kind: str | None, value: Any) -> str:
    known = {"bool": "switch", "int": "int", "float": "float", "str": "text", "list": "list", "dict": "dict"}
    asked = known.get(kind or "", "any")
    if asked == "switch" and not isinstance(value, bool):
        return "any"
    # A params file may hold what the notebook does not expect, and a number's control cannot show text or infinity.
    if asked in _NUMBERS and value is not None and not _is_finite(value):
        return "any"
    if asked == "int" and isinstance(value, float):
        return "float"
    return asked


def _is_finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _choices(field: FormField) -> list[list[str]]:
    choices = list(field.parameter.choices)
    if field.has_value and field.value not in choices:
        choices.insert(0, field.value)
    return [[json.dumps(choice, ensure_ascii=False), str(choice)] for choice in choices]


def _step(value: Any) -> float:
    """A tenth of the value's own size: 0.001 for 0.01 and 0.05."""
    if not value:
        return 0.1
    return float(f"1e{math.floor(math.log10(abs(value))) - 1}")


def _reads_as_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def assignment(name: str, value: Any) -> str:
    """A value as `notebook run -p` takes it: YAML, which JSON is but for numbers without end."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"{name}={'.nan' if math.isnan(value) else '.inf' if value > 0 else '-.inf'}"
    return f"{name}={json.dumps(value, ensure_ascii=False)}"
