"""Which names are defined, and which are read, as a notebook's cells run from top to bottom."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from dvnb.notebooks.review.codecells import CodeCell
from dvnb.notebooks.review.namespace import Namespace
from dvnb.notebooks.review.scopes import (
    COMPREHENSIONS,
    binds,
    bound_names,
    evaluated_at_definition,
    free_names,
    global_names,
    names_in,
    surely_read,
)

_CATCHING = {"NameError", "Exception", "BaseException"}
_SETS_ANY_NAME = {"exec", "globals", "locals", "vars", "execfile"}


class Flow:
    """The cells in order: what each does to the `names`; `deferred` are the reads of function bodies, by cell."""

    def __init__(self, given: Iterable[str]) -> None:
        self.names = Namespace(given)
        self.deferred: list[tuple[CodeCell, ast.AST, str]] = []
        self._certain = True  # whether this statement is sure to run
        self._lazy_notes = False
        self._steps = self._steps_of_nodes()

    def run(self, cells: Sequence[CodeCell]) -> None:
        """Go through all cells, top to bottom."""
        names = self.names
        for cell in cells:
            names.cell = cell
            names.opaque = names.opaque or cell.opaque
            if cell.tree is not None and not cell.expects_error:
                self._block(cell.tree.body)
            elif cell.tree is not None:
                names.bind_all(bound_names(cell.tree.body))

    # ---- statements

    def _block(self, body: Iterable[ast.AST]) -> None:
        for statement in body:
            self._visit(statement)

    def _maybe(self, body: Iterable[ast.AST]) -> None:
        certain, self._certain = self._certain, False
        self._block(body)
        self._certain = certain

    def _visit(self, node: ast.AST) -> None:
        """One node, in the order in which Python evaluates it."""
        step = self._steps.get(type(node))
        if step is not None:
            step(node)
            return
        self._block(ast.iter_child_nodes(node))
        self.names.bind_all(binds(node))

    def _steps_of_nodes(self) -> dict[type[ast.AST], Callable[[Any], None]]:
        functions = dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda), self._function)
        return {
            **functions,
            **dict.fromkeys(COMPREHENSIONS, self._comprehension),
            ast.Name: self._name,
            ast.ClassDef: self._a_class,
            ast.Assign: lambda node: self._block([node.value, *node.targets]),
            ast.AugAssign: self._augmented,
            ast.AnnAssign: self._annotated,
            ast.NamedExpr: lambda node: self._block([node.value, node.target]),
            ast.For: self._each,
            ast.AsyncFor: self._each,
            ast.If: self._branch,
            ast.While: self._repeat,
            ast.With: self._within,
            ast.AsyncWith: self._within,
            ast.Try: self._attempt,
            ast.TryStar: self._attempt,
            ast.ExceptHandler: self._handler,
            ast.Delete: self._delete,
            ast.ImportFrom: self._imported,
            ast.Call: self._call,
            ast.Match: self._match,
        }

    def _augmented(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.names.read(node.target.id, node.target)
            self.names.defined.add(node.target.id)  # this defines nothing that was not there, but said once is enough
            self._visit(node.value)
            return
        self._block([node.value, node.target])

    def _each(self, node: ast.For | ast.AsyncFor) -> None:
        self._block([node.iter, node.target])
        self._loop([*node.body, *node.orelse])

    def _branch(self, node: ast.If) -> None:
        self._visit(node.test)
        self._maybe([*node.body, *node.orelse])

    def _repeat(self, node: ast.While) -> None:
        self._visit(node.test)
        self._loop([*node.body, *node.orelse])

    def _handler(self, node: ast.ExceptHandler) -> None:
        self._block([node.type] if node.type else [])
        self.names.bind_all(binds(node))
        self._block(node.body)

    def _imported(self, node: ast.ImportFrom) -> None:
        self.names.opaque = self.names.opaque or any(alias.name == "*" for alias in node.names)
        if node.module == "__future__":
            self._lazy_notes = self._lazy_notes or any(alias.name == "annotations" for alias in node.names)
        self.names.bind_all(binds(node))

    def _match(self, node: ast.Match) -> None:
        self._visit(node.subject)
        self._maybe(node.cases)

    def _name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.names.read(node.id, node)
        elif isinstance(node.ctx, ast.Store):
            self.names.bind(node.id)

    def _annotated(self, node: ast.AnnAssign) -> None:
        if not self._lazy_notes:
            self._visit(node.annotation)
        if node.value is not None:
            self._block([node.value, node.target])

    def _loop(self, body: list[ast.stmt]) -> None:
        self.names.bind_all(bound_names(body))  # an earlier round may have set them
        self._maybe(body)

    def _within(self, node: ast.With | ast.AsyncWith) -> None:
        self._block(node.items)
        forgiving = any(names_in(item.context_expr) & _CATCHING for item in node.items)
        with self.names.forgive(forgiving):
            self._block(node.body)

    def _attempt(self, node: ast.Try | ast.TryStar) -> None:
        forgiving = any(_catches_name_error(handler) for handler in node.handlers)
        with self.names.forgive(forgiving):
            self._maybe(node.body)
        self._maybe([*node.handlers, *node.orelse])
        self._block(node.finalbody)

    def _delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if not isinstance(target, ast.Name):
                self._visit(target)
                continue
            self.names.read(target.id, target)
            if self._certain:
                self.names.delete(target.id)

    def _call(self, node: ast.Call) -> None:
        self._block(ast.iter_child_nodes(node))
        if isinstance(node.func, ast.Name):
            if node.func.id in _SETS_ANY_NAME:
                self.names.opaque = True
            for name in self.names.functions.get(node.func.id, ()):
                self.names.read(name, node)

    # ---- scopes

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        now = evaluated_at_definition(node)
        if self._lazy_notes and not isinstance(node, ast.Lambda):
            now = [each for each in now if each in node.decorator_list or each in node.args.defaults]
        self._block(now)
        if not isinstance(node, ast.Lambda):
            self.names.bind(node.name)
            self.names.functions[node.name] = surely_read(node)
        for name, where in free_names(node).items():
            if not self.names.forgiving and "NameError" not in names_in(node):
                self.deferred.append((self.names.cell, where, name))
        self.names.bind_all(global_names(node))
        if names_in(node) & {"exec", "globals"}:
            self.names.opaque = True

    def _a_class(self, node: ast.ClassDef) -> None:
        self._block([*node.decorator_list, *node.bases, *node.keywords])
        with self.names.class_body(bound_names(node.body)):
            self._block(node.body)
        self.names.bind(node.name)

    def _comprehension(self, node: ast.AST) -> None:
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        targets = {name for part in generators for name in bound_names([part.target])}
        with self.names.comprehension(targets):
            for part in generators:
                self._block([part.iter, part.target, *part.ifs])
            if isinstance(node, ast.DictComp):
                self._block([node.key, node.value])
            else:
                self._visit(node.elt)  # type: ignore[attr-defined]


def _catches_name_error(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return bool(names_in(handler.type) & _CATCHING)
