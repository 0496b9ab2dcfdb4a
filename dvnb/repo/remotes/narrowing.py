"""`fetch --max-size` and `--type`: which outs a transfer is narrowed to.

Source: dvc's repo/index.py (`targets_view`, `_types_filter`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from typing import Any, cast

from dvnb.errors import TargetError
from dvnb.pipeline.index import Index
from dvnb.pipeline.stage import Out

TYPES = ("metrics", "plots")


def narrowed(index: Index, max_size: int | None, types: Collection[str]) -> Callable[[Out], bool]:
    """Whether an out is to be transferred: smaller than `max_size` bytes, and of one of `types` if any are named.

    Of a type is what is declared so as an out, and what holds, or lies in, a path that a dvc.yaml lists at its top.

    Raises: TargetError for an unknown type.
    """
    unknown = [name for name in types if name not in TYPES]
    if unknown:
        raise TargetError(f"unknown type '{unknown[0]}': choose from {', '.join(TYPES)}")
    listed = [path for name in types for path in _listed(index, name)]

    def admits(out: Out) -> bool:
        size = out.recorded.size if out.recorded else None
        if max_size and size and size >= max_size:
            return False
        return not types or out.kind in types or any(_related(out.path, path) for path in listed)

    return admits


def _listed(index: Index, kind: str) -> Iterator[str]:
    for file, parsed in index.files.items():
        entries = parsed.metrics if kind == "metrics" else [name for item in parsed.plots for name in _paths(item)]
        for entry in entries:
            yield os.path.normpath(os.path.join(os.path.dirname(file), entry))


def _paths(plot: str | dict[str, Any]) -> list[str]:
    """Files that a top-level plot is drawn from: keys of its `y`, else its own name."""
    if isinstance(plot, str):
        return [plot]
    found: list[str] = []
    for name, options in plot.items():
        y: Any = cast("dict[str, Any]", options).get("y") if isinstance(options, dict) else None
        found += [str(path) for path in cast("dict[Any, Any]", y)] if isinstance(y, dict) else [name]
    return found


def _related(path: str, other: str) -> bool:
    return path == other or path.startswith(other + os.sep) or other.startswith(path + os.sep)
