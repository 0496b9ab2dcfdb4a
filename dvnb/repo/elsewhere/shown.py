"""Params and metrics of one rev of any repo, read as plain values.

Source: dvc's repo/params/show.py, repo/metrics/show.py, api/show.py.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from dvnb.errors import DvnbError, FormatError, MissingObjectsError, TargetError
from dvnb.pipeline.graph import build_graph
from dvnb.pipeline.params import DEFAULT_PARAMS_FILE
from dvnb.pipeline.sections import top_level
from dvnb.pipeline.stage import Stage
from dvnb.pipeline.targets import Targets
from dvnb.repo.elsewhere.files import Files
from dvnb.reports import metrics, params
from dvnb.reports.sources import Shown, Source, merge_keys

_REV = ""


def show_metrics(files: Files, targets: Sequence[str]) -> dict[str, Any]:
    """Metrics of all files that declare them, or of the files (or folders) `targets`, in one dict.

    Raises: FileNotFoundError, FormatError for the first file that cannot be read.
    """
    here = _here(files)
    paths = [_inside(files, os.path.join(here, target)) for target in targets]
    return _merged(files, metrics.show([metrics_source(files, paths)]))


def metrics_source(files: Files, paths: Sequence[str] = ()) -> Source:
    """All files that declare metrics, or those at `paths` (relative to the root)."""
    wanted = dict.fromkeys(paths or _metrics_files(files))
    return _source(files, dict.fromkeys(inner for path in wanted for inner in _expand(files, path)))


def show_params(files: Files, targets: Sequence[str], *, stages: Sequence[str], deps: bool) -> dict[str, Any]:
    """Params of all files that declare them, of the files `targets`, or of `stages`, in one dict.

    `deps`: only those that stages declare. Raises: as `show_metrics`; TargetError for an unknown stage.
    """
    if not targets and not stages:
        return _merged(files, params.show([params_source(files, deps=deps)]))
    wanted: list[tuple[str, list[str] | None]] = [(_inside(files, target), None) for target in targets]
    if stages:
        wanted += _declared(files, _named(files, stages))
    return _merged(files, params.show([_source(files, _expanded(files, wanted))]))


def params_source(files: Files, *, deps: bool) -> Source:
    """All files that declare params, and variables from other files; `deps`: only those that stages declare."""
    wanted = _declared(files, files.index.stages)
    if not deps:
        wanted += _top_level(files)
    source = _source(files, _expanded(files, wanted))
    source.known = params.variables(files.index.stages, files.other.project.relpath)
    return source


def _expanded(files: Files, wanted: Iterable[tuple[str, list[str] | None]]) -> dict[str, list[str] | None]:
    return {inner: keys for path, keys in merge_keys(wanted).items() for inner in _expand(files, path)}


def _source(files: Files, wanted: dict[str, list[str] | None]) -> Source:
    def read(relpath: str) -> bytes:
        try:
            with files.open(relpath) as file:
                return file.read()
        except MissingObjectsError as exc:
            raise FileNotFoundError(errno.ENOENT, "No storage files available", relpath) from exc

    return Source(_REV, read, wanted)


def _metrics_files(files: Files) -> Iterator[str]:
    project = files.other.project
    for stage in files.index.stages:
        yield from (project.relpath(out.path) for out in stage.outs if out.kind == "metrics")
    for file, paths in top_level(project, files.index, "metrics"):
        yield from (_beside(files, file, path) for path in paths)


def _declared(files: Files, stages: Iterable[Stage]) -> list[tuple[str, list[str] | None]]:
    project = files.other.project
    return [(project.relpath(item.path), item.keys or None) for stage in stages for item in stage.params]


def _top_level(files: Files) -> Iterator[tuple[str, list[str] | None]]:
    for file, paths in top_level(files.other.project, files.index, "params"):
        yield from ((_beside(files, file, path), None) for path in paths)
    if files.other.tree.exists(DEFAULT_PARAMS_FILE):
        yield DEFAULT_PARAMS_FILE, None


def _named(files: Files, stages: Sequence[str]) -> list[Stage]:
    targets = Targets(files.other.project, files.index, lambda: build_graph(files.index))
    return targets.stages(stages)


def _beside(files: Files, file: str, path: str) -> str:
    return files.other.project.relpath(os.path.normpath(os.path.join(os.path.dirname(file), path)))


def _here(files: Files) -> str:
    """The folder that paths are shown relative to: the current one, if it is in this project (at whatever rev)."""
    project, here = files.other.project, os.path.realpath(os.getcwd())
    return here if project.contains(here) else project.root


def _inside(files: Files, target: str) -> str:
    """A target relative to the root; absolute ones are paths of this machine."""
    project = files.other.project
    if not os.path.isabs(target):
        return files.inside(target)
    if not project.contains(target):
        raise TargetError(f"'{target}' is outside of the project")
    return project.relpath(target)


def _expand(files: Files, path: str) -> Iterator[str]:
    """The files at a path, which may be a folder."""
    try:
        is_dir = files.info(path)["type"] == "directory"
    except FileNotFoundError:
        is_dir = False
    if not is_dir:
        yield path
        return
    for name in files.children(path):
        yield from _expand(files, f"{path}/{name}" if path else name)


def _merged(files: Files, shown: Shown) -> dict[str, Any]:
    """All values in one dict; keys that several files have are named `file:key`."""
    result = shown[_REV]
    here = os.path.relpath(_here(files), files.other.project.root)
    values: dict[str, Mapping[str, Any]] = {}
    for path, entry in result["data"].items():
        if "error" in entry:
            raise _error(entry["error"])
        if isinstance(entry["data"], Mapping):
            values[os.path.relpath(path, here)] = cast("Mapping[str, Any]", entry["data"])
    counts = Counter(key for value in values.values() for key in value)
    return {
        key if counts[key] == 1 else f"{path}:{key}": item
        for path, value in values.items()
        for key, item in value.items()
    }


def _error(error: Mapping[str, str]) -> Exception:
    if error["type"] == "FileNotFoundError":
        return FileNotFoundError(error["msg"])
    return (FormatError if error["type"].endswith("CorruptedError") else DvnbError)(error["msg"])
