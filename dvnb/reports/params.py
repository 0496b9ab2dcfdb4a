"""Params of one or several revs, and how they changed between two.

Source: dvc's repo/params/show.py, repo/params/diff.py and dependency/param.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from dvnb.pipeline.params import load_params, subset
from dvnb.reports.sources import Compared, Shown, Source, compare, hide_same_workspace, read_rev

if TYPE_CHECKING:
    from dvnb.pipeline.stage import Stage


def show(sources: Iterable[Source], *, branch: str | None = None) -> Shown:
    """The params of every rev, nested as the files have them; keys that a file does not have are left out.

    With the name of the checked-out `branch`, the workspace is left out where it is the same.
    """
    return hide_same_workspace({source.rev: read_rev(source, _load) for source in sources}, branch)


def diff(old: Source, new: Source, *, unchanged: bool = False) -> Compared:
    """What changed from `old` to `new`; `unchanged` lists equal params, too."""
    return compare(old, read_rev(old, _load), new, read_rev(new, _load), unchanged=unchanged)


def variables(stages: Iterable[Stage], relpath: Callable[[str], str]) -> dict[str, dict[str, Any]]:
    """The variables that stages' templates took from files: file, as `relpath` names it, -> dotted key -> value."""
    found: dict[str, dict[str, Any]] = {}
    for stage in stages:
        for path, values in stage.used.items():
            found.setdefault(relpath(path), {}).update(values)
    return found


def _load(source: Source, path: str, data: bytes) -> Any:
    return subset(load_params(data, path, source.cache), source.files[path] or ())
