"""The graph of stages or outputs, to be drawn.

Source: dvc's commands/dag.py.
"""

from __future__ import annotations

from dvnb.pipeline.stage import Stage
from dvnb.repo.results import DagResult
from dvnb.repo.session import Session


def draw(
    session: Session, target: str | None, *, outs: bool = False, full: bool = False, collapse: bool = False
) -> DagResult:
    """The graph of all stages, or of those that `target` depends on (`full`: of its whole pipeline).

    `outs`: outputs are the nodes. `collapse`: a foreach or matrix is one node.
    """
    graph = session.graph
    stages = graph.stages
    if target is not None:
        found = [item.stage for item in session.targets.find([target])]
        chosen = set(graph.plan(found, pipeline=True) if full else graph.with_upstream(found))
        stages = [stage for stage in graph.stages if stage in chosen]
    address = session.index.address

    def names(stage: Stage) -> list[str]:
        if outs:
            return [session.index.shown(out.path) for out in stage.outs]
        if collapse and stage.generator:
            return [address(stage).rpartition("@")[0]]
        return [address(stage)]

    nodes = list(dict.fromkeys(name for stage in stages for name in names(stage)))
    if outs:
        edges = _out_edges(session, stages)
    else:
        known = set(stages)
        edges = [
            (above, below)
            for stage in stages
            for source in graph.upstream[stage]
            if source in known
            for above in names(source)
            for below in names(stage)
            if above != below
        ]
    return DagResult(nodes, list(dict.fromkeys(edges)))


def _out_edges(session: Session, stages: list[Stage]) -> list[tuple[str, str]]:
    """Output to output: what a stage reads to what it makes."""
    index = session.index
    edges: list[tuple[str, str]] = []
    for stage in stages:
        for path in [dep.path for dep in stage.deps if dep.repo is None]:
            owner = index.containing(path)
            read = [owner[1]] if owner else [out for _, out in index.below(path)]
            edges += [(index.shown(above.path), index.shown(out.path)) for above in read for out in stage.outs]
    return edges
