"""YAML in and out: reads as dvc reads (YAML 1.2, duplicate keys refused), writes the bytes that dvc writes.

Reading goes through PyYAML's C parser (`formats.yamlfast`), and through ruamel.yaml where the two could differ or the
text is wrong. Writing is ruamel.yaml's round trip, so comments and order survive. Both are imported only when needed: a
document whose parse is in the cache costs neither.
Source: dvc's utils/serialize/_yaml.py, utils/collections.py.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence
from io import StringIO
from typing import Any, Protocol, cast

from dvnb.errors import FormatError
from dvnb.objects.hashing import md5_bytes


class ParseCache(Protocol):
    """Remembers parsed documents by the hash of their bytes; values are JSON."""

    def get(self, digest: str) -> Any | None:
        """The value stored under `digest`, None where there is none."""
        ...

    def put(self, digest: str, value: Any) -> None:
        """Store a value that JSON can hold."""
        ...


def load(data: bytes, path: str, cache: ParseCache | None = None) -> Any:
    """The document in `data`, plain dicts, lists and scalars; None for an empty one. `path` is named in errors.

    Raises: FormatError with dvc's words, and the line and column where known.
    """
    digest = "yaml:" + md5_bytes(data)
    known = None if cache is None else cache.get(digest)
    if known is not None:
        return known
    text = decode(data, path)
    try:
        value, is_json = parse(text)
    except ValueError as error:
        raise _corrupted(error, path) from error
    if cache is not None and is_json and value is not None:
        cache.put(digest, value)
    return value


def decode(data: bytes, path: str) -> str:
    """The text in `data`, with the line ends of any system as newlines, as reading in text mode gives it."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"unable to read: '{path}', is not valid utf-8: {error}"
        raise FormatError(message, path, line=data.count(b"\n", 0, error.start) + 1) from error
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def parse(text: str) -> tuple[Any, bool]:
    """The document in `text`, and whether JSON holds it without loss.

    Raises: YamlTextError; its cause is ruamel's error, which knows the position.
    """
    if not text.strip(" \n"):
        return None, True
    from dvnb.formats import yamlfast  # brings PyYAML with it

    fast = yamlfast.parse(text)
    if fast is not None:
        return fast
    value = _parse_with_ruamel(text)
    return value, _is_json(value, set())


class YamlTextError(ValueError):
    """The text is not YAML; the cause is the parser's own error."""


def _parse_with_ruamel(text: str, kind: str = "safe") -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        parser: Any = YAML(typ=kind)
        return parser.load(text)
    except (YAMLError, ValueError, RecursionError, AssertionError, AttributeError) as error:
        # ruamel's constructors leak the others: `-_` is an int to its resolver and none to int().
        raise YamlTextError(str(error)) from error


def _is_json(value: Any, seen: set[int]) -> bool:
    """Whether JSON gives `value` back just so: text keys, finite numbers, nothing shared (aliases stay aliases)."""
    kind = value.__class__
    if kind is dict or kind is list:
        if id(value) in seen:
            return False
        seen.add(id(value))
        if kind is dict:
            return all(type(key) is str and _is_json(member, seen) for key, member in value.items())
        return all(_is_json(member, seen) for member in value)
    if kind is float:
        return value - value == 0
    return value is None or kind in (bool, int, str)


def _corrupted(error: ValueError, path: str) -> FormatError:
    cause = error.__cause__
    mark = getattr(cause, "problem_mark", None) or getattr(cause, "context_mark", None)
    line, column = (None, None) if mark is None else (mark.line + 1, mark.column + 1)
    return FormatError(f"unable to read: '{path}', YAML file structure is corrupted: {cause}", path, line, column)


def dumps(value: Any) -> str:
    """`value` in ruamel's default round-trip style, which is dvc's."""
    from ruamel.yaml import YAML

    stream = StringIO()
    writer: Any = YAML()
    writer.dump(value, stream)
    return stream.getvalue()


class Document:
    """A YAML text to edit: `data` is a mapping that keeps comments, order and flow style; `text()` writes it again.

    An empty text gives an empty mapping, and so does one that holds comments only: dvc drops those too.
    """

    def __init__(self, text: str, path: str = "") -> None:
        try:
            self.data: Any = _parse_with_ruamel(text, "rt") or {}
        except YamlTextError as error:
            raise _corrupted(error, path) from error

    @classmethod
    def from_bytes(cls, data: bytes | None, path: str) -> Document:
        """The document in `data`; an empty one for None."""
        return cls(decode(data or b"", path), path)

    def text(self) -> str:
        """The edited document."""
        return dumps(self.data)

    def to_bytes(self) -> bytes:
        """The edited document as a file holds it."""
        return self.text().encode("utf-8")


def apply_diff(src: Mapping[Any, Any], dest: MutableMapping[Any, Any]) -> None:
    """Make `dest` equal to `src`, touching only what differs, so that comments and order stay where nothing changed."""
    for key, value in src.items():
        if key not in dest or (not _apply_inside(value, dest[key]) and value != dest[key]):
            dest[key] = value
    for key in [key for key in dest if key not in src]:
        del dest[key]


def _apply_items(src: Sequence[Any], dest: MutableSequence[Any]) -> None:
    if len(src) != len(dest):
        dest[:] = src
        return
    for index, value in enumerate(src):
        if not _apply_inside(value, dest[index]) and value != dest[index]:
            dest[index] = value


def _apply_inside(value: Any, target: Any) -> bool:
    """Change `target` in place where both are mappings or both are lists; False where it must be replaced."""
    if isinstance(value, Mapping) and isinstance(target, MutableMapping):
        apply_diff(cast("Mapping[Any, Any]", value), cast("MutableMapping[Any, Any]", target))
        return True
    if isinstance(value, (list, tuple)) and isinstance(target, list):
        _apply_items(cast("Sequence[Any]", value), cast("MutableSequence[Any]", target))
        return True
    return False
