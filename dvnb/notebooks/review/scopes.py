"""Which names a function body needs from outside, and which names a piece of code binds in its own scope."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def free_names(node: Function) -> dict[str, ast.Name]:
    """Names that the body of a function reads and does not bind itself -> where first."""
    body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
    declared_global = {
        name for part in body for each in _own_nodes(part) if isinstance(each, ast.Global) for name in each.names
    }
    bound = (set(_arguments(node.args)) | bound_names(body)) - declared_global
    return {name: where for name, where in _reads(body).items() if name not in bound}


def global_names(node: Function) -> set[str]:
    """Names that a function, or one within it, may set at the top level."""
    return {name for each in ast.walk(node) if isinstance(each, ast.Global) for name in each.names}


def surely_read(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """Names from outside that a call of this function is sure to read: those of its statements up to a branch."""
    if any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in ast.walk(node)):
        return set()
    if isinstance(node, ast.AsyncFunctionDef) or node.decorator_list:
        return set()
    sure: set[str] = set()
    for statement in node.body:
        if not isinstance(statement, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return)):
            break
        lazy = (ast.IfExp, ast.BoolOp, ast.Lambda, *COMPREHENSIONS)
        if any(isinstance(each, lazy) for each in ast.walk(statement)):
            break
        sure |= {each.id for each in ast.walk(statement) if isinstance(each, ast.Name)}
    return sure & set(free_names(node))


def names_in(node: ast.AST) -> set[str]:
    """All names that stand in a piece of code."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def bound_names(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that code binds in its own scope: assignments, imports, definitions, loops, patterns."""
    return {name for node in nodes for each in _own_nodes(node) for name in binds(each)}


def binds(node: ast.AST) -> list[str]:
    """Names that this one node binds by itself."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return [alias.asname or alias.name.partition(".")[0] for alias in names if alias.name != "*"]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return [name]
        case ast.MatchMapping(rest=str(name)):
            return [name]
        case _:
            return []


def _own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """A node and those below it in the same scope; of comprehensions only what `:=` binds here."""
    yield node
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
        return
    if isinstance(node, COMPREHENSIONS):
        for each in ast.walk(node):
            if isinstance(each, ast.NamedExpr):
                yield each.target
        return
    for child in ast.iter_child_nodes(node):
        yield from _own_nodes(child)


def _reads(nodes: Iterable[ast.AST]) -> dict[str, ast.Name]:
    """Names that code reads, those that inner scopes need included."""
    found: dict[str, ast.Name] = {}
    for node in nodes:
        for name, where in _reads_of(node).items():
            found.setdefault(name, where)
    return found


def _reads_of(node: ast.AST) -> dict[str, ast.Name]:
    if isinstance(node, ast.Name):
        return {} if isinstance(node.ctx, ast.Store) else {node.id: node}
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return free_names(node) | _reads(evaluated_at_definition(node))
    if isinstance(node, ast.ClassDef):
        outside = _reads([*node.decorator_list, *node.bases, *node.keywords])
        bound = bound_names(node.body)
        return outside | {name: at for name, at in _reads(node.body).items() if name not in bound}
    if isinstance(node, COMPREHENSIONS):
        bound = {name for part in node.generators for name in bound_names([part.target])}
        return {name: at for name, at in _reads(ast.iter_child_nodes(node)).items() if name not in bound}
    return _reads(ast.iter_child_nodes(node))


def evaluated_at_definition(node: Function) -> list[ast.expr]:
    """What a `def` or `lambda` evaluates at once: decorators, defaults, annotations."""
    arguments = node.args
    found = [*arguments.defaults, *(default for default in arguments.kw_defaults if default is not None)]
    if isinstance(node, ast.Lambda):
        return found
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    notes = [argument.annotation for argument in every if argument is not None and argument.annotation is not None]
    return [*node.decorator_list, *found, *notes, *([node.returns] if node.returns else [])]


def _arguments(arguments: ast.arguments) -> list[str]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return [argument.arg for argument in every if argument is not None]
