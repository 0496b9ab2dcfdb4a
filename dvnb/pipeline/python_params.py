"""Parameters in a Python file: its literal assignments, read without running it.

Imported only where there is such a file, for the sake of `ast`.
Source: dvc's utils/serialize/_py.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, cast


def parse(text: str, path: str) -> dict[str, Any]:
    """Names and their values; a class is a mapping of its own names and those that `__init__` sets on `self`.

    Raises: SyntaxError.
    """
    return dict(_assignments(ast.parse(text, filename=path).body))


def _assignments(body: list[ast.stmt], *, in_init: bool = False) -> Iterator[tuple[str, Any]]:
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield statement.name, dict(_assignments(statement.body))
        elif isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            yield from _assignments(statement.body, in_init=True)
        elif isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            name = _target(statement, in_init=in_init)
            if name is not None:
                try:
                    yield name, _lists(ast.literal_eval(statement.value))
                except (ValueError, TypeError, MemoryError, RecursionError):
                    # Not a literal (a call, a name): no parameter.
                    continue


def _target(statement: ast.Assign | ast.AnnAssign, *, in_init: bool) -> str | None:
    """The one name that is assigned: `name`, or `self.name`; inside `__init__` only the latter."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if len(targets) != 1:
        return None
    match targets[0]:
        case ast.Name(id=name) if not in_init:
            return name
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return name
        case _:
            return None


def _lists(value: Any) -> Any:
    """Tuples and sets as the lists that a lock file can hold."""
    if isinstance(value, (list, tuple)):
        return [_lists(item) for item in cast("list[Any]", value)]
    if isinstance(value, (set, frozenset)):
        return sorted(map(_lists, cast("set[Any]", value)), key=str)
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in cast("dict[Any, Any]", value).items()}
    return value
