"""A notebook as a stage of dvc.yaml: its command, deps, outs, and the params that its tagged cell asks for."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from dvnb.errors import NotebookError
from dvnb.formats.stagespec import OutSpec, StageSpec
from dvnb.notebooks.parameters import DEFAULT_FILE, TAG, ParamSource, assigned_names, bind, default_name, tagged_cell
from dvnb.notebooks.suffixes import SUFFIX, TEXT_SUFFIXES, without_suffix
from dvnb.objects.hashing import md5_bytes
from dvnb.pipeline.params import get_key
from dvnb.records import dataclass, field

Params = list[tuple[str, list[str]]]

_PARAMS_SUFFIXES = (".yaml", ".yml", ".json", ".toml", ".py")


@dataclass(frozen=True, slots=True)
class StageRequest:
    """What is asked for. Paths are relative to the stage's wdir, POSIX.

    `copy` is where the executed copy goes: None beside the notebook as `<stem>.run.ipynb`, "" nowhere in the
    project. `assignments` are `NAME=DOTTED.KEY` or `NAME=VALUE`; `params` are (file, keys) as dvc declares them.
    """

    notebook: str
    name: str | None = None
    copy: str | None = None
    deps: Sequence[str] = ()
    outs: Sequence[OutSpec] = ()
    params: Sequence[tuple[str, list[str]]] = ()
    assignments: Sequence[str] = ()
    kernel: str | None = None
    timeout: float | None = None
    wdir: str | None = None
    desc: str | None = None
    propose: bool = True


@dataclass(frozen=True, slots=True)
class Proposals:
    """Names of the tagged cell and the keys of params.yaml that fit them; `ambiguous` ones fit several."""

    keys: dict[str, str] = field(default_factory=dict[str, str])
    ambiguous: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


@dataclass(frozen=True, slots=True)
class StagePlan:
    """A stage that `formats.dvcyaml` can write; `proposals` are the params that were found, not asked for."""

    name: str
    spec: StageSpec
    proposals: Proposals


def plan_stage(request: StageRequest, notebook: dict[str, Any], load: Callable[[str], Any]) -> StagePlan:
    """The stage that runs `notebook` (as `source.load` has it).

    `load` gives the data of a params file by its path as written; FileNotFoundError where there is none.
    Raises: NotebookError on a clash of names, or a `-p` name that the tagged cell does not assign.
    """
    if not request.notebook.endswith((SUFFIX, *TEXT_SUFFIXES)):
        raise NotebookError(f"'{request.notebook}' is not a notebook: its name does not end in {SUFFIX}")
    names = assigned_names(notebook)
    default = _load(load, DEFAULT_FILE)
    if request.params and tagged_cell(notebook) is None:
        raise NotebookError(
            f"'{request.notebook}' has no cell tagged '{TAG}', so nothing in it takes the stage's params; "
            f"tag the cell that assigns their defaults with '{TAG}'"
        )
    declared, commanded = _asked(request, default, load)
    taken = {text.partition("=")[0] for text in request.assignments}
    taken |= {default_name(file, key) for file, keys in declared.items() for key in keys or [""]}
    wanted = [name for name in names or [] if name not in taken] if request.propose else []
    proposals = propose_params(wanted, default)
    asked = list(request.assignments)
    for name, key in proposals.keys.items():
        keys = declared.setdefault(DEFAULT_FILE, [])
        if key not in keys:
            keys.append(key)
        if default_name(DEFAULT_FILE, key) != name:
            commanded.append(f"{name}={key}")
            asked.append(f"{name}={key}")
    params = list(declared.items())
    bind(_sources(params, load), asked, names)
    copy = executed_copy(request.notebook) if request.copy is None else request.copy
    outs = list(request.outs)
    if copy and all(out.path != copy for out in outs):
        outs.append(OutSpec(copy))
    spec = StageSpec(
        cmd=run_command(request.notebook, copy, commanded, kernel=request.kernel, timeout=request.timeout),
        wdir=request.wdir,
        deps=list(dict.fromkeys([request.notebook, *request.deps])),
        params=params,
        outs=outs,
        desc=request.desc,
    )
    return StagePlan(request.name or stage_name(request.notebook), spec, proposals)


def run_command(
    notebook: str,
    copy: str | None,
    assignments: Sequence[str] = (),
    *,
    kernel: str | None = None,
    timeout: float | None = None,
) -> str:
    """The command line of a notebook stage, quoted for the shell."""
    words = ["dvnb", "notebook", "run", _path_word(notebook)]
    if copy:
        words.append(_path_word(copy))
    for assignment in assignments:
        words += ["-p", assignment]
    if kernel:
        words += ["--kernel", kernel]
    if timeout:
        words += ["--timeout", f"{timeout:g}"]
    return shlex.join(words)


def executed_copy(notebook: str) -> str:
    """Where the executed copy of `notebook` goes by default: `<stem>.run.ipynb` beside it."""
    return f"{without_suffix(notebook)}.run{SUFFIX}"


def unkept_copy(notebook: str, tmp_dir: str, label: str = "") -> str:
    """Where the executed copy goes that is no out: below `.dvc/tmp`, absolute.

    One place a notebook (absolute path) and `label` (say, the stage), so that parallel runs do not meet.
    """
    stem = os.path.basename(without_suffix(notebook))
    digest = md5_bytes(f"{notebook}\0{label}".encode())[:8]
    return os.path.join(tmp_dir, "dvnb", "runs", f"{stem}-{digest}{SUFFIX}")


def stage_name(notebook: str) -> str:
    """A stage's name made of the notebook's."""
    stem = os.path.basename(without_suffix(notebook))
    return re.sub(r"[^\w-]+", "-", stem).strip("-") or "notebook"


def propose_params(names: Sequence[str], data: Any) -> Proposals:
    """For each of `names` the key of `data` that fits: a top-level one, else the only leaf of that name.

    `learning_rate` fits `learning-rate`, where no key has the very name.
    """
    top = cast("Mapping[Any, Any]", data) if isinstance(data, Mapping) else {}
    leaves = list(_leaves(top))
    found = Proposals()
    for name in names:
        for same in (name, name.replace("_", "-")):
            if same in top:
                found.keys[name] = same
                break
            fitting = [key for key in leaves if key.rpartition(".")[2] == same]
            if len(fitting) == 1:
                found.keys[name] = fitting[0]
            elif fitting:
                found.ambiguous[name] = fitting
            if fitting:
                break
    return found


def _asked(request: StageRequest, default: Any, load: Callable[[str], Any]) -> tuple[dict[str, list[str]], list[str]]:
    """Declared params, those that assignments name included, and the assignments that the command needs."""
    declared = {file: list(keys) for file, keys in request.params}
    commanded: list[str] = []
    for assignment in request.assignments:
        name, _, text = assignment.partition("=")
        if not _is_declared(text, declared):
            file, colon, key = text.partition(":")
            if _has_key(default, text):
                declared.setdefault(DEFAULT_FILE, []).append(text)
            elif colon and file.endswith(_PARAMS_SUFFIXES) and _has_key(_load(load, file), key):
                declared.setdefault(file, []).append(key)
        if not (text in declared.get(DEFAULT_FILE, []) and default_name(DEFAULT_FILE, text) == name):
            commanded.append(assignment)
    return declared, commanded


def _is_declared(text: str, declared: dict[str, list[str]]) -> bool:
    file, colon, key = text.partition(":")
    if colon and file in declared:
        text = key
    return any(
        text == known or text.startswith(f"{known}.") for keys in declared.values() for known in keys
    ) or not declared.get(DEFAULT_FILE, [text])


def _has_key(data: Any, key: str) -> bool:
    try:
        value = get_key(data, key) if key else None
    except KeyError:
        return False
    return value is not None


def _sources(params: Params, load: Callable[[str], Any]) -> list[ParamSource]:
    """Those files that exist; dvc itself speaks up about others."""
    sources: list[ParamSource] = []
    for file, keys in params:
        data = _load(load, file)
        if data is not None:
            sources.append(ParamSource(file, keys, data))
    return sources


def _load(load: Callable[[str], Any], file: str) -> Any:
    try:
        return load(file)
    except FileNotFoundError:
        return None


def _leaves(data: Mapping[Any, Any], prefix: str = "") -> Iterator[str]:
    for key, value in data.items():
        if not isinstance(key, str) or "." in key:
            continue
        if isinstance(value, Mapping):
            yield from _leaves(cast("Mapping[Any, Any]", value), f"{prefix}{key}.")
        else:
            yield prefix + key


def _path_word(path: str) -> str:
    return f"./{path}" if path.startswith("-") else path
