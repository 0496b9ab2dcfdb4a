"""The names of a kernel as cells run one after the other: which are defined, since when, and what was read in vain."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Generator, Iterable
from contextlib import contextmanager

from dvnb.notebooks.review.codecells import CodeCell
from dvnb.records import dataclass

_KNOWN = {
    *dir(builtins), "get_ipython", "display", "In", "Out", "exit", "quit", "open", "__name__", "__file__", "__doc__",
    "__builtins__", "__builtin__", "__session__", "__vsc_ipynb_file__", "_dh", "_oh", "_ih", "_exit_code",
    "reveal_type", "__annotations__", "__spec__", "__loader__", "__package__", "__class__",
}  # fmt: skip
_HISTORY = re.compile(r"_+|_\d+|_i{1,3}|_i\d+")


@dataclass(slots=True)
class Read:
    """A name that was not defined when it was read; `deleted_in`: the number of the cell that deleted it."""

    name: str
    cell: CodeCell
    line: int
    deleted_in: int | None


class Namespace:
    """`defined` grows; `missing` are the reads of what was not defined when its turn came; `cell` is the one that runs.

    `first`: the cell that defined a name first; `functions`: the names that a call of a function is sure to read.
    """

    def __init__(self, given: Iterable[str]) -> None:
        self.defined = {*_KNOWN, *given}
        self.deleted: dict[str, int] = {}
        self.first: dict[str, int] = {}
        self.missing: list[Read] = []
        self.functions: dict[str, set[str]] = {}
        self.opaque = False  # whether anything may be defined
        self.forgiving = 0  # within a `try` that catches what an unknown name raises
        self.cell: CodeCell

    def bind(self, name: str) -> None:
        """Define a name."""
        self.defined.add(name)
        self.first.setdefault(name, self.cell.number)
        self.functions.pop(name, None)

    def bind_all(self, names: Iterable[str]) -> None:
        """Define them all."""
        for name in names:
            self.bind(name)

    def delete(self, name: str) -> None:
        """From here on the name is unknown."""
        if name not in _KNOWN:
            self.defined.discard(name)
            self.deleted[name] = self.cell.number

    def read(self, name: str, node: ast.AST) -> None:
        """Note where a name is read that is not there."""
        if name in self.defined or self.opaque or self.forgiving or _HISTORY.fullmatch(name):
            return
        self.missing.append(Read(name, self.cell, getattr(node, "lineno", 1), self.deleted.get(name)))

    def knows_ever(self, name: str) -> bool:
        """Whether a name is, or was, defined in any cell."""
        return name in self.defined or name in self.first or name in self.deleted or bool(_HISTORY.fullmatch(name))

    @contextmanager
    def forgive(self, forgiving: bool) -> Generator[None]:
        """Within: unknown names do no harm, if so."""
        self.forgiving += forgiving
        yield
        self.forgiving -= forgiving

    @contextmanager
    def class_body(self, own: set[str]) -> Generator[None]:
        """Within: names that are gone when the class is there, unless they were known before; `own` are bound there."""
        outer = set(self.defined)
        functions = dict(self.functions)
        first, self.first = self.first, dict(self.first)
        yield
        self.functions, self.first = functions, first
        self.defined = {name for name in self.defined if name in outer or name not in own}

    @contextmanager
    def comprehension(self, targets: set[str]) -> Generator[None]:
        """Within: `targets` hide what else has their names."""
        added = targets - self.defined
        kept = {name: self.functions.pop(name) for name in targets & set(self.functions)}
        first = dict(self.first)
        yield
        self.defined -= added
        self.functions |= kept
        for name in added:
            self.first.pop(name, None)
        self.first |= {name: first[name] for name in targets & set(first)}
