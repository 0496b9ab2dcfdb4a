"""Reading YAML with PyYAML's C parser and ruamel's rules, some sixteen times faster than ruamel.

Takes only what both parsers are known to read alike and gives up on the rest. Imported by `formats.yamlio` when a text
must be parsed, since `import yaml` takes as long as the whole of a small command.
Source: ruamel.yaml's resolver.py and constructor.py (YAML 1.2 rules).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import yaml  # noqa: TID253 - this module is imported only when there is something to parse
from yaml import events  # noqa: TID253

# Where the scanners differ: tabs, line separators other than \n, a byte order mark, unprintable characters, a comment
# that touches the head of a block scalar, lines of mere spaces at its start, and an explicit end of the document.
_DIFFERS = re.compile(
    "[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
    "|[|>](?:[-+0-9]*#|[^\n]*\n\n* +(?:\n|\\Z))|\n\\.\\.\\."
)
_FLOAT = re.compile(
    r"""[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?
    |[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+
    |[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?
    |[-+]?\.(?:inf|Inf|INF)
    |\.(?:nan|NaN|NAN)""",
    re.VERBOSE,
)
_INT = re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|[0-9_]+|0x[0-9a-fA-F_]+)")
_DATE = re.compile(r"[0-9]{4}-[0-9][0-9]?-[0-9]")
_NUMBER_START = frozenset("-+0123456789.")
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}


class _GiveUpError(Exception):
    """Ruamel must read this text."""


def parse(text: str) -> tuple[Any, bool] | None:
    """The document in `text` and whether JSON holds it without loss; None where ruamel must read it."""
    new_parser: Any = getattr(yaml, "CSafeLoader", None)  # PyYAML can be built without it
    if new_parser is None or _DIFFERS.search(text):
        return None
    parser = new_parser(text)
    try:
        reader = _Reader(parser.get_event)
        return reader.document(), reader.is_json
    except (yaml.YAMLError, _GiveUpError, ValueError, RecursionError):
        return None
    finally:
        parser.dispose()


class _Reader:
    """Builds plain values from the parser's events; `is_json`: all so far is such that JSON gives it back just so."""

    def __init__(self, next_event: Callable[[], Any]) -> None:
        self.next_event = next_event
        self.is_json = True

    def document(self) -> Any:
        """The only document, None if there is none."""
        self.next_event()  # the stream's start
        start = self.next_event()
        if isinstance(start, events.StreamEndEvent):
            return None
        event = self.next_event()
        if start.version or start.tags or (isinstance(event, events.ScalarEvent) and event.style in ("|", ">")):
            raise _GiveUpError
        value = self._value(event)
        self.next_event()  # the document's end
        if not isinstance(self.next_event(), events.StreamEndEvent):
            raise _GiveUpError
        return value

    def _value(self, event: Any) -> Any:
        if event.anchor or getattr(event, "tag", None):  # an alias has an anchor too
            raise _GiveUpError
        if type(event) is events.ScalarEvent:
            return self._scalar(event)
        return self._mapping() if type(event) is events.MappingStartEvent else self._sequence()

    def _scalar(self, event: Any) -> Any:
        if not event.implicit[0]:
            return event.value
        value = _plain(event.value)
        if type(value) is float and value - value != 0:
            self.is_json = False
        return value

    def _sequence(self) -> list[Any]:
        members: list[Any] = []
        while type(event := self.next_event()) is not events.SequenceEndEvent:
            members.append(self._value(event))
        return members

    def _mapping(self) -> dict[Any, Any]:
        members: dict[Any, Any] = {}
        while type(event := self.next_event()) is not events.MappingEndEvent:
            if type(event) is not events.ScalarEvent:
                raise _GiveUpError
            key = self._value(event)
            if key in members:
                raise _GiveUpError
            if type(key) is not str:
                self.is_json = False
            members[key] = self._value(self.next_event())
        return members


def _plain(text: str) -> Any:
    """A plain scalar's value by ruamel's YAML 1.2 rules."""
    if text[:1] in _NUMBER_START and text:
        if _FLOAT.fullmatch(text):
            return _float(text.replace("_", "").lower())
        if _INT.fullmatch(text):
            return _int(text.replace("_", ""))
        if _DATE.match(text):
            raise _GiveUpError
        return text
    if text in ("<<", "="):  # merging, and a default value: old YAML
        raise _GiveUpError
    return _WORDS.get(text, text)


def _float(text: str) -> float:
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


def _int(text: str) -> int:
    sign = -1 if text[0] == "-" else 1
    digits = text[1:] if text[0] in "+-" else text
    base = {"0b": 2, "0o": 8, "0x": 16}.get(digits[:2])
    return sign * (int(digits[2:], base) if base else int(digits))
