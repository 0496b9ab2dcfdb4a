"""Which stage comes next, when several may run at once."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from dvnb.pipeline.graph import Graph
from dvnb.pipeline.stage import Stage


class Schedule:
    """Planned stages, each ready when all are finished that come before it in the plan and are joined to it.

    Of those that are ready the first of the plan is next, so that one at a time means the order of the plan.
    """

    def __init__(self, plan: list[Stage], graph: Graph) -> None:
        self._plan = plan
        self._position = {stage: number for number, stage in enumerate(plan)}
        self._awaited = [0] * len(plan)
        self._following: list[list[int]] = [[] for _ in plan]
        for number, stage in enumerate(plan):
            # Targets of `--single-item` may be told in an order against the graph: then they run in that one.
            for before in self._earlier([*graph.upstream[stage], *graph.downstream[stage]], number):
                self._following[before].append(number)
                self._awaited[number] += 1
        self._ready = [number for number, awaited in enumerate(self._awaited) if not awaited]
        heapify(self._ready)

    def _earlier(self, stages: Iterable[Stage], number: int) -> set[int]:
        found = {self._position.get(stage, number) for stage in stages}
        return {position for position in found if position < number}

    def next(self) -> Stage | None:
        """A stage that is ready, to be told to `finish`; None where there is none at the moment."""
        return self._plan[heappop(self._ready)] if self._ready else None

    def finish(self, stage: Stage) -> None:
        """What waited for this stage may be ready now."""
        for number in self._following[self._position[stage]]:
            self._awaited[number] -= 1
            if not self._awaited[number]:
                heappush(self._ready, number)

    def position(self, stage: Stage) -> int:
        """Where a stage stands in the plan."""
        return self._position[stage]


class LockOrder:
    """Where new entries of dvc.lock files belong, for files that are as if the stages had run one after the other."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._new: dict[str, list[tuple[int, str]]] = {}

    def following(self, stage: Stage) -> str | None:
        """The stage before whose entry that of `stage` belongs; None: at the end, or where it is already."""
        if stage.name is None or stage.locked:
            return None
        new = self._new.setdefault(stage.file, [])
        here = (self._schedule.position(stage), stage.name)
        place = bisect_left(new, here)
        following = new[place][1] if place < len(new) else None
        insort(new, here)
        return following
