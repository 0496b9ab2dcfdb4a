"""The graph of stages: edges, order, contradictions."""

from __future__ import annotations

import pytest

from dvnb.errors import CycleError, GraphError
from dvnb.git.trees import WorkspaceTree
from dvnb.pipeline.graph import Graph, OverlapError, build_graph
from dvnb.pipeline.index import Index
from dvnb.pipeline.stage import Dep, Out, Stage

ROOT = "/project"


def stage(name: str, deps: str = "", outs: str = "", *, frozen: bool = False) -> Stage:
    return Stage(
        file=f"{ROOT}/dvc.yaml",
        name=name,
        wdir=ROOT,
        cmd="true",
        deps=[Dep(f"{ROOT}/{path}", path) for path in deps.split()],
        outs=[Out(f"{ROOT}/{path}", path) for path in outs.split()],
        frozen=frozen,
    )


def index(*stages: Stage) -> Index:
    found = Index(WorkspaceTree(ROOT), ROOT)
    for each in stages:
        found.add(each)
    return found


def graph(*stages: Stage) -> Graph:
    return build_graph(index(*stages))


def names(stages: list[Stage]) -> list[str | None]:
    return [each.name for each in stages]


DIAMOND = [
    stage("top", "left right", "top"),
    stage("left", "base", "left"),
    stage("right", "base", "right"),
    stage("base", "", "base"),
    stage("other", "", "other"),
]


def test_everything_comes_after_what_it_reads() -> None:
    assert names(graph(*DIAMOND).plan(None)) == ["base", "left", "right", "top", "other"]


def test_a_target_brings_only_what_it_reads() -> None:
    assert names(graph(*DIAMOND).plan([DIAMOND[1]])) == ["base", "left"]


def test_downstream_brings_only_what_reads_it() -> None:
    assert names(graph(*DIAMOND).plan([DIAMOND[1]], downstream=True)) == ["left", "top"]


def test_a_pipeline_is_all_that_hangs_together() -> None:
    assert names(graph(*DIAMOND).plan([DIAMOND[2]], pipeline=True)) == ["base", "left", "right", "top"]


def test_dependents_are_transitive() -> None:
    assert sorted(each.name or "" for each in graph(*DIAMOND).dependents(DIAMOND[3])) == ["left", "right", "top"]


def test_a_frozen_stage_is_cut_off_from_what_it_reads() -> None:
    made = stage("made", "", "data")
    frozen = stage("frozen", "data", "model", frozen=True)
    assert names(graph(made, frozen).active().plan([frozen])) == ["frozen"]


def test_folders_connect_both_ways() -> None:
    folder = stage("folder", "", "data")
    member = stage("member", "data/part/x.csv", "one")
    parts = stage("parts", "", "features/a features/b")
    whole = stage("whole", "features", "two")
    found = graph(folder, member, parts, whole)
    assert found.upstream[member] == [folder]
    assert found.upstream[whole] == [parts]


def test_a_long_chain_does_not_exhaust_the_stack() -> None:
    chain = [stage(f"s{i}", f"f{i - 1}" if i else "", f"f{i}") for i in range(3000)]
    plan = graph(*reversed(chain)).plan([chain[-1]])
    assert plan == chain


def test_a_cycle_is_named() -> None:
    with pytest.raises(
        CycleError, match="Same item\\(s\\) are defined as both a dependency and an output in stages: (a, b|b, a)\\."
    ):
        graph(stage("a", "q", "p"), stage("b", "p", "q"), stage("c", "p", "r"))


def test_two_stages_with_one_output_are_refused() -> None:
    with pytest.raises(GraphError, match="output 'p' is specified in:\n\t- b\n\t- a\n"):
        graph(stage("a", "", "p"), stage("b", "", "p"))


def test_an_output_within_another_is_refused() -> None:
    with pytest.raises(OverlapError, match="'p'\\('a'\\)\n'p/z'\\('b'\\)\noverlap"):
        graph(stage("a", "", "p"), stage("b", "", "p/z"))


def test_a_stage_that_reads_what_it_makes_is_refused() -> None:
    with pytest.raises(GraphError, match="'p' is specified as an output and as a dependency"):
        graph(stage("a", "p", "p"))
