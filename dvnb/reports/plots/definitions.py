"""Which plots a rev defines: the top-level `plots:` of its dvc.yaml files, outs of stages, and files asked for.

Source: dvc's repo/plots/__init__.py.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, cast

from dvnb.records import dataclass, field

Props = dict[str, Any]
Definitions = dict[str, dict[str, Props]]
"""dvc.yaml ("" for outs of stages and for files asked for) -> plot id -> its properties."""


class Files(Protocol):
    """The files of one rev, tracked ones too, wherever they are."""

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        ...

    def isdir(self, path: str) -> bool:
        """Whether there is a folder."""
        ...

    def find(self, path: str) -> list[str]:
        """All files below a folder, sorted."""
        ...

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises: FileNotFoundError."""
        ...


@dataclass(slots=True)
class OutPlot:
    """A plot that is an out of a stage: its `path` by way of the stage's folder, and the short one, `shown`."""

    path: str
    shown: str
    props: Props = field(default_factory=dict[str, Any])


@dataclass(slots=True)
class Declared:
    """What a rev's metafiles say of plots: the items of each top-level `plots:` by dvc.yaml, and outs of stages."""

    top: dict[str, list[str | dict[str, Any]]] = field(default_factory=dict[str, list[str | dict[str, Any]]])
    outs: list[OutPlot] = field(default_factory=list[OutPlot])


def definitions(
    declared: Declared, files: Files, targets: Sequence[str], props: Props
) -> tuple[Definitions, frozenset[str]]:
    """The plots that `targets` name (all without any), folders as the files in them.

    Beside them the ids that nothing but a target names. A target is a regular expression that an id begins with, or a
    file; `props` win over what is written.
    """
    found: Definitions = {}
    for config, items in declared.top.items():
        found[config] = _top(config, items, files, targets, props)
    for out in declared.outs:
        if matches(targets, "", out.shown):
            _merge(found.setdefault("", {}), dict.fromkeys(_unpacked(files, out.path), out.props | props))
    written = set(found.get("", {}))
    for target in targets:
        if not found or files.exists(target):
            _merge(found.setdefault("", {}), dict.fromkeys(_unpacked(files, target), props))
    return found, frozenset(found.get("", {})) - written


def sources(plot_id: str, props: Mapping[str, Any]) -> list[str]:
    """The data files of a plot, each once."""
    x, y = props.get("x"), props.get("y")
    found = list(cast("dict[str, Any]", y)) if isinstance(y, dict) else [plot_id]
    if isinstance(x, dict):
        found.extend(list(cast("dict[str, Any]", x))[:1])
    return list(dict.fromkeys(found))


def by_id(found: Definitions) -> dict[str, tuple[str, Props]]:
    """Plots by the id that people see: with the dvc.yaml's name where several files define the same id."""
    counts: dict[str, list[str]] = {}
    for config, plots in found.items():
        for plot_id in plots:
            counts.setdefault(plot_id, []).append(config)
    return {
        (full_id(plot_id, config) if len(configs) > 1 else plot_id): (plot_id, found[config][plot_id])
        for plot_id, configs in counts.items()
        for config in configs
    }


def full_id(plot_id: str, config: str) -> str:
    """`dvc.yaml::plot.csv`."""
    return f"{config}::{plot_id}" if config else plot_id


def matches(targets: Sequence[str], config: str, plot_id: str) -> bool:
    """Whether any target means this plot; without targets all do."""
    return not targets or any(
        _begins(target, plot_id) or _begins(target, full_id(plot_id, config)) for target in targets
    )


def _begins(target: str, name: str) -> bool:
    try:
        return bool(re.match(target, name))
    except re.error:  # a path such as `c++/[a.csv` is no expression
        return name.startswith(target)


def _top(
    config: str, items: Iterable[str | dict[str, Any]], files: Files, targets: Sequence[str], props: Props
) -> dict[str, Props]:
    folder = posixpath.dirname(config)
    wanted: dict[str, Props] = {}
    for item in items:
        if isinstance(item, str):
            wanted[item] = {}
        else:
            wanted.update({str(key): value or {} for key, value in list(item.items())[:1]})
    roots = [_beside(folder, plot_id) for plot_id in wanted]
    found: dict[str, Props] = {}
    for plot_id, own in wanted.items():
        if not matches(targets, config, plot_id):
            continue
        if isinstance(own.get("y"), dict):
            found[plot_id] = found.get(plot_id, {}) | _adjusted(own, folder) | props
            continue
        path = _beside(folder, plot_id)
        # Of nested folders the inner one's properties count for what is in it.
        inside = [inner for inner in _unpacked(files, path) if _closest(inner, roots) == path]
        _merge(found, dict.fromkeys(inside, own | props))
    return found


def _adjusted(props: Props, folder: str) -> Props:
    """The properties with the files of `x` and `y` seen from where its user is."""
    changed = dict(props)
    for axis in ("x", "y"):
        value = props.get(axis)
        if isinstance(value, dict):
            named = cast("dict[str, Any]", value)
            changed[axis] = {_beside(folder, path): fields for path, fields in named.items()}
    return changed


def _beside(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def _closest(path: str, roots: Iterable[str]) -> str:
    best = ""
    for root in roots:
        if posixpath.isabs(root) != posixpath.isabs(path):
            continue
        common = posixpath.commonpath([path, root])
        if len(common) > len(best):
            best = common
    return best


def _unpacked(files: Files, path: str) -> list[str]:
    return files.find(path) if files.isdir(path) else [path]


def _merge(into: dict[str, Props], more: Mapping[str, Props]) -> None:
    for plot_id, props in more.items():
        into[plot_id] = into.get(plot_id, {}) | props
