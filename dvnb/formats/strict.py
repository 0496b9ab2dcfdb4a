"""Reading the files whose shape is fixed: parse, check, and tell what is wrong with the lines around it.

Source: dvc's utils/strictyaml.py, whose wording the messages follow.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dvnb.errors import FormatError
from dvnb.formats.yamlio import Document, ParseCache, YamlTextError, decode, parse
from dvnb.objects.hashing import md5_bytes

if TYPE_CHECKING:
    from dvnb.formats.schema import Issue

VERSION = 1
"""Part of the key under which checked documents are remembered; counts changes of `formats.shapes`."""

SYNTAX, SHAPE = "YAMLSyntaxError", "YAMLValidationError"
"""Kinds of errors, by the names of dvc's exceptions."""

_MAX_STEPS = 5
_RESOLVE = (
    "To resolve the conflict, edit the file until one version is left and no line of '<<<<<<<', '=======', '>>>>>>>',\n"
    "or take a whole side by 'git checkout --ours {path}' (or '--theirs'); then 'git add {path}'."
)


def load(data: bytes, path: str, shape: str, cache: ParseCache | None = None, rev: str | None = None) -> dict[str, Any]:
    """The document in `data`, which has the shape named `shape` in `formats.shapes`; empty for an empty one.

    Raises: FormatError with dvc's words: `path` relative to the cwd and `rev` appear in it.
    """
    digest = f"yaml:{shape}-{VERSION}:{md5_bytes(data)}"
    known = None if cache is None else cache.get(digest)
    if known is not None:
        return known
    text = decode(data, path)
    try:
        parsed, is_json = parse(text)
    except YamlTextError as error:
        raise _syntax_error(error, text, path, rev) from error
    document: dict[str, Any] = parsed or {}
    from dvnb.formats import shapes  # needed only where nothing is remembered

    issues: list[Issue] = getattr(shapes, shape)(document, ())
    if issues:
        raise _shape_error(issues, text, path, rev)
    if cache is not None and is_json:
        cache.put(digest, document)
    return document


def shown(path: str) -> str:
    """A file's path as messages have it."""
    return path if path.startswith(("..", "/", "./")) else f"./{path}"


def _in_rev(rev: str | None) -> str:
    return f" in revision '{rev[:7]}'" if rev else ""


def _snippet(text: str, first: int, last: int) -> list[str]:
    """Lines `first` to `last` (from 1) with their numbers."""
    lines = text.split("\n")
    width = len(str(len(lines))) + 2
    shown = range(max(first, 1), min(last, len(lines)) + 1)
    return [f"{number:>{width}} {lines[number - 1]}".rstrip() for number in shown]


def _syntax_error(error: YamlTextError, text: str, path: str, rev: str | None) -> FormatError:
    cause: Any = error.__cause__
    context: Any = getattr(cause, "context_mark", None)
    problem: Any = getattr(cause, "problem_mark", None)
    conflict = re.search(r"^[<=>]{7} ", text, re.MULTILINE) is not None
    resolve = ["", _RESOLVE.format(path=path)] if conflict and not rev else []
    if context is None and problem is None:
        message = f"unable to read: '{path}', YAML file structure is corrupted: {cause}"
        return FormatError("\n".join([message, *resolve]), path, kind=SYNTAX)
    lines: list[str] = []
    if context is not None:
        lines.append(_positioned(str(cause.context), context))
        if problem is None or (context.line, context.column) != (problem.line, problem.column):
            lines.extend([*_marked_line(text, context), ""])
    if cause.problem is not None:
        lines.append(_positioned(str(cause.problem), problem))
    if problem is not None:
        lines.extend(_marked_line(text, problem))
    hint = " (possible merge conflicts)" if conflict else ""
    mark: Any = problem or context
    message = "\n".join([f"'{shown(path)}' is invalid{hint}{_in_rev(rev)}.", "", *lines, *resolve])
    return FormatError(message, path, mark.line + 1, mark.column + 1, kind=SYNTAX)


def _positioned(message: str, mark: Any) -> str:
    message = message[:1].upper() + message[1:]
    return message if mark is None else f"{message}, in line {mark.line + 1}, column {mark.column + 1}"


def _marked_line(text: str, mark: Any) -> list[str]:
    line = mark.line + 1
    source = text.splitlines()
    width = len(str(line)) + 2
    return [f"{line:>{width}} {source[line - 1] if line <= len(source) else ''}".rstrip()]


def _shape_error(issues: list[Issue], text: str, path: str, rev: str | None) -> FormatError:
    title = f"'{shown(path)}' validation failed{_in_rev(rev)}"
    if len(issues) > 1:
        title += f": {len(issues)} errors"
    data = Document(text, path).data
    if not isinstance(data, dict):
        return FormatError(f"{title}: {issues[0][0]}.", path, kind=SHAPE)
    lines = [f"{title}."]
    first: tuple[int, int] | None = None
    for message, where in issues:
        position, step = _position(data, list(where))
        parts = [message]
        if where:
            parts.append("in " + " -> ".join(map(str, where)))
        snippet: list[str] = []
        if position is not None:
            parts.append(f"line {position[0]}, column {position[1]}")
            snippet = _snippet(text, position[0] - 1, position[0] + step - 1)
            first = first or position
        lines.extend(["", ", ".join(parts), *snippet])
    line, column = first or (None, None)
    return FormatError("\n".join(lines), path, line, column, kind=SHAPE)


def _position(data: Any, where: list[Any]) -> tuple[tuple[int, int] | None, int]:
    """Line and column of the innermost container around `where`, and the number of steps up to it, plus one.

    Only containers know their position, and it is that of their first key: the more steps up, the more lines are shown.
    """
    step = 1
    while where and step < _MAX_STEPS:
        value = data
        try:
            for key in where:
                value = value[key]
        except (KeyError, IndexError, TypeError):
            value = None
        position = getattr(value, "lc", None)
        if position is not None:
            return (position.line + 1, position.col + 1), step
        step += 1
        where = where[:-1]
    return None, step
