"""`dvc.yaml`: stages as people define them.

`parse` gives definitions as written (they may hold `${}`, `foreach`, `matrix`); once resolved, `stagespec` reads one.
Source: dvc's dvcfile.py (ProjectFile).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dvnb.errors import FormatError
from dvnb.formats import strict
from dvnb.formats.stagespec import definition, respell, stage_spec
from dvnb.formats.yamlio import Document, ParseCache, apply_diff
from dvnb.records import dataclass, field

Spell = Callable[[str], str]


@dataclass(slots=True)
class DvcYaml:
    """One dvc.yaml, unresolved. Paths are relative to its folder."""

    stages: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    vars: list[Any] = field(default_factory=list[Any])
    params: list[str] = field(default_factory=list[str])
    metrics: list[str] = field(default_factory=list[str])
    plots: list[str | dict[str, Any]] = field(default_factory=list[str | dict[str, Any]])
    artifacts: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    datasets: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def parse(data: bytes, path: str, cache: ParseCache | None = None, rev: str | None = None) -> DvcYaml:
    """The dvc.yaml in `data`.

    Raises: FormatError with dvc's words: unknown keys, wrong types, broken YAML, with line and column.
    """
    raw = strict.load(data, path, "DVCYAML", cache, rev)
    return DvcYaml(
        raw.get("stages") or {},
        raw.get("vars") or [],
        raw.get("params") or [],
        raw.get("metrics") or [],
        raw.get("plots") or [],
        raw.get("artifacts") or {},
        raw.get("datasets") or [],
    )


def put_stage(old: bytes | None, path: str, name: str, definition: dict[str, Any]) -> bytes:
    """The file with stage `name` added at the end, or changed where it differs from `definition`.

    Raises: FormatError if `old` is not YAML; `path` is named in it.
    """
    document = Document.from_bytes(old, path)
    stages = document.data["stages"] = document.data.get("stages", {})
    if name in stages:
        apply_diff(definition, stages[name])
    else:
        stages.update({name: definition})
    return document.to_bytes()


def set_fields(old: bytes, path: str, name: str, fields: dict[str, Any], spell: Spell = str) -> bytes:
    """The file with fields of stage `name` set, or deleted where the value is None.

    As dvc does it, the whole definition is brought into `definition`'s form, and each path into what `spell` makes of
    it, so it must hold no templating.
    """
    document = Document.from_bytes(old, path)
    stage = document.data["stages"][name]
    raw = {key: value for key, value in {**stage, **fields}.items() if value is not None}
    apply_diff(definition(respell(stage_spec(raw), spell)), stage)
    return document.to_bytes()


def set_plot(old: bytes, path: str, name: str, out: str, plot: dict[str, Any], spell: Spell = str) -> bytes:
    """The file with an output of stage `name` as a plot with just these properties; `out` is its path as spelled.

    As with `set_fields`, the definition must hold no templating.
    """
    document = Document.from_bytes(old, path)
    stage = document.data["stages"][name]
    spec = respell(stage_spec(stage), spell)
    for item in spec.outs:
        if item.path == out:
            item.kind, item.plot = "plots", plot or None
    apply_diff(definition(spec), stage)
    return document.to_bytes()


def set_metric_meta(old: bytes, path: str, name: str, out: str, meta: Any, spell: Spell = str) -> bytes:
    """The file with an output of stage `name` as a metric that has this `meta`; else as `set_plot`."""
    document = Document.from_bytes(old, path)
    stage = document.data["stages"][name]
    spec = respell(stage_spec(stage), spell)
    for item in spec.outs:
        if item.path == out:
            item.kind, item.meta = "metrics", meta
    apply_diff(definition(spec), stage)
    return document.to_bytes()


class ParametrizedError(FormatError):
    """What a template makes cannot be rewritten."""


def put_dataset(old: bytes | None, path: str, dataset: dict[str, Any]) -> bytes:
    """The file with a dataset added at the end of `datasets`, or changed where it differs.

    Raises: ParametrizedError for one that holds templates; FormatError if `old` is not YAML.
    """
    document = Document.from_bytes(old, path)
    listed = document.data.setdefault("datasets", [])
    place = next((i for i, item in enumerate(listed) if item.get("name") == dataset["name"]), None)
    if place is None:
        listed.append(dataset)
    elif any("${" in str(value) for value in listed[place].values()):
        raise ParametrizedError("cannot update a parametrized dataset entry", path)
    else:
        listed[place] = dataset
    return document.to_bytes()


def remove_stage(old: bytes, path: str, name: str) -> bytes | None:
    """The file without stage `name`; None if nothing else is left in it, so that it shall be deleted.

    Unlike dvc, which deletes the file with its last stage, other sections stay.
    """
    document = Document.from_bytes(old, path)
    stages = document.data.get("stages", {})
    if name not in stages:
        return old
    del stages[name]
    if not stages:
        del document.data["stages"]
    return document.to_bytes() if document.data else None
