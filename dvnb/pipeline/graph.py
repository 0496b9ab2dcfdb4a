"""The graph of stages: its edges, its contradictions, and the order of work.

Source: dvc's repo/graph.py, repo/trie.py and repo/reproduce.py (plan_repro).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from dvnb.errors import CycleError, GraphError
from dvnb.pipeline.index import Index
from dvnb.pipeline.stage import Out, Stage

Neighbours = dict[Stage, list[Stage]]


class Graph:
    """Stages with their direct `upstream` (whose outs they read) and `downstream` stages."""

    def __init__(self, stages: list[Stage], upstream: Neighbours) -> None:
        self.stages = stages
        self.upstream = upstream
        self.downstream: Neighbours = {stage: [] for stage in stages}
        for stage in stages:
            for source in upstream[stage]:
                self.downstream[source].append(stage)

    def active(self) -> Graph:
        """The same graph with frozen stages cut off from what they read."""
        return Graph(self.stages, {stage: [] if stage.frozen else self.upstream[stage] for stage in self.stages})

    def plan(self, targets: list[Stage] | None, *, pipeline: bool = False, downstream: bool = False) -> list[Stage]:
        """The stages to deal with, each after what it reads; no targets: all stages."""
        if not targets:
            chosen = set(self.stages)
        elif pipeline:
            chosen = set(self._connected(targets))
        else:
            chosen = set(post_order(targets, (self.downstream if downstream else self.upstream).__getitem__))
        members = [stage for stage in self.stages if stage in chosen]
        return post_order(members, lambda stage: [up for up in self.upstream[stage] if up in chosen])

    def dependents(self, stage: Stage) -> list[Stage]:
        """All stages that read, directly or not, what this one makes."""
        return [other for other in post_order([stage], self.downstream.__getitem__) if other is not stage]

    def with_upstream(self, targets: Iterable[Stage]) -> list[Stage]:
        """The targets and everything they read, directly or not, upstream first."""
        return post_order(list(targets), self.upstream.__getitem__)

    def _connected(self, targets: list[Stage]) -> list[Stage]:
        return post_order(targets, lambda stage: [*self.upstream[stage], *self.downstream[stage]])


def post_order(starts: list[Stage], following: Callable[[Stage], list[Stage]]) -> list[Stage]:
    """Depth-first post-order from each start in turn; iterative, so that long chains do not exhaust the stack."""
    order: list[Stage] = []
    seen: set[Stage] = set()
    for start in starts:
        if start in seen:
            continue
        seen.add(start)
        stack = [(start, iter(following(start)))]
        while stack:
            stage, rest = stack[-1]
            step = next((other for other in rest if other not in seen), None)
            if step is None:
                order.append(stage)
                stack.pop()
            else:
                seen.add(step)
                stack.append((step, iter(following(step))))
    return order


def build_graph(index: Index) -> Graph:
    """The graph of a project's stages, checked.

    Raises: GraphError for an output that two stages claim, outputs within outputs, or a stage file within an output;
    CycleError.
    """
    check_outs(index)
    upstream = {stage: _sources(index, stage) for stage in index.stages}
    _refuse_self_reading(index)
    graph = Graph(index.stages, upstream)
    _refuse_cycles(index, graph)
    return graph


def check_outs(index: Index) -> None:
    """Refuse outputs that contradict each other.

    Raises: GraphError.
    """
    for stage in index.stages:
        for out in stage.outs:
            _refuse_duplicate(index, stage, out)
            _refuse_overlap(index, stage, out)
        owner = index.containing(stage.file)
        if owner:
            raise GraphError(
                f"{index.describe(stage)} is within an output '{index.shown(owner[1].path)}' of another stage"
            )


def _sources(index: Index, stage: Stage) -> list[Stage]:
    found: dict[Stage, None] = {}
    for dep in stage.deps:
        if dep.repo is not None or dep.db is not None:
            continue
        owner = index.containing(dep.path)
        for source in [owner] if owner else index.below(dep.path):
            found[source[0]] = None
    for params in stage.params:
        owner = index.containing(params.path)
        if owner:
            found[owner[0]] = None
    return list(found)


def _refuse_duplicate(index: Index, stage: Stage, out: Out) -> None:
    owner = index.owner(out.path)
    if owner is None or owner[1] is out:
        return
    if owner[0] is stage:
        raise GraphError(f"output '{index.shown(out.path)}' is specified more than once in {index.describe(stage)}.")
    names = sorted({index.address(owner[0]), index.address(stage)}, reverse=True)
    listing = "".join(f"\n\t- {name}" for name in names)
    raise GraphError(
        f"output '{index.shown(out.path)}' is specified in:{listing}"
        f"\nUse `dvc remove` with any of the above targets to stop tracking the overlapping output."
    )


class OverlapError(GraphError):
    """One output lies within another; both are told, so that `add` can word it for its user."""

    def __init__(self, message: str, parent: tuple[Stage, Out], child: tuple[Stage, Out]) -> None:
        super().__init__(message)
        self.parent = parent
        self.child = child


def _refuse_overlap(index: Index, stage: Stage, out: Out) -> None:
    above = index.containing(os.path.dirname(out.path))
    if above is None:
        return
    owner, parent = above
    raise OverlapError(
        f"The output paths:\n'{index.shown(parent.path)}'('{index.address(owner)}')\n"
        f"'{index.shown(out.path)}'('{index.address(stage)}')"
        "\noverlap and are thus in the same tracked directory.\nTo keep reproducibility, outputs should be in separate"
        " tracked directories or tracked individually.",
        above,
        (stage, out),
    )


def _refuse_self_reading(index: Index) -> None:
    for stage in index.stages:
        outs = {out.path for out in stage.outs}
        both = [dep for dep in stage.deps if dep.path in outs]
        if both and stage.cmd is not None:
            raise GraphError(f"'{index.shown(both[0].path)}' is specified as an output and as a dependency.")


def _refuse_cycles(index: Index, graph: Graph) -> None:
    waiting = {stage: len(graph.upstream[stage]) for stage in graph.stages}
    ready = [stage for stage, count in waiting.items() if count == 0]
    while ready:
        stage = ready.pop()
        del waiting[stage]
        for reader in graph.downstream[stage]:
            waiting[reader] -= 1
            if waiting[reader] == 0:
                ready.append(reader)
    if waiting:
        names = ", ".join(index.address(stage) for stage in _one_cycle(graph, next(iter(waiting)), set(waiting)))
        raise CycleError(f"Same item(s) are defined as both a dependency and an output in stages: {names}.")


def _one_cycle(graph: Graph, start: Stage, among: set[Stage]) -> list[Stage]:
    path: list[Stage] = []
    stage = start
    while stage not in path:
        path.append(stage)
        stage = next(source for source in graph.upstream[stage] if source in among)
    return path[path.index(stage) :]
