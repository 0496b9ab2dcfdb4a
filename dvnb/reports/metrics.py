"""Metrics of one or several revs, and how they changed between two.

Source: dvc's repo/metrics/show.py and repo/metrics/diff.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from dvnb.pipeline.params import load_params
from dvnb.reports.sources import Compared, Shown, Source, compare, hide_same_workspace, read_rev


def show(sources: Iterable[Source], *, branch: str | None = None) -> Shown:
    """The metrics of every rev, nested as the files have them.

    With the name of the checked-out `branch`, the workspace is left out where it is the same.
    """
    return hide_same_workspace({source.rev: read_rev(source, _load) for source in sources}, branch)


def diff(old: Source, new: Source, *, unchanged: bool = False) -> Compared:
    """What changed from `old` to `new`; `unchanged` lists equal metrics, too."""
    return compare(old, read_rev(old, _load), new, read_rev(new, _load), unchanged=unchanged)


def _load(source: Source, path: str, data: bytes) -> Any:
    form = source.forms.get(path)
    if form:
        from dvnb.reports import metric_forms  # of dvc's first years, seldom met

        return _measured(metric_forms.read(data, path, form)) or {}
    return _measured(load_params(data, path, source.cache)) or {}


def _measured(value: Any) -> Any:
    """Numbers, texts and mappings of them; None for anything else, which a mapping then leaves out."""
    if isinstance(value, (int, float, str)):
        return value
    if not isinstance(value, Mapping):
        return None
    kept: dict[Any, Any] = {}
    for key, item in cast("Mapping[Any, Any]", value).items():
        measured = _measured(item)
        if measured is not None and measured != {}:
            kept[key] = measured
    return kept
