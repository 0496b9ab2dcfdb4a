"""Variables that stages read and make: `--in NAME=PATH`, `--out NAME=PATH`.

The suffix of the path says how. What reads and writes them is plain source, which stands in the stage's notebook for
everyone to see, and needs nothing of dvnb in the kernel.
"""

from __future__ import annotations

import keyword
import os
import re
from collections.abc import Iterable, Sequence
from importlib.util import find_spec

from dvnb.errors import NotebookError
from dvnb.notebooks import variable_sources as sources
from dvnb.records import dataclass

TABLE, MATRIX, DATA, TEXT, PICKLE = "a DataFrame", "a numpy array", "dicts and lists", "text", "any object"
_TEXTS = (".txt", ".md", ".html", ".tex", ".log", ".sql", ".svg")
_KINDS = {
    ".parquet": TABLE,
    ".csv": TABLE,
    ".tsv": TABLE,
    ".npy": MATRIX,
    ".json": DATA,
    ".yaml": DATA,
    ".yml": DATA,
    ".pkl": PICKLE,
    ".pickle": PICKLE,
    **dict.fromkeys(_TEXTS, TEXT),
}
FORMATS = ".parquet, .csv and .tsv (a DataFrame), .npy (an array), .json and .yaml (dicts and lists), .txt (text)"

_NEEDS: dict[str, tuple[tuple[str, ...], ...]] = {
    ".parquet": (("pandas",), ("pyarrow", "fastparquet")),
    ".csv": (("pandas",),),
    ".tsv": (("pandas",),),
    ".npy": (("numpy",),),
    ".yaml": (("yaml",),),
    ".yml": (("yaml",),),
}
"""For each suffix groups of modules, of each of which one has to be there."""
_PACKAGES = {"yaml": "pyyaml"}


@dataclass(frozen=True, slots=True)
class Variable:
    """`name` is read from, or written to, `path`, which is relative to the stage's wdir, POSIX."""

    name: str
    path: str

    @property
    def suffix(self) -> str:
        """What says how: `.csv`."""
        return _suffix(self.path)

    @property
    def is_pickle(self) -> bool:
        """Whether reading it back could run anything."""
        return _KINDS[self.suffix] == PICKLE


def parse(texts: Sequence[str], option: str) -> list[Variable]:
    """What `--in` or `--out` (the `option`) were given.

    Raises: NotebookError.
    """
    found: dict[str, Variable] = {}
    paths: set[str] = set()
    for text in texts:
        name, separator, path = text.partition("=")
        name, path = name.strip(), path.strip().replace(os.sep, "/")
        if not separator or not path:
            raise NotebookError(f"cannot read {option} '{text}': write it as NAME=PATH, such as df=data/table.csv")
        if not name.isidentifier() or keyword.iskeyword(name):
            raise NotebookError(f"cannot read {option} '{text}': '{name}' cannot be the name of a variable")
        if name in found or path in paths:
            raise NotebookError(f"{option} '{text}': '{name if name in found else path}' is given twice")
        _check_suffix(text, path, option)
        paths.add(path)
        found[name] = Variable(name, path)
    return list(found.values())


def _check_suffix(text: str, path: str, option: str) -> None:
    kind = _KINDS.get(_suffix(path))
    if kind is None:
        raise NotebookError(
            f"{option} '{text}': what is written to '{path}' is told by how its name ends: {FORMATS}"
            + (", .pkl (any object)" if option == "--out" else "")
        )
    if kind == PICKLE and option == "--in":
        raise NotebookError(
            f"{option} '{text}': reading a pickle can run anything, so that no option does it;"
            f" add `-d {path}`, and load it in the cell if you trust who made it"
        )


def check_installed(variables: Iterable[Variable]) -> None:
    """Make sure that this interpreter has what reads and writes them.

    Raises: NotebookError that says what to install.
    """
    for variable in variables:
        for modules in _NEEDS.get(variable.suffix, ()):
            if any(find_spec(module) for module in modules):
                continue
            package = _PACKAGES.get(modules[0], modules[0])
            either = " or ".join(_PACKAGES.get(module, module) for module in modules)
            other = f", or use '{re.sub(r'[.]parquet$', '.csv', variable.path)}'" if len(modules) > 1 else ""
            raise NotebookError(
                f"'{variable.path}' needs {either}, which is not installed: `%pip install {package}`{other}"
            )


def load_source(variables: Sequence[Variable]) -> str:
    """Source that reads variables."""
    return "\n".join(_lines(variables, sources.LOADS))


def save_source(variables: Sequence[Variable]) -> str:
    """Source that writes variables, or says which is of a kind that its file cannot hold."""
    return "\n".join(_lines(variables, sources.SAVES))


def _lines(variables: Sequence[Variable], templates: dict[str, sources.Template]) -> list[str]:
    imports: dict[str, None] = {}
    bodies: list[str] = []
    for variable in variables:
        template = templates[variable.suffix if variable.suffix not in _TEXTS else ".txt"]
        imports.update(dict.fromkeys(template.imports))
        folder = os.path.dirname(variable.path)
        if folder and templates is sources.SAVES:
            imports["import os as _os"] = None
            bodies.append(f"_os.makedirs({folder!r}, exist_ok=True)")
        bodies.append(template.fill(variable.name, variable.path))
    return [*sorted(imports), "", *bodies] if imports else bodies


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()
