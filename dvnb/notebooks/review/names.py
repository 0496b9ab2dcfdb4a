"""Names that are used before they are defined, when a notebook runs from top to bottom.

What may have been defined counts as defined: both branches of an `if`, a loop that might not run, whatever follows a
star import or a magic that can set names. A function's body counts as read when the notebook's end is reached, and
when it is called at the top level of a cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dvnb.notebooks.review.codecells import CodeCell
from dvnb.notebooks.review.findings import DELETED, TOO_EARLY, UNDEFINED
from dvnb.notebooks.review.flow import Flow
from dvnb.notebooks.review.namespace import Namespace, Read
from dvnb.records import dataclass


@dataclass(frozen=True, slots=True)
class NameProblem:
    """A name read at `line` of a cell; `elsewhere` is the cell that defines (or deleted) it, None for nobody."""

    code: str
    cell: CodeCell
    line: int
    name: str
    elsewhere: int | None


def name_problems(cells: Sequence[CodeCell], given: Iterable[str] = ()) -> list[NameProblem]:
    """What goes wrong with names from top to bottom; `given` are names that a run sets before the first cell."""
    flow = Flow(given)
    flow.run(cells)
    found = [_problem(read, flow.names) for read in flow.names.missing]
    if not flow.names.opaque:
        found += [
            NameProblem(UNDEFINED, cell, getattr(where, "lineno", 1), name, None)
            for cell, where, name in flow.deferred
            if not flow.names.knows_ever(name)
        ]
    said: set[tuple[str, int]] = set()
    kept: list[NameProblem] = []
    for problem in sorted(found, key=lambda one: (one.cell.number, one.line)):
        if (problem.name, problem.cell.number) not in said:
            said.add((problem.name, problem.cell.number))
            kept.append(problem)
    return kept


def _problem(read: Read, names: Namespace) -> NameProblem:
    if read.deleted_in is not None:
        return NameProblem(DELETED, read.cell, read.line, read.name, read.deleted_in)
    later = names.first.get(read.name)
    return NameProblem(TOO_EARLY if later is not None else UNDEFINED, read.cell, read.line, read.name, later)
