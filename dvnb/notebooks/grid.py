"""Grids of a notebook stage: `-S train.lr=0.1,0.2` as the `matrix` of a stage that both tools run.

Each value arrives by `-p lr=${item.lr}`; the executed copy, and every other out, has `${key}` or `${item.…}` in its
path.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, cast

from dvnb.errors import FormatError, NotebookError
from dvnb.formats import yamlio
from dvnb.formats.stagespec import StageSpec
from dvnb.notebooks.parameters import yaml_problem
from dvnb.notebooks.suffixes import SUFFIX, without_suffix

Matrix = dict[str, list[Any]]

_RANGE = re.compile(r"range\(\s*(-?\d+)\s*(?:,\s*(-?\d+)\s*)?(?:,\s*(-?\d+)\s*)?\)")
_REFUSED = set("'\"\\/${}\n")


def parse(texts: Sequence[str]) -> Matrix:
    """`train.lr=0.1,0.2`, `n=range(1,4)` as values by the variable's name, which is the key's last part.

    Raises: NotebookError for what cannot stand in a matrix.
    """
    matrix: Matrix = {}
    for text in texts:
        key, equals, listed = text.partition("=")
        name = key.strip().rpartition(".")[2].rpartition(":")[2]
        if not equals or not name.isidentifier() or not listed.strip():
            raise NotebookError(f"cannot read '-S {text}': write it as NAME=VALUE,VALUE or NAME=range(START,END)")
        if name in matrix:
            raise NotebookError(f"'{name}' is given twice by -S")
        matrix[name] = _values(listed.strip(), text)
    return matrix


def _values(listed: str, text: str) -> list[Any]:
    if listed.startswith("range("):
        numbers = _RANGE.fullmatch(listed)
        steps = [int(number) for number in numbers.groups() if number is not None] if numbers else []
        if not steps or steps[2:] == [0]:
            raise NotebookError(f"cannot read '-S {text}': write it as NAME=range(START,END,STEP), in whole numbers")
        found: list[Any] = list(range(*steps))
    else:
        try:
            inner = listed.removeprefix("choice(").removesuffix(")") if listed.startswith("choice(") else listed
            found = cast("list[Any]", yamlio.load(f"[{inner}]".encode(), f"-S {text}"))
        except FormatError as error:
            raise NotebookError(f"cannot read '-S {text}' as a list of values: {yaml_problem(error)}") from error
    if not found:
        raise NotebookError(f"'-S {text}' has no values")
    for value in found:
        _check(value, text)
    if len({isinstance(value, str) for value in found}) > 1:
        raise NotebookError(f"'-S {text}' mixes texts and other values: quote all of them, or none")
    return found


def _check(value: Any, text: str) -> None:
    if not isinstance(value, (str, bool, int, float)) or (isinstance(value, float) and not math.isfinite(value)):
        raise NotebookError(f"'-S {text}': only texts, numbers, true and false can be values of a grid")
    if isinstance(value, str) and not _REFUSED.isdisjoint(value):
        refused = " ".join(sorted(_REFUSED - {"\n"}))
        raise NotebookError(f"'-S {text}': a text of a grid cannot hold any of {refused}")


def assignments(matrix: Matrix) -> list[str]:
    """What the command gives the notebook; a text in YAML's quotes, so that it stays one."""
    return [
        f'{name}="${{item.{name}}}"' if isinstance(values[0], str) else f"{name}=${{item.{name}}}"
        for name, values in matrix.items()
    ]


def executed_copy(notebook: str) -> str:
    """Where each combination's executed copy goes: beside the notebook, its values in the name."""
    return f"{without_suffix(notebook)}-${{key}}.run{SUFFIX}"


def check_outs(spec: StageSpec) -> None:
    """Refuse an out that all combinations would write.

    Raises: NotebookError.
    """
    for out in spec.outs:
        if "${key}" not in out.path and "${item." not in out.path:
            raise NotebookError(
                f"every combination would write '{out.path}': let its path hold ${{key}} or ${{item.NAME}}"
            )
