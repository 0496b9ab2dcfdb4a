"""The graph of stages or outputs, to be drawn.

Source: dvc's commands/dag.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from dvnb.pipeline.index import OLD_FILE, PIPELINE_FILE
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
    found = [item.stage for item in session.targets.find([target])] if target is not None else []
    if outs:
        drawn = _outs(session, stages)
        targets = [session.index.shown(out.path) for stage in found for out in stage.outs]
        return _around(drawn, targets, full=full) if targets else drawn
    if target is not None:
        chosen = set(graph.plan(found, pipeline=True) if full else graph.with_upstream(found))
        stages = [stage for stage in graph.stages if stage in chosen]
    address = session.index.address

    def name(stage: Stage) -> str:
        return address(stage).rpartition("@")[0] if collapse and stage.generator else address(stage)

    return _stages(session, stages, name)


def show(session: Session, targets: Sequence[str], *, outs: bool = False, commands: bool = False) -> DagResult:
    """What targets (none: the default one) depend on, upstream first: stages, or their outputs, or their commands."""
    found = [item.stage for item in session.targets.find(targets or [default_target(session)])]
    stages = session.graph.with_upstream(found)
    if outs:
        return _outs(session, stages)
    if not commands:
        return _stages(session, stages, session.index.address)
    return _stages(session, [stage for stage in stages if stage.cmd], lambda stage: "; ".join(stage.commands()))


def default_target(session: Session) -> str:
    """The file whose stages are meant where no target is given: dvc.yaml, in a project of dvc's first years Dvcfile."""
    cwd = session.project.cwd
    old = not os.path.exists(os.path.join(cwd, PIPELINE_FILE)) and os.path.isfile(os.path.join(cwd, OLD_FILE))
    return OLD_FILE if old else PIPELINE_FILE


def _stages(session: Session, stages: list[Stage], name: Callable[[Stage], str]) -> DagResult:
    known = set(stages)
    upstream = session.graph.upstream
    edges = [(name(source), name(stage)) for stage in stages for source in upstream[stage] if source in known]
    nodes = dict.fromkeys(map(name, stages))
    return DagResult(list(nodes), [edge for edge in dict.fromkeys(edges) if edge[0] != edge[1]])


def _outs(session: Session, stages: list[Stage]) -> DagResult:
    nodes = dict.fromkeys(session.index.shown(out.path) for stage in stages for out in stage.outs)
    return DagResult(list(nodes), list(dict.fromkeys(_out_edges(session, stages))))


def _around(drawn: DagResult, targets: list[str], *, full: bool) -> DagResult:
    """What `targets` are made of, output by output (`full`: whatever hangs together with them).

    A stage may make outputs that are no part of it.
    """
    chosen = set(targets)
    waiting = list(targets)
    while waiting:
        node = waiting.pop()
        near = [edge[0] for edge in drawn.edges if edge[1] == node]
        near += [edge[1] for edge in drawn.edges if full and edge[0] == node]
        new = set(near) - chosen
        chosen |= new
        waiting += new
    nodes = [node for node in drawn.nodes if node in chosen]
    return DagResult(nodes, [edge for edge in drawn.edges if chosen.issuperset(edge)])


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
