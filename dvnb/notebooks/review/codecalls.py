"""What a notebook's code calls, by full name, and the values of its constant texts."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator, Sequence

from dvnb.notebooks.review.codecells import CodeCell
from dvnb.records import dataclass, field


@dataclass(frozen=True, slots=True)
class Call:
    """A call in a cell: `name` is full (`numpy.random.rand`) where its import was seen, else what stands there.

    A method of something unknown has a name that begins with a dot. `nested`: within a function's body.
    """

    cell: CodeCell
    node: ast.Call
    name: str
    imported: bool
    nested: bool

    def keyword(self, name: str) -> ast.expr | None:
        """The value of a keyword argument."""
        return next((word.value for word in self.node.keywords if word.arg == name), None)

    @property
    def passes_unknown(self) -> bool:
        """Whether `**options` may hold any keyword."""
        return any(word.arg is None for word in self.node.keywords)


@dataclass(slots=True)
class Names:
    """What a notebook's names stand for: modules and what was imported of them, and texts assigned just once."""

    imports: dict[str, str] = field(default_factory=dict[str, str])
    texts: dict[str, str] = field(default_factory=dict[str, str])

    def full(self, node: ast.expr) -> tuple[str, bool]:
        """The full name of what is called, and whether its import was seen."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return "." + (parts[0] if parts else ""), False
        if node.id in self.imports:
            return ".".join([self.imports[node.id], *reversed(parts)]), True
        return (f".{parts[0]}", False) if parts else (node.id, False)

    def text(self, node: ast.expr | None) -> str | None:
        """The constant text or path that an expression gives, None where that is not known."""
        match node:
            case ast.Constant(value=str(value)):
                return value
            case ast.Name(id=name):
                return self.texts.get(name)
            case ast.JoinedStr(values=values):
                parts = [self.text(v.value if isinstance(v, ast.FormattedValue) else v) for v in values]
                return None if None in parts else "".join(part for part in parts if part is not None)
            case ast.BinOp(left=left, op=ast.Div() | ast.Add() as operator, right=right):
                one, other = self.text(left), self.text(right)
                if one is None or other is None:
                    return None
                return posixpath.join(one, other) if isinstance(operator, ast.Div) else one + other
            case ast.Call(func=function, args=args, keywords=[]):
                return self._built(self.full(function)[0], args)
            case _:
                return None

    def _built(self, name: str, args: Sequence[ast.expr]) -> str | None:
        if name not in {"pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "os.path.join", "str", "os.fspath"}:
            return None
        parts = [self.text(each) for each in args]
        known = [part for part in parts if part is not None]
        return posixpath.join(*known) if known and len(known) == len(parts) else None


def names_of(cells: Sequence[CodeCell], unknown: set[str]) -> Names:
    """What names stand for; `unknown` ones are set by a run, so that their values here say nothing."""
    found = Names()
    assigned: dict[str, list[ast.expr | None]] = {}
    for cell in cells:
        for node in ast.walk(cell.tree) if cell.tree else ():
            _note_imports(node, found.imports)
            for name, value in _assignments(node):
                assigned.setdefault(name, []).append(value)
    for name, values in assigned.items():
        found.imports.pop(name, None)
        value = values[0] if len(values) == 1 and name not in unknown else None
        text = found.text(value)
        if text is not None:
            found.texts[name] = text
    return found


def calls_of(cells: Sequence[CodeCell], names: Names) -> Iterator[Call]:
    """All calls, top to bottom."""
    for cell in cells:
        if cell.tree is not None:
            yield from _calls(cell, cell.tree, names, nested=False)


def _calls(cell: CodeCell, node: ast.AST, names: Names, *, nested: bool) -> Iterator[Call]:
    if isinstance(node, ast.Call):
        name, imported = names.full(node.func)
        yield Call(cell, node, name, imported, nested)
    inner = nested or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
    for child in ast.iter_child_nodes(node):
        yield from _calls(cell, child, names, nested=inner)


def _note_imports(node: ast.AST, imports: dict[str, str]) -> None:
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.asname:
                imports[alias.asname] = alias.name
            else:
                top = alias.name.partition(".")[0]
                imports[top] = top
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            imports[alias.asname or alias.name] = f"{node.module}.{alias.name}"


def _assignments(node: ast.AST) -> Iterator[tuple[str, ast.expr | None]]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            yield name, value
        case ast.AugAssign(target=ast.Name(id=name)):
            yield name, None
        case ast.Assign(targets=targets):
            for target in targets:
                yield from ((each.id, None) for each in ast.walk(target) if isinstance(each, ast.Name))
        case (
            ast.For(target=target)
            | ast.comprehension(target=target)
            | ast.NamedExpr(target=target)
            | ast.withitem(optional_vars=target)
        ) if target is not None:
            yield from ((each.id, None) for each in ast.walk(target) if isinstance(each, ast.Name))
        case ast.arg(arg=name):
            yield name, None
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, None
        case _:
            return
