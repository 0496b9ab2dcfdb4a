"""Files of dvc's first years: a stage in a `.dvc` file or `Dvcfile` of its own, and keys that dvc 3 refuses.

Such files are read, and brought up to date in the form that they have. A *pointer* has the same kind of name, and only
says which stage of the dvc.yaml beside it is meant.
Source: the stage.py and output/base.py of dvc 0.x and 1.x.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from dvnb.formats import dvcfile, strict
from dvnb.formats.dvcfile import DvcFile
from dvnb.formats.entries import content_items, is_legacy
from dvnb.formats.stagespec import DEFAULT_PARAMS, OutSpec, StageSpec
from dvnb.formats.yamlio import Document, ParseCache, dumps
from dvnb.objects.hashing import Fingerprint, md5_bytes
from dvnb.records import dataclass, field

FILE_NAME = "Dvcfile"
OURS = "dvnb"
_MARKS = rb"(?m)^(?:cmd|tags):|^[ -]+(?:metric|plot|tags|live|params):"
_CONTENT_KEYS = frozenset(("md5", "etag", "checksum", "size", "nfiles", "isexec", "hash", "version_id", "cloud"))
# What did not count for the checksum at the top, in one version or another.
_UNCOUNTED = (
    frozenset(("locked", "frozen", "metric", "tags", "meta", "desc", "persist", "isexec", "size", "nfiles", "plot")),
    frozenset(("locked", "frozen", "metric", "tags", "meta")),
    frozenset(("locked", "frozen", "metric")),
)


@dataclass(slots=True)
class SingleStage:
    """One old file. `file`: what dvc 3 knows of it; `cmd` is None where it only tracks data.

    `params`: file -> values recorded of its keys. `kinds` and `plots` of outs that are metrics or plots, by path;
    `forms`: how such metrics are read, (type, xpath).
    """

    file: DvcFile
    cmd: str | list[str] | None = None
    params: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    kinds: dict[str, Any] = field(default_factory=dict[str, Any])
    plots: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    forms: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    is_as_recorded: bool = True


def looks_old(data: bytes) -> bool:
    """Whether a .dvc file has keys that dvc 3 refuses."""
    return re.search(_MARKS, data) is not None


def parse(data: bytes, path: str, cache: ParseCache | None = None, rev: str | None = None) -> SingleStage:
    """The old file in `data`.

    Raises: FormatError.
    """
    raw = strict.load(data, path, "SINGLE_STAGE", cache, rev)
    listed: list[dict[str, Any]] = raw.get("deps") or []
    outs: list[dict[str, Any]] = raw.get("outs") or []
    deps = [dep for dep in listed if "params" not in dep]
    found = SingleStage(dvcfile.from_raw({**raw, "deps": deps}, path), raw.get("cmd") or None)
    for dep in listed:
        if "params" in dep:
            found.params[dep.get("path") or DEFAULT_PARAMS] = _values(dep["params"])
    for out in outs:
        _note_kind(found, out)
    found.is_as_recorded = raw.get("md5") in _checksums(raw)
    return found


def _values(params: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", params) if isinstance(params, dict) else dict.fromkeys(params or ())


def _note_kind(found: SingleStage, out: dict[str, Any]) -> None:
    path, metric, plot = out["path"], out.get("metric"), out.get("plot")
    if plot:
        found.kinds[path] = "plots"
        found.plots[path] = cast("dict[str, Any]", plot) if isinstance(plot, dict) else {}
    elif metric:
        found.kinds[path] = "metrics"
        if isinstance(metric, dict):
            form = cast("dict[str, Any]", metric)
            found.forms[path] = {key: form[key] for key in ("type", "xpath") if form.get(key)}


def _checksums(raw: dict[str, Any]) -> list[str]:
    """The checksums that the versions of dvc would give the stage."""
    stage = {key: value for key, value in raw.items() if key != "md5"}
    without_wdir = {key: value for key, value in stage.items() if key != "wdir" or value != "."}
    counted = [_counted(form, uncounted) for uncounted in _UNCOUNTED for form in (without_wdir, stage)]
    return [md5_bytes(json.dumps(form, sort_keys=True).encode()) for form in counted]


def _counted(value: Any, uncounted: frozenset[str]) -> Any:
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {key: _counted(member, uncounted) for key, member in items if key not in uncounted}
    return [_counted(member, uncounted) for member in cast("list[Any]", value)] if isinstance(value, list) else value


Recorded = Mapping[str, Fingerprint | None]


def record(old: bytes, path: str, deps: Recorded, outs: Recorded, params: Mapping[str, dict[str, Any] | None]) -> bytes:
    """The file with new content of deps, outs and params (by path as written) and the checksum that goes with it."""
    document = Document.from_bytes(old, path)
    raw = document.data
    for section, recorded in (("deps", deps), ("outs", outs)):
        items: list[Any] = raw.get(section) or []
        for item in items:
            values = params.get(item.get("path") or DEFAULT_PARAMS) if "params" in item else None
            if values is not None:
                item["params"] = dict(values)
            fingerprint = recorded.get(item.get("path"))
            if fingerprint is not None and "params" not in item:
                _put_content(item, fingerprint)
    if raw.get("cmd"):
        raw["md5"] = _checksums(raw)[0]
    return document.to_bytes()


def _put_content(item: Any, fingerprint: Fingerprint) -> None:
    content = content_items(fingerprint)
    if not is_legacy(fingerprint) and content:
        content["hash"] = "md5"
    for key in [key for key in item if key in _CONTENT_KEYS and key not in content]:
        del item[key]
    for key, value in content.items():
        item[key] = value


def set_frozen(old: bytes, path: str, *, frozen: bool) -> bytes:
    """The file with its stage frozen or not."""
    document = Document.from_bytes(old, path)
    document.data.pop("locked", None)
    document.data.pop("frozen", None)
    if frozen:
        document.data["frozen"] = True
    return document.to_bytes()


def set_form(old: bytes, path: str, out: str, form: dict[str, Any]) -> bytes:
    """The file with an out as a metric that is read in this form (`type`, `xpath`)."""
    document = Document.from_bytes(old, path)
    outs: list[Any] = document.data.get("outs") or []
    for item in outs:
        if item["path"] == out:
            item["metric"] = form or True
    return document.to_bytes()


def stage_spec(found: SingleStage) -> StageSpec:
    """The stage as a dvc.yaml in the same folder would define it."""
    file = found.file
    outs = [
        OutSpec(
            out.path,
            found.kinds.get(out.path, "outs"),
            cache=out.cache,
            persist=out.persist,
            push=out.push,
            remote=out.remote,
            desc=out.desc,
            type=out.type,
            labels=out.labels,
            meta=with_form(out.meta, found.forms.get(out.path)),
            plot=found.plots.get(out.path) or None,
        )
        for out in file.outs
    ]
    return StageSpec(
        cmd=found.cmd or "",
        wdir=file.wdir,
        deps=[dep.path for dep in file.deps],
        params=[(path, list(values)) for path, values in found.params.items()],
        outs=outs,
        frozen=file.frozen,
        always_changed=file.always_changed,
        desc=file.desc,
        meta=file.meta,
    )


def with_form(meta: Any, form: dict[str, Any] | None) -> Any:
    """A metric's `meta` that says how to read it."""
    return {**cast("dict[str, Any]", meta or {}), OURS: form} if form else meta


def form_of(meta: Any) -> dict[str, Any]:
    """How a metric is read, as its `meta` says: `type` and `xpath`; empty where it says nothing."""
    return _ours(meta) if _ours(meta).keys() & {"type", "xpath"} else {}


def pointer(stage: str) -> bytes:
    """A file that stands for a stage of the dvc.yaml beside it."""
    return dumps({"meta": {OURS: {"stage": stage}}}).encode()


def pointed_to(file: DvcFile) -> str | None:
    """The name of the stage that a pointer stands for; None for any other file."""
    return None if file.outs or file.deps else _ours(file.meta).get("stage")


def _ours(meta: Any) -> dict[str, Any]:
    ours = cast("dict[str, Any]", meta).get(OURS) if isinstance(meta, dict) else None
    return cast("dict[str, Any]", ours) if isinstance(ours, dict) else {}
