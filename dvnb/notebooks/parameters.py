"""Parameters of a notebook: what its tagged cell assigns, and which values a run gives to which names.

A stage's declared params arrive by name: `train.lr` as `lr`, a declared mapping as one dict under its
last key, a whole file as one dict named by its stem. `-p name=dotted.key` maps by hand.
"""

from __future__ import annotations

import ast
import contextlib
import keyword
import math
import os
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any, cast

from dvnb.errors import FormatError, NotebookError
from dvnb.formats import yamlio
from dvnb.notebooks.source import cell_source, cell_tags, cells_of
from dvnb.pipeline.params import get_key
from dvnb.pipeline.stage import Stage
from dvnb.records import dataclass

TAG = "parameters"
DEFAULT_FILE = "params.yaml"
STAGE_NOTE = "# The run injects these below."
"""The first line of the tagged cell that a `%%stage` cell makes; it describes no parameter."""

_MAP = "(for `notebook stage` and %%stage: --map)"
PYTHON_MAGIC = re.compile(r"^\s*[%!?].*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ParamSource:
    """One params file: `text` its path as the stage has it, `data` its content.

    `keys` are the declared dotted keys: empty means the whole file, None that nothing of it is declared.
    """

    text: str
    keys: list[str] | None
    data: Any


# ---- what a notebook offers ------------------------------------------------------------------------


def tagged_cell(notebook: dict[str, Any]) -> int | None:
    """Position from 0 of the first cell tagged `parameters`."""
    return next((at for at, cell in enumerate(cells_of(notebook)) if TAG in cell_tags(cell)), None)


def kernel_name(notebook: dict[str, Any]) -> str | None:
    """The kernel that the notebook asks for; None where it names none."""
    return ((notebook.get("metadata") or {}).get("kernelspec") or {}).get("name") or None


def language_of(notebook: dict[str, Any]) -> str | None:
    """The notebook's programming language in lower case, as papermill finds it; None where nothing says it.

    A notebook without a kernelspec runs on dvnb's own Python.
    """
    metadata = notebook.get("metadata") or {}
    spec = metadata.get("kernelspec") or {}
    named = (metadata.get("language_info") or {}).get("name") or spec.get("language")
    if not named and str(spec.get("name") or "python").startswith("python"):
        named = "python"
    return str(named).lower() if named else None


def assigned_names(notebook: dict[str, Any], language: str | None = None) -> list[str] | None:
    """Names that the tagged cell assigns, in order: none without such a cell, None where the language is not Python."""
    at = tagged_cell(notebook)
    if at is None:
        return []
    if (language or language_of(notebook) or "").lower() not in {"python", "ipython"}:
        return None
    try:
        body = ast.parse(PYTHON_MAGIC.sub("", cell_source(cells_of(notebook)[at]))).body
    except (SyntaxError, ValueError):
        return None  # the kernel says what is wrong with it
    names: dict[str, None] = {}
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names[node.id] = None
    return list(names)


# ---- what a stage declares -------------------------------------------------------------------------


def stage_sources(stage: Stage, load: Callable[[str], Any]) -> list[ParamSource]:
    """The params files of `stage`; `load` turns an absolute path into its data.

    The default `params.yaml` of the wdir comes along when it exists and is not declared, so that a
    key which the stage forgot to declare is found out.
    """
    sources: list[ParamSource] = []
    for dep in stage.params:
        try:
            sources.append(ParamSource(dep.text, list(dep.keys), load(dep.path)))
        except FileNotFoundError as error:
            raise NotebookError(f"parameters file '{dep.text}' does not exist") from error
    default = os.path.join(stage.wdir, DEFAULT_FILE)
    if all(dep.path != default for dep in stage.params) and os.path.isfile(default):
        with contextlib.suppress(FormatError):  # nobody declared it, so nobody has to mend it
            sources.append(ParamSource(DEFAULT_FILE, None, load(default)))
    return sources


def bind(
    sources: list[ParamSource], assignments: list[str] | None = None, assigned: list[str] | None = None
) -> dict[str, Any]:
    """Names and values to inject: all declared params, and `assignments` (`NAME=DOTTED.KEY` or `NAME=VALUE`).

    `assigned` are the names of the tagged cell, None where they are not known. A value is YAML, and wins over a
    declared param of that name.
    Raises: NotebookError on a clash of names, a name that the cell does not assign, a key that is missing.
    """
    explicit: dict[str, Any] = {}
    mapped: set[tuple[str, str]] = set()
    taken: dict[str, str] = {}
    for assignment in assignments or []:
        name, separator, text = assignment.partition("=")
        name = name.strip()
        if not separator or not name:
            raise NotebookError(f"cannot read parameter '{assignment}': write it as NAME=DOTTED.KEY or NAME=VALUE")
        if name in explicit:
            raise NotebookError(f"parameter '{name}' is given twice")
        _check_assigned(name, assigned)
        key = _find_key(text, sources, name)
        if key is None:
            explicit[name] = _yaml_value(text, assignment)
        else:
            mapped.add(key[:2])
            taken[name] = f"-p {assignment}"
            explicit[name] = key[2]
    declared = _declared(sources, mapped, taken)
    return {name: plain(value) for name, value in {**declared, **explicit}.items()}


def _declared(sources: list[ParamSource], mapped: set[tuple[str, str]], taken: dict[str, str]) -> dict[str, Any]:
    """Declared params under their own names, without those that `-p` mapped; `taken` are the names it gave to keys."""
    values: dict[str, Any] = {}
    origin = dict(taken)
    for source in sources:
        if source.keys is None:
            continue
        for key in source.keys or [""]:
            if (source.text, key) in mapped:
                continue
            where = _where(source.text, key)
            name = default_name(source.text, key)
            if not name.isidentifier() or keyword.iskeyword(name):
                better = re.sub(r"\W", "_", name)
                better = better if better.isidentifier() and not keyword.iskeyword(better) else f"p_{better}"
                named = f"'{name}'" if name == where else f"'{name}' ({where})"
                assignment = shlex.quote(f"{better}={where}")
                raise NotebookError(f"{named} cannot be a variable's name: add -p {assignment} {_MAP}")
            if name in origin:
                raise NotebookError(
                    f"'{name}' would be both {origin[name]} and {where}: "
                    f"give one of them another name by -p NAME={where} {_MAP}"
                )
            origin[name] = where
            values[name] = _lookup(source, key)
    return values


def default_name(text: str, key: str) -> str:
    """The variable that a declared key arrives as: its last part; for a whole file (no key) the file's stem."""
    if key:
        return key.rpartition(".")[2]
    return os.path.basename(text).partition(".")[0]


def _where(text: str, key: str) -> str:
    if not key:
        return f"{text}:"
    return key if text == DEFAULT_FILE else f"{text}:{key}"


def _check_assigned(name: str, assigned: list[str] | None) -> None:
    if assigned is None or name in assigned:
        return
    if not assigned:
        raise NotebookError(
            f"parameter '{name}' is unknown: no cell tagged '{TAG}' assigns it; "
            f"tag the cell that holds `{name} = …` with '{TAG}'"
        )
    raise NotebookError(
        f"parameter '{name}' is unknown: the cell tagged '{TAG}' does not assign it (it assigns "
        f"{', '.join(assigned)}); add `{name} = …` to that cell"
    )


def _find_key(text: str, sources: list[ParamSource], name: str) -> tuple[str, str, Any] | None:
    """(file, key, value) if `text` names a param that the stage declares, else None."""
    text = text.strip()
    for source in sources:
        file, colon, key = text.partition(":")
        if colon and file == source.text:
            found = _in_source(source, key)
            if found is None:
                raise NotebookError(f"-p {name}={text}: {_undeclared(source, key)}")
            return found
    for source in sources:
        if text and (found := _in_source(source, text)) is not None:
            return found
    if "." in text and not _is_number(text):
        for source in sources:
            if source.keys is None or source.keys:
                try:
                    _get(source.data, text)
                except KeyError:
                    continue
                raise NotebookError(f"-p {name}={text}: {_undeclared(source, text)}")
    return None


def _in_source(source: ParamSource, key: str) -> tuple[str, str, Any] | None:
    if source.keys is None:
        return None
    inside = not source.keys or any(key == known or key.startswith(f"{known}.") for known in source.keys)
    if not inside or (not key and source.keys):
        return None
    try:
        return source.text, key, _get(source.data, key)
    except KeyError:
        if key in source.keys:
            raise NotebookError(f"parameter '{key}' is not in '{source.text}'") from None
        return None


def _undeclared(source: ParamSource, key: str) -> str:
    try:
        _get(source.data, key)
    except KeyError:
        return f"'{source.text}' has no key '{key}'"
    return f"'{key}' is a key of '{source.text}' that the stage does not declare; add it to the stage's params"


def _lookup(source: ParamSource, key: str) -> Any:
    try:
        return _get(source.data, key)
    except KeyError:
        raise NotebookError(f"parameter '{key}' is not in '{source.text}'") from None


def _get(data: Any, key: str) -> Any:
    return get_key(data, key) if key else data


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _yaml_value(text: str, assignment: str) -> Any:
    try:
        return yamlio.load(text.encode(), f"-p {assignment}")
    except FormatError as error:
        raise NotebookError(f"the value in '-p {assignment}' is not valid YAML: {yaml_problem(error)}") from error


def yaml_problem(error: BaseException) -> str:
    """What the parser minds, without the lines that show where: a value typed in one line needs none."""
    cause: BaseException | None = error
    while cause is not None:
        problem = getattr(cause, "problem", None)
        if problem:
            return str(problem)
        cause = cause.__cause__
    return str(error)


def plain(value: Any) -> Any:
    """`value` as the types that papermill writes into a cell and into JSON: dates become ISO text."""
    if isinstance(value, Mapping):
        mapping = cast("Mapping[Any, Any]", value)
        return {str(key): plain(item) for key, item in mapping.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in cast("list[Any]", value)]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    iso = getattr(value, "isoformat", None)
    return iso() if iso else str(value)


def json_safe(value: Any) -> Any:
    """`value` for a notebook's metadata, where NaN and infinities have no number: text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: json_safe(item) for key, item in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [json_safe(item) for item in cast("list[Any]", value)]
    return value
