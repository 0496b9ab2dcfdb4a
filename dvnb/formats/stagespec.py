"""A stage's definition once it is resolved: what it says, and how dvc writes it.

Source: dvc's stage/serialize.py (`to_pipeline_file`), output.py, dependency/__init__.py.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable
from typing import Any, Literal, cast

from dvnb.errors import FormatError
from dvnb.records import dataclass, field

DEFAULT_PARAMS = "params.yaml"
_PLOT_FLAGS = ("template", "x", "y", "x_label", "y_label", "title", "header")


@dataclass(slots=True)
class OutSpec:
    """An out of a stage; `path` as written, relative to the stage's wdir. `plot`: its plot properties, if any."""

    path: str
    kind: Literal["outs", "metrics", "plots"] = "outs"
    cache: bool = True
    persist: bool = False
    push: bool = True
    remote: str | None = None
    desc: str | None = None
    type: str | None = None
    labels: list[str] = field(default_factory=list[str])
    meta: Any = None
    plot: dict[str, Any] | None = None


@dataclass(slots=True)
class StageSpec:
    """A resolved stage. `params`: (file, keys) in order of first mention; no keys: the whole file."""

    cmd: str | list[str]
    wdir: str | None = None
    deps: list[str] = field(default_factory=list[str])
    params: list[tuple[str, list[str]]] = field(default_factory=list[tuple[str, list[str]]])
    outs: list[OutSpec] = field(default_factory=list[OutSpec])
    frozen: bool = False
    always_changed: bool = False
    desc: str | None = None
    meta: Any = None


def stage_spec(raw: dict[str, Any]) -> StageSpec:
    """What a resolved definition says.

    Raises: FormatError where dvc finds fault only after resolving: flags or parameter keys of a wrong type.
    """
    paths: list[Any] = [*(raw.get("deps") or []), *([raw["wdir"]] if raw.get("wdir") else [])]
    for path in paths:
        _require_path(path)
    outs: list[OutSpec] = []
    for kind in ("outs", "metrics", "plots"):
        outs.extend(_outs(raw.get(kind) or [], kind))
    return StageSpec(
        raw["cmd"],
        raw.get("wdir"),
        list(raw.get("deps") or []),
        list(_params(raw.get("params") or []).items()),
        outs,
        frozen=raw.get("frozen", False),
        always_changed=raw.get("always_changed", False),
        desc=raw.get("desc"),
        meta=raw.get("meta"),
    )


def respell(spec: StageSpec, spell: Callable[[str], str]) -> StageSpec:
    """The same stage with each path as `spell` writes it."""
    for out in spec.outs:
        out.path = spell(out.path)
    spec.deps = [spell(path) for path in spec.deps]
    spec.params = [(spell(path), keys) for path, keys in spec.params]
    return spec


def _require_path(path: Any) -> None:
    """Refuse what a template made of a path, such as a number; dvc ends with an unexpected error."""
    if not isinstance(path, str):
        kind = type(path).__name__
        raise FormatError(f"Expected a path, got '{path}', which is of type '{kind}': write it in a text")


def _outs(items: list[Any], kind: Literal["outs", "metrics", "plots"]) -> list[OutSpec]:
    merged: dict[str, dict[str, Any]] = {}
    for item in items:
        flagged: dict[str, Any] = cast("dict[str, Any]", item) if isinstance(item, dict) else {item: {}}
        for path, flags in flagged.items():
            _require_path(path)
            if not isinstance(flags, dict):
                raise FormatError(f"Expected dict for '{path}', got: '{type(flags).__name__}'")
            merged.setdefault(path, {}).update(cast("dict[str, Any]", flags))
    return [_out(path, kind, flags) for path, flags in merged.items()]


def _out(path: str, kind: Literal["outs", "metrics", "plots"], flags: dict[str, Any]) -> OutSpec:
    plot = {key: flags[key] for key in _PLOT_FLAGS if key in flags} if kind == "plots" else None
    return OutSpec(
        path,
        kind,
        cache=flags.get("cache", True),
        persist=flags.get("persist", False),
        push=flags.get("push", True),
        remote=flags.get("remote"),
        desc=flags.get("desc"),
        type=flags.get("type"),
        labels=list(flags.get("labels") or []),
        meta=flags.get("meta"),
        plot=plot or None,
    )


def _params(items: list[Any]) -> dict[str, list[str]]:
    """Keys by params file. A file that is named without keys anywhere counts as a whole."""
    whole = {file for item in items if not isinstance(item, str) for file, keys in item.items() if not keys}
    merged: dict[str, list[str]] = {}
    for item in items:
        if isinstance(item, str):
            if DEFAULT_PARAMS not in whole:
                merged.setdefault(DEFAULT_PARAMS, []).append(item)
            continue
        for file, keys in item.items():
            if file in whole:
                merged[file] = []
                continue
            if not isinstance(keys, list):
                kind = type(keys).__name__
                raise FormatError(f"Expected list of params for custom params file '{file}', got '{kind}'.")
            merged.setdefault(file, []).extend(cast("list[str]", keys))
    return merged


def definition(spec: StageSpec) -> dict[str, Any]:
    """The stage as a dvc.yaml holds it: in dvc's order of keys, deps, params and outs sorted, defaults left out."""
    wdir = posixpath.normpath(spec.wdir) if spec.wdir else None
    raw: dict[str, Any] = {
        "desc": spec.desc,
        "cmd": spec.cmd,
        "wdir": None if wdir == "." else wdir,
        "deps": sorted(spec.deps),
        "params": _params_items(spec.params),
        "outs": _out_items(spec.outs, "outs"),
        "metrics": _out_items(spec.outs, "metrics"),
        "plots": _out_items(spec.outs, "plots"),
        "frozen": spec.frozen,
        "always_changed": spec.always_changed,
        "meta": spec.meta,
    }
    return {key: value for key, value in raw.items() if value}


def _params_items(params: Iterable[tuple[str, list[str]]]) -> list[Any]:
    default: list[Any] = []
    others: list[Any] = []
    for file, keys in sorted(params):
        if keys and file == DEFAULT_PARAMS:
            default.extend(sorted(keys))
        else:
            others.append({file: sorted(keys) or None})
    return default + others


def _out_items(outs: list[OutSpec], kind: str) -> list[Any]:
    items: list[Any] = []
    for out in sorted((out for out in outs if out.kind == kind), key=lambda out: out.path):
        annotation = {"desc": out.desc, "type": out.type, "labels": out.labels, "meta": out.meta}
        flags: dict[str, Any] = {key: value for key, value in annotation.items() if value}
        if not out.cache:
            flags["cache"] = False
        if out.persist:
            flags["persist"] = True
        flags.update(out.plot or {})
        if out.remote:
            flags["remote"] = out.remote
        if not out.push:
            flags["push"] = False
        items.append({out.path: flags} if flags else out.path)
    return items
