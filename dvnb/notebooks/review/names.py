"""Names that are used before they are defined, when a notebook runs from top to bottom.

What may have been defined counts as defined: both branches of an `if`, a loop that might not run, whatever follows a
star import or a magic that can set names. A function's body counts as read when the notebook's end is reached, and
when it is called at the top level of a cell.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dvnb.notebooks.review.codecells import CodeCell
from dvnb.notebooks.review.findings import DELETED, TOO_EARLY, UNDEFINED
from dvnb.notebooks.review.scopes import (
    COMPREHENSIONS,
    binds,
    bound_names,
    evaluated_at_definition,
    free_names,
    global_names,
)
from dvnb.records import dataclass

_KNOWN = {
    *dir(builtins), "get_ipython", "display", "In", "Out", "exit", "quit", "open", "__name__", "__file__", "__doc__",
    "__builtins__", "__builtin__", "__session__", "__vsc_ipynb_file__", "_dh", "_oh", "_ih", "_exit_code",
    "reveal_type", "__annotations__", "__spec__", "__loader__", "__package__", "__class__",
}  # fmt: skip
_HISTORY = re.compile(r"_+|_\d+|_i{1,3}|_i\d+")
_CATCHING = {"NameError", "Exception", "BaseException"}
_SETS_ANY_NAME = {"exec", "globals", "locals", "vars", "execfile"}


@dataclass(frozen=True, slots=True)
class NameProblem:
    """A name read at `line` of a cell; `elsewhere` is the cell that defines (or deleted) it, None for nobody."""

    code: str
    cell: CodeCell
    line: int
    name: str
    elsewhere: int | None


@dataclass(slots=True)
class _Read:
    name: str
    cell: CodeCell
    line: int
    deleted_in: int | None


class _Flow:
    """The cells in order; `defined` grows, `missing` are the reads of what was not defined when its turn came."""

    def __init__(self, given: Iterable[str]) -> None:
        self.defined = {*_KNOWN, *given}
        self.deleted: dict[str, int] = {}
        self.first: dict[str, int] = {}
        self.missing: list[_Read] = []
        self.deferred: list[tuple[CodeCell, ast.AST, str]] = []
        self.functions: dict[str, set[str]] = {}
        self.opaque = False
        self.cell: CodeCell
        self.certain = True  # whether this statement is sure to run
        self.forgiving = 0  # within a `try` that catches what an unknown name raises
        self.lazy_notes = False
        self._steps = self._steps_of_nodes()

    def run(self, cells: Sequence[CodeCell]) -> None:
        for cell in cells:
            self.cell = cell
            self.opaque = self.opaque or cell.opaque
            if cell.tree is not None and not cell.expects_error:
                self.block(cell.tree.body)
            elif cell.tree is not None:
                self.bind_all(bound_names(cell.tree.body))

    # ---- statements

    def block(self, body: Iterable[ast.AST]) -> None:
        for statement in body:
            self.visit(statement)

    def maybe(self, body: Iterable[ast.AST]) -> None:
        certain, self.certain = self.certain, False
        self.block(body)
        self.certain = certain

    def visit(self, node: ast.AST) -> None:
        """One node, in the order in which Python evaluates it."""
        step = self._steps.get(type(node))
        if step is not None:
            step(node)
            return
        self.block(ast.iter_child_nodes(node))
        self.bind_all(binds(node))

    def _steps_of_nodes(self) -> dict[type[ast.AST], Callable[[Any], None]]:
        functions = dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda), self.function)
        return {
            **functions,
            **dict.fromkeys(COMPREHENSIONS, self.comprehension),
            ast.Name: self.name,
            ast.ClassDef: self.a_class,
            ast.Assign: lambda node: self.block([node.value, *node.targets]),
            ast.AugAssign: self.augmented,
            ast.AnnAssign: self.annotated,
            ast.NamedExpr: lambda node: self.block([node.value, node.target]),
            ast.For: self.each,
            ast.AsyncFor: self.each,
            ast.If: self.branch,
            ast.While: self.repeat,
            ast.With: self.within,
            ast.AsyncWith: self.within,
            ast.Try: self.attempt,
            ast.TryStar: self.attempt,
            ast.ExceptHandler: self.handler,
            ast.Delete: self.delete,
            ast.ImportFrom: self.imported,
            ast.Call: self.call,
            ast.Match: self.match,
        }

    def augmented(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.read(node.target.id, node.target)
            self.defined.add(node.target.id)  # this defines nothing that was not there, but said once is enough
            self.visit(node.value)
            return
        self.block([node.value, node.target])

    def each(self, node: ast.For | ast.AsyncFor) -> None:
        self.block([node.iter, node.target])
        self.loop([*node.body, *node.orelse])

    def branch(self, node: ast.If) -> None:
        self.visit(node.test)
        self.maybe([*node.body, *node.orelse])

    def repeat(self, node: ast.While) -> None:
        self.visit(node.test)
        self.loop([*node.body, *node.orelse])

    def handler(self, node: ast.ExceptHandler) -> None:
        self.block([node.type] if node.type else [])
        self.bind_all(binds(node))
        self.block(node.body)

    def imported(self, node: ast.ImportFrom) -> None:
        self.opaque = self.opaque or any(alias.name == "*" for alias in node.names)
        if node.module == "__future__":
            self.lazy_notes = self.lazy_notes or any(alias.name == "annotations" for alias in node.names)
        self.bind_all(binds(node))

    def match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        self.maybe(node.cases)

    def name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.read(node.id, node)
        elif isinstance(node.ctx, ast.Store):
            self.bind(node.id)

    def annotated(self, node: ast.AnnAssign) -> None:
        if not self.lazy_notes:
            self.visit(node.annotation)
        if node.value is not None:
            self.block([node.value, node.target])

    def loop(self, body: list[ast.stmt]) -> None:
        self.bind_all(bound_names(body))  # an earlier round may have set them
        self.maybe(body)

    def within(self, node: ast.With | ast.AsyncWith) -> None:
        self.block(node.items)
        forgiving = any(_names_in(item.context_expr) & _CATCHING for item in node.items)
        self.forgiving += forgiving
        self.block(node.body)
        self.forgiving -= forgiving

    def attempt(self, node: ast.Try | ast.TryStar) -> None:
        forgiving = any(_catches_name_error(handler) for handler in node.handlers)
        self.forgiving += forgiving
        self.maybe(node.body)
        self.forgiving -= forgiving
        self.maybe([*node.handlers, *node.orelse])
        self.block(node.finalbody)

    def delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if not isinstance(target, ast.Name):
                self.visit(target)
                continue
            self.read(target.id, target)
            if self.certain and target.id not in _KNOWN:
                self.defined.discard(target.id)
                self.deleted[target.id] = self.cell.number

    def call(self, node: ast.Call) -> None:
        self.block(ast.iter_child_nodes(node))
        if isinstance(node.func, ast.Name):
            if node.func.id in _SETS_ANY_NAME:
                self.opaque = True
            for name in self.functions.get(node.func.id, ()):
                self.read(name, node)

    # ---- scopes

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        now = evaluated_at_definition(node)
        if self.lazy_notes and not isinstance(node, ast.Lambda):
            now = [each for each in now if each in node.decorator_list or each in node.args.defaults]
        self.block(now)
        if not isinstance(node, ast.Lambda):
            self.bind(node.name)
            self.functions[node.name] = _surely_read(node)
        for name, where in free_names(node).items():
            if not self.forgiving and "NameError" not in _names_in(node):
                self.deferred.append((self.cell, where, name))
        self.bind_all(global_names(node))
        if _names_in(node) & {"exec", "globals"}:
            self.opaque = True

    def a_class(self, node: ast.ClassDef) -> None:
        self.block([*node.decorator_list, *node.bases, *node.keywords])
        outer = set(self.defined)
        functions = dict(self.functions)
        first, self.first = self.first, dict(self.first)
        self.block(node.body)
        own = bound_names(node.body)
        self.functions, self.first = functions, first
        self.defined = {name for name in self.defined if name in outer or name not in own}
        self.bind(node.name)

    def comprehension(self, node: ast.AST) -> None:
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        targets = {name for part in generators for name in bound_names([part.target])}
        added = targets - self.defined
        kept = {name: self.functions.pop(name) for name in targets & set(self.functions)}
        first = dict(self.first)
        for part in generators:
            self.block([part.iter, part.target, *part.ifs])
        if isinstance(node, ast.DictComp):
            self.block([node.key, node.value])
        else:
            self.visit(node.elt)  # type: ignore[attr-defined]
        self.defined -= added
        self.functions |= kept
        for name in added:
            self.first.pop(name, None)
        self.first |= {name: first[name] for name in targets & set(first)}

    # ---- names

    def bind(self, name: str) -> None:
        self.defined.add(name)
        self.first.setdefault(name, self.cell.number)
        self.functions.pop(name, None)

    def bind_all(self, names: Iterable[str]) -> None:
        for name in names:
            self.bind(name)

    def read(self, name: str, node: ast.AST) -> None:
        if name in self.defined or self.opaque or self.forgiving or _HISTORY.fullmatch(name):
            return
        self.missing.append(_Read(name, self.cell, getattr(node, "lineno", 1), self.deleted.get(name)))


def name_problems(cells: Sequence[CodeCell], given: Iterable[str] = ()) -> list[NameProblem]:
    """What goes wrong with names from top to bottom; `given` are names that a run sets before the first cell."""
    flow = _Flow(given)
    flow.run(cells)
    found = [_problem(read, flow) for read in flow.missing]
    ever = flow.defined | set(flow.first) | set(flow.deleted)
    if not flow.opaque:
        found += [
            NameProblem(UNDEFINED, cell, getattr(where, "lineno", 1), name, None)
            for cell, where, name in flow.deferred
            if name not in ever and not _HISTORY.fullmatch(name)
        ]
    said: set[tuple[str, int]] = set()
    kept: list[NameProblem] = []
    for problem in sorted(found, key=lambda one: (one.cell.number, one.line)):
        if (problem.name, problem.cell.number) not in said:
            said.add((problem.name, problem.cell.number))
            kept.append(problem)
    return kept


def _problem(read: _Read, flow: _Flow) -> NameProblem:
    if read.deleted_in is not None:
        return NameProblem(DELETED, read.cell, read.line, read.name, read.deleted_in)
    later = flow.first.get(read.name)
    return NameProblem(TOO_EARLY if later is not None else UNDEFINED, read.cell, read.line, read.name, later)


def _surely_read(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Names from outside that a call of this function is sure to read: those of its statements up to a branch."""
    if any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in ast.walk(node)):
        return set()
    if isinstance(node, ast.AsyncFunctionDef) or node.decorator_list:
        return set()
    free = free_names(node)
    sure: set[str] = set()
    for statement in node.body:
        if not isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return)):
            break
        lazy = (ast.IfExp, ast.BoolOp, ast.Lambda, *COMPREHENSIONS)
        if any(isinstance(each, lazy) for each in ast.walk(statement)):
            break
        sure |= {each.id for each in ast.walk(statement) if isinstance(each, ast.Name)}
    return sure & set(free)


def _catches_name_error(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return bool(_names_in(handler.type) & _CATCHING)


def _names_in(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
