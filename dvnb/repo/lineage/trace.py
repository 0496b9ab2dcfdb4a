"""The way from something back to where it comes from, and on to what depends on it, over the stages of one index.

Paths (absolute, or URLs) and stages alternate. Data that a .dvc file tracks has no stage on the way, but imported data
has its .dvc file's as the place where it came from.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from dvnb.pipeline.index import Index
from dvnb.pipeline.stage import Stage
from dvnb.records import dataclass, field
from dvnb.repo.results.lineage import Role

Place = str | Stage


@dataclass(slots=True)
class Trace:
    """The places with their roles, and edges (upstream, downstream)."""

    roles: dict[Place, Role] = field(default_factory=dict[Place, Role])
    edges: dict[tuple[Place, Place], None] = field(default_factory=dict[tuple[Place, Place], None])


def trace(
    index: Index, targets: Iterable[Place], *, upstream: bool = True, downstream: bool = True, depth: int | None = None
) -> Trace:
    """Walk from targets; `depth`: how many stages away."""
    found = Trace()
    starts = list(dict.fromkeys(targets))
    found.roles.update(dict.fromkeys(starts, "target"))
    if upstream:
        for start, above in _walk(starts, lambda place: _above(index, place), depth):
            found.roles.setdefault(above, "upstream")
            found.edges[above, start] = None
    if downstream:
        readers = _Readers(index)
        for start, below in _walk(starts, lambda place: _below(readers, place), depth):
            found.roles.setdefault(below, "downstream")
            found.edges[start, below] = None
    return found


def _walk(
    starts: list[Place], following: Callable[[Place], Iterable[Place]], depth: int | None
) -> Iterator[tuple[Place, Place]]:
    """Each step taken, (from, to), the nearest first."""
    seen = set(starts)
    waiting = deque((start, 0) for start in starts)
    while waiting:
        place, away = waiting.popleft()
        for other in following(place):
            # Who imported data came from is no stage that runs.
            steps = away + (isinstance(other, Stage) and not other.is_data_source)
            if depth is not None and steps > depth:
                continue
            yield place, other
            if other not in seen:
                seen.add(other)
                waiting.append((other, steps))


def _above(index: Index, place: Place) -> list[Place]:
    if isinstance(place, Stage):
        return [] if place.is_data_source else [dep.path for dep in (*place.deps, *place.params)]
    owner = index.containing(place)
    if owner is None:
        return [out.path for _, out in index.below(place)]
    stage = owner[0]
    return [stage] if stage.cmd is not None or stage.is_import else []


def _below(readers: _Readers, place: Place) -> Iterable[Place]:
    if isinstance(place, Stage):
        return [out.path for out in place.outs]
    return readers.of(place)


class _Readers:
    """Which stages read a path, something in it, or a folder that it is in."""

    def __init__(self, index: Index) -> None:
        self._by_path: dict[str, list[Stage]] = {}
        for stage in index.stages:
            if stage.cmd is not None:
                for dep in (*stage.deps, *stage.params):
                    self._by_path.setdefault(dep.path, []).append(stage)
        self._paths = sorted(self._by_path)

    def of(self, path: str) -> list[Stage]:
        """The stages, each once."""
        found = dict.fromkeys(self._by_path.get(path, ()))
        above = path
        while os.path.dirname(above) != above:
            above = os.path.dirname(above)
            found.update(dict.fromkeys(self._by_path.get(above, ())))
        prefix = path.rstrip(os.sep) + os.sep
        for inner in self._paths[bisect_left(self._paths, prefix) :]:
            if not inner.startswith(prefix):
                break
            found.update(dict.fromkeys(self._by_path[inner]))
        return list(found)
