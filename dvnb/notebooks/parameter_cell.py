"""What the cell tagged `parameters` offers: names with defaults, types, comments and choices.

Python is read by its syntax tree. Of R, Julia and bash the assignments are read line by line, of
other languages nothing. A comment stands behind the assignment, or in the lines right above it.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from typing import Any

from dvnb.notebooks.found import Parameter
from dvnb.notebooks.parameters import PYTHON_MAGIC, STAGE_NOTE, json_safe, language_of, plain, tagged_cell
from dvnb.notebooks.source import cell_source, cells_of

_CHOICES = re.compile(
    r"(?:\bchoices\s*[:=]|\bone of\b:?)\s*(?P<open>[\[({])?(?P<list>[^\])}]+?)(?(open)[\])}]|$)|"
    r"[\[{](?P<short>[^\[\]{}]*[|,][^\[\]{}]*)[\]}]"
)
_TYPE = re.compile(r"^\s*type:\s*(?P<type>[^#]+?)\s*(?:#|$)")
_ASSIGNMENTS = {
    "r": re.compile(r"(?P<name>[A-Za-z.][\w.]*)\s*(?:<-|=)(?!=)\s*(?P<value>.*)"),
    "julia": re.compile(r"(?:const\s+)?(?P<name>[^\W\d][\w!]*)(?:::(?P<type>[\w{}]+))?\s*=(?!=)\s*(?P<value>.*)"),
    "bash": re.compile(r"(?:export\s+|declare\s+(?:-\w+\s+)*)?(?P<name>[A-Za-z_]\w*)=(?P<value>.*)"),
}
_TYPES = {bool: "bool", int: "int", float: "float", str: "str", list: "list", dict: "dict"}


def offered(notebook: dict[str, Any], language: str | None = None) -> list[Parameter]:
    """The parameters of a notebook in the order of its cell; none without a tagged cell.

    `language` is the kernel's where the notebook does not say it.
    """
    at = tagged_cell(notebook)
    if at is None:
        return []
    source = cell_source(cells_of(notebook)[at])
    spoken = (language_of(notebook) or language or "").lower()
    if spoken in {"python", "ipython"}:
        return _python(source)
    pattern = _ASSIGNMENTS.get({"shell": "bash", "sh": "bash", "ir": "r"}.get(spoken, spoken))
    return list(_by_line(source, pattern)) if pattern else []


# ---- Python ----------------------------------------------------------------------------------------


def _python(source: str) -> list[Parameter]:
    source = PYTHON_MAGIC.sub("", source)
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return []
    comments = _comments(source)
    found: dict[str, Parameter] = {}
    for statement in body:
        for target, value, annotation in _assigned(statement):
            comment = _comment(comments, statement.lineno, statement.end_lineno or statement.lineno)
            found[target] = _parameter(target, value, annotation, comment, source)
    return list(found.values())


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None, ast.expr | None]]:
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        yield statement.target.id, statement.value, statement.annotation
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Name):
                yield target.id, statement.value, None
            elif isinstance(target, (ast.Tuple, ast.List)):
                yield from _unpacked(target, statement.value)


def _unpacked(target: ast.Tuple | ast.List, value: ast.expr) -> Iterator[tuple[str, ast.expr | None, None]]:
    values = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
    for at, each in enumerate(target.elts):
        if isinstance(each, ast.Name):
            yield each.id, values[at] if len(values) == len(target.elts) else None, None


def _parameter(name: str, value: ast.expr | None, annotation: ast.expr | None, comment: str, source: str) -> Parameter:
    text = (ast.get_source_segment(source, value) or "") if value is not None else ""
    known, default = _literal(value)
    typed = _TYPE.match(comment)
    if typed:
        comment = comment[typed.end() :].strip()
    kind = ast.unparse(annotation) if annotation is not None else typed["type"] if typed else None
    choices = _literal_choices(annotation) or _choices(comment)
    if kind is None and known:
        kind = _TYPES.get(type(default))
    if annotation is not None and choices and kind and "Literal[" in kind:
        kind = _TYPES.get(type(choices[0]))
    return Parameter(name, text, json_safe(plain(default)), known, kind, comment, choices)


def _literal(value: ast.expr | None) -> tuple[bool, Any]:
    if value is None:
        return False, None
    try:
        found = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _float_of_text(value)
    if isinstance(found, (set, frozenset, bytes, complex)) or found is ...:
        return False, None
    return True, found


def _float_of_text(value: ast.expr) -> tuple[bool, Any]:
    """`float("inf")` and its like, which no literal says."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "float":
        argument = value.args[0] if len(value.args) == 1 else None
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            try:
                return True, float(argument.value)
            except ValueError:
                pass
    return False, None


def _literal_choices(annotation: ast.expr | None) -> list[Any]:
    if not (isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value).endswith("Literal")):
        return []
    inner = annotation.slice
    elements = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    return [each.value for each in elements if isinstance(each, ast.Constant)]


def _comments(source: str) -> dict[int, tuple[str, bool]]:
    """Comments by line, and whether each has its line to itself."""
    found: dict[int, tuple[str, bool]] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and token.string != STAGE_NOTE:
                alone = not token.line[: token.start[1]].strip()
                found[token.start[0]] = token.string.lstrip("#").strip(), alone
    except (tokenize.TokenError, IndentationError):
        pass  # what was read up to there is as good as it was
    return found


def _comment(comments: dict[int, tuple[str, bool]], first: int, last: int) -> str:
    for line in (last, first):
        if line in comments and not comments[line][1]:
            return comments[line][0]
    above: list[str] = []
    line = first - 1
    while line in comments and comments[line][1]:
        above.insert(0, comments[line][0])
        line -= 1
    return " ".join(above)


# ---- other languages -------------------------------------------------------------------------------


def _by_line(source: str, pattern: re.Pattern[str]) -> Iterator[Parameter]:
    above: list[str] = []
    for line in source.splitlines():
        if line.lstrip().startswith("#"):
            above.append(line.lstrip().lstrip("#").strip())
            continue
        match = pattern.fullmatch(line.strip().rstrip(";"))
        if match:
            text, _, behind = match["value"].partition(" #")
            text = text.strip().rstrip(";")
            comment = behind.strip() or " ".join(above)
            known, default = _json_value(text)
            kind = match.groupdict().get("type") or (_TYPES.get(type(default)) if known else None)
            yield Parameter(match["name"], text, default, known, kind, comment, _choices(comment))
        above = []


def _json_value(text: str) -> tuple[bool, Any]:
    """Numbers, "texts" and truths, which all of these languages write alike, or nearly so."""
    plain_text = {"TRUE": "true", "FALSE": "false"}.get(text, text)
    if len(text) > 1 and text[0] == text[-1] == "'" and "\\" not in text and '"' not in text:
        plain_text = f'"{text[1:-1]}"'
    try:
        return True, json.loads(plain_text)
    except ValueError:
        return False, None


def _choices(comment: str) -> list[Any]:
    match = _CHOICES.search(comment)
    if match is None:
        return []
    listed = match["list"] or match["short"]
    parts = listed.split("|") if "|" in listed else listed.split(",")
    return [_word(part.strip()) for part in parts if part.strip()]


def _word(text: str) -> Any:
    try:
        return json_safe(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text
