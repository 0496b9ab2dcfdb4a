"""The Python of a notebook's cells, each line where it stood; IPython's own syntax becomes calls, or is left out."""

from __future__ import annotations

import ast
import re
import warnings
from itertools import pairwise
from typing import Any

from dvnb.notebooks.source import cell_source, cell_tags, cells_of
from dvnb.records import dataclass, field

# Cell magics whose body is this kernel's Python.
_PYTHON_BODY = {"time", "timeit", "capture", "prun", "memit", "mprun", "lprun", "heat", "snakeviz"}
# Magics that define no names for the cells below.
_HARMLESS = {
    "alias", "autoawait", "autocall", "automagic", "autoreload", "autosave", "bash", "bookmark", "cat", "cd", "clear",
    "cls", "code_wrap", "colors", "conda", "config", "connect_info", "cp", "debug", "dhist", "dirs", "doctest_mode",
    "dvc", "ed", "edit", "env", "file", "gui", "hist", "history", "html", "HTML", "javascript", "js", "killbgscripts",
    "latex", "ldir", "less", "lf", "lk", "ll", "load_ext", "logoff", "logon", "logstart", "logstate", "logstop", "ls",
    "lsmagic", "lx", "macro", "magic", "mamba", "man", "markdown", "matplotlib", "micromamba", "mkdir", "mode", "more",
    "mv", "nbagg", "notebook", "page", "pdb", "pdef", "pdoc", "perl", "pfile", "pinfo", "pinfo2", "pip", "popd",
    "pprint", "precision", "psearch", "psource", "pushd", "pwd", "pycat", "pypy", "python", "python2", "python3",
    "qtconsole", "quickref", "rehashx", "reload_ext", "rep", "rm", "rmdir", "ruby", "save", "sc", "script",
    "set_env", "sh", "stages", "subshell", "svg", "SVG", "sx", "system", "tb", "unalias", "unload_ext",
    "uv", "watermark", "who", "who_ls", "whos", "writefile", "xdel", "xmode",
}  # fmt: skip
_CELL_MAGIC = re.compile(r"\s*%%([\w-]+)[^\S\n]*(.*)")
_STAGE = {"stage", "dvc_stage"}
_NEVER_RUN = {"skip-execution"}


@dataclass(slots=True)
class CodeCell:
    """A code cell: `number` from 1 among all cells. `tree` is None where its text is no Python, `fault` where and why.

    `opaque`: a magic in it may define names that cannot be seen; `expects_error`: its tag says that it fails.
    """

    number: int
    id: str | None
    source: str
    tags: list[str]
    count: int | None
    tree: ast.Module | None = None
    fault: tuple[int, str] | None = None
    opaque: bool = False
    expects_error: bool = False
    lines: list[str] = field(default_factory=list[str])


def code_cells(notebook: dict[str, Any], *, python: bool) -> list[CodeCell]:
    """The cells that a run executes, parsed where the notebook's language is Python."""
    found: list[CodeCell] = []
    for number, cell in enumerate(cells_of(notebook), 1):
        tags = cell_tags(cell)
        if cell.get("cell_type") != "code" or _NEVER_RUN & set(tags):
            continue
        source = cell_source(cell)
        count = cell.get("execution_count", cell.get("prompt_number"))
        identity = cell.get("id")
        one = CodeCell(
            number,
            identity if isinstance(identity, str) else None,
            source,
            tags,
            count if isinstance(count, int) else None,
            expects_error="raises-exception" in tags,
            lines=source.splitlines(),
        )
        if python:
            _parse(one)
        found.append(one)
    return found


def _parse_stage(cell: CodeCell, words: list[str]) -> None:
    """A `%%stage` cell runs elsewhere; here it leaves what `--out NAME=PATH` loads back."""
    if {"--setup", "--inline"} & set(words):
        _parse_python(cell, "\n" + cell.source.partition("\n")[2])
        return
    after = [word for before, word in pairwise(words) if before == "--out"]
    joined = [word.removeprefix("--out=") for word in words if word.startswith("--out=")]
    names = [text.partition("=")[0] for text in [*after, *joined]]
    cell.tree = _tree("".join(f"{name} = ...\n" for name in names if name.isidentifier()))


def _parse(cell: CodeCell) -> None:
    text = cell.source
    defines = ""
    magic = _CELL_MAGIC.match(text)
    if magic:
        name, arguments = magic.groups()
        if name in _STAGE:
            _parse_stage(cell, arguments.split())
            return
        if name not in _PYTHON_BODY:
            cell.opaque = name not in _HARMLESS
            return
        head, _, body = text.partition("\n")
        if name == "capture":
            words = [word for word in arguments.split() if not word.startswith("-")]
            defines = f"{words[0]} = ..." if words and words[0].isidentifier() else ""
        elif not arguments.lstrip().startswith("-"):
            defines = arguments if name == "time" else ""
        text = f"{defines}\n{body}" if head else body
    _parse_python(cell, text)


def _parse_python(cell: CodeCell, text: str) -> None:
    python = _without_magics(text)
    tree = _tree(python)
    if tree is None:
        cell.opaque = True
        # IPython runs `pip install x` and `ls` as magics, if no name is in the way.
        if not any(line.split()[:1] and line.split()[0] in _HARMLESS for line in cell.lines):
            cell.fault = _fault(python)
        return
    splicer = _Magics()
    cell.tree = splicer.visit(tree)
    cell.opaque = splicer.opaque


def _without_magics(text: str) -> str:
    if not re.search(r"[%!?]", text):
        return text
    from IPython.core.inputtransformer2 import TransformerManager  # costs .2 s, and few cells have magics

    try:
        return TransformerManager().transform_cell(text)
    except SyntaxError:
        return text


def _tree(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = compile(text, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return parsed if isinstance(parsed, ast.Module) else None


def _fault(text: str) -> tuple[int, str] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as error:
        return error.lineno or 1, error.msg
    except (ValueError, RecursionError, MemoryError):
        pass
    return None


class _Magics(ast.NodeTransformer):
    """Puts the statement of `%time` and its like in the place of the call; notes magics that may define anything."""

    def __init__(self) -> None:
        self.opaque = False

    def visit_Expr(self, node: ast.Expr) -> Any:
        """A magic on a line of its own."""
        found = _line_magic(node.value)
        if found and found[0] in {"time", "timeit", "memit", "prun"}:
            inner = _tree(found[1]) if not found[1].startswith("-") else None
            if inner is not None:
                for each in ast.walk(inner):
                    if hasattr(each, "lineno"):
                        ast.copy_location(each, node)
                return inner.body or None
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> Any:
        """A magic in an expression, too."""
        found = _line_magic(node)
        if found and found[0] not in _HARMLESS | {"time", "timeit", "memit", "prun"}:
            self.opaque = True
        return self.generic_visit(node)


def _line_magic(node: ast.AST) -> tuple[str, str] | None:
    """Name and text of `get_ipython().run_line_magic('name', 'text')`."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return None
    if node.func.attr not in {"run_line_magic", "run_cell_magic"}:
        return None
    words = [word.value for word in node.args if isinstance(word, ast.Constant) and isinstance(word.value, str)]
    return (words[0], words[1] if len(words) > 1 else "") if words else None
