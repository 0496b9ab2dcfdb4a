"""What may keep a notebook from running the same way again, found without running it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from dvnb.notebooks.parameters import TAG, language_of, tagged_cell
from dvnb.notebooks.review import findings as codes
from dvnb.notebooks.review.codecalls import Call, Names, calls_of, names_of
from dvnb.notebooks.review.codecells import CodeCell, code_cells
from dvnb.notebooks.review.declared import Declared
from dvnb.notebooks.review.files import FileUse, file_uses, machine_paths
from dvnb.notebooks.review.findings import Finding
from dvnb.notebooks.review.names import NameProblem, name_problems
from dvnb.notebooks.review.seeds import unseeded
from dvnb.notebooks.review.silence import silenced

_PYTHON = {"python", "ipython"}


def lint_notebook(notebook: dict[str, Any], shown: str, declared: Declared | None = None) -> list[Finding]:
    """Findings in a notebook (as `source.load` has it, `shown` its path in messages), top to bottom.

    `declared` is what the stage that runs it says of itself. Cells of other languages than Python are not read.
    """
    python = (language_of(notebook) or "python") in _PYTHON
    cells = code_cells(notebook, python=python)
    found = _Findings(shown, cells)
    _order(found)
    if declared is not None and declared.has_params and tagged_cell(notebook) is None:
        found.add(
            codes.NO_PARAMETERS_CELL,
            f"stage '{declared.stage}' has params, but no cell is tagged '{TAG}'",
            f"tag the cell that assigns their defaults with '{TAG}'",
        )
    if python:
        _syntax(found)
        names = names_of(cells, declared.injected if declared else set())
        calls = list(calls_of(cells, names))
        _names(found, declared)
        _paths(found, calls, names)
        _seeds(found, calls)
        if declared is not None:
            _files(found, calls, names, declared)
    return found.sorted()


class _Findings:
    """The findings of one notebook, without those that its author silenced."""

    def __init__(self, shown: str, cells: Sequence[CodeCell]) -> None:
        self.cells = cells
        self._shown = shown
        self._found: list[Finding] = []

    def add(
        self,
        code: str,
        message: str,
        fix: str,
        cell: CodeCell | None = None,
        line: int | None = None,
        last_line: int | None = None,
    ) -> None:
        one = Finding(
            self._shown, code, message, fix, cell and cell.number, cell and cell.id, line, last_line if line else None
        )
        if cell is None or not silenced(one, cell.lines, cell.tags):
            self._found.append(one)

    def sorted(self) -> list[Finding]:
        return sorted(self._found, key=lambda one: (one.cell or 0, one.line or 0, one.code))


def _order(found: _Findings) -> None:
    highest: CodeCell | None = None
    for cell in found.cells:
        if not cell.count:
            continue
        if highest is not None and cell.count < (highest.count or 0):
            found.add(
                codes.OUT_OF_ORDER,
                f"was run as [{cell.count}], before cell {highest.number} above it ([{highest.count}])",
                "restart the kernel and run all cells from the top",
                cell,
            )
        else:
            highest = cell


def _syntax(found: _Findings) -> None:
    for cell in found.cells:
        if cell.fault and not cell.expects_error:
            line, why = cell.fault
            python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
            found.add(codes.NOT_PYTHON, f"is no {python}: {why}", "mend it, or make it a raw cell", cell, line, line)


def _names(found: _Findings, declared: Declared | None) -> None:
    for problem in name_problems(found.cells, declared.injected if declared else ()):
        message, fix = _name_words(problem)
        found.add(problem.code, message, fix, problem.cell, problem.line, problem.line)


def _name_words(problem: NameProblem) -> tuple[str, str]:
    name, there = problem.name, problem.elsewhere
    if problem.code == codes.UNDEFINED:
        return f"'{name}' is defined nowhere in the notebook", f"add the cell, or the import, that defines '{name}'"
    if problem.code == codes.DELETED:
        return f"'{name}' was deleted in cell {there}", "delete it after its last use"
    if there == problem.cell.number:
        return f"'{name}' is defined further down in this cell only", "define it above its first use"
    return f"'{name}' is defined in cell {there} only, below", f"move cell {there} up, or this use below it"


def _paths(found: _Findings, calls: list[Call], names: Names) -> None:
    for one in machine_paths(found.cells, calls, names):
        found.add(
            codes.ABSOLUTE_PATH,
            f"'{one.path}' is an absolute path",
            "use a path relative to the notebook's folder, or make it a parameter",
            one.cell,
            one.line,
            one.last_line,
        )


def _seeds(found: _Findings, calls: list[Call]) -> None:
    for one in unseeded(calls):
        node = one.call.node
        found.add(
            codes.UNSEEDED, f"{one.what} gives other numbers in each run", one.fix, one.call.cell, node.lineno,
            node.end_lineno,
        )  # fmt: skip


def _files(found: _Findings, calls: list[Call], names: Names, declared: Declared) -> None:
    said: set[tuple[str, str]] = set()
    for use in [] if _leaves_folder(calls, found.cells) else file_uses(calls, names):
        _undeclared(found, use, declared, said)
    for kind, relpath in declared.traced:
        path = os.path.join(declared.root, relpath)
        wanted = declared.wants_read if kind == "read" else declared.wants_write
        if wanted(path) and not any(path == one or path.startswith(one + os.sep) for _, one in said):
            _tell(found, kind, path, declared, None)


def _undeclared(found: _Findings, use: FileUse, declared: Declared, said: set[tuple[str, str]]) -> None:
    path = os.path.normpath(os.path.join(declared.wdir, os.path.expanduser(use.path)))
    kind = "write" if use.use == "write" else "read"
    if kind == "write":
        wanted = declared.wants_write(path)
        declared.written.add(path)
    else:
        wanted = declared.wants_read(path)
    if wanted and (kind, path) not in said:
        said.add((kind, path))
        _tell(found, kind, path, declared, use)


def _tell(found: _Findings, kind: str, path: str, declared: Declared, use: FileUse | None) -> None:
    text = os.path.relpath(path, declared.wdir)
    traced = "" if use else " (seen by `notebook trace`)"
    place = (use.cell, use.line, use.last_line) if use else (None, None, None)
    if kind == "read":
        message, fix = f"'{text}' is read, but is no dep of stage '{declared.stage}'{traced}", f"add `-d {text}`"
        found.add(codes.UNDECLARED_READ, message, fix, *place)
    else:
        message, fix = f"'{text}' is written, but is no out of stage '{declared.stage}'{traced}", f"add `-o {text}`"
        found.add(codes.UNDECLARED_WRITE, message, fix, *place)


def _leaves_folder(calls: list[Call], cells: Sequence[CodeCell]) -> bool:
    """Whether the notebook changes its folder, so that relative paths say little."""
    if any(call.name in {"os.chdir", "contextlib.chdir"} for call in calls):
        return True
    return any(line.lstrip().startswith(("%cd", "%pushd", "cd ")) for cell in cells for line in cell.lines)
