from __future__ import annotations

import random

import pytest
from dvc.commands.dag import _show_ascii, _show_dot, _show_mermaid
from networkx import DiGraph

from dvnb.reports.render.ascii import ascii_dag
from dvnb.reports.render.dag import Graph
from dvnb.reports.render.dot import dot
from dvnb.reports.render.mermaid import mermaid

SHAPES = {
    "box": Graph(["only"]),
    "chain": Graph(["a", "bbbb", "cc"], [("a", "bbbb"), ("bbbb", "cc")]),
    "diamond": Graph(["top", "l", "right", "end"], [("top", "l"), ("top", "right"), ("l", "end"), ("right", "end")]),
    "fan out": Graph(["raw.dvc", "a", "bb", "ccc", "d"], [("raw.dvc", name) for name in ("a", "bb", "ccc", "d")]),
    "fan in": Graph(["a", "bb", "ccc", "all"], [(name, "all") for name in ("a", "bb", "ccc")]),
    "short cut": Graph(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c")]),
    "pipeline": Graph(
        ["raw.csv.dvc", "prep", "feat", "train", "eval", "other"],
        [
            ("raw.csv.dvc", "prep"),
            ("prep", "feat"),
            ("feat", "train"),
            ("prep", "train"),
            ("train", "eval"),
            ("feat", "eval"),
            ("other", "eval"),
            ("raw.csv.dvc", "other"),
        ],
    ),
    "two parts": Graph(["a", "b", "x", "y"], [("a", "b"), ("x", "y")]),
    "nothing": Graph([]),
}


def dvcs(graph: Graph) -> DiGraph:
    """The graph as dvc has it: edges lead upstream."""
    theirs = DiGraph()
    theirs.add_nodes_from(graph.nodes)
    theirs.add_edges_from((downstream, upstream) for upstream, downstream in graph.edges)
    return theirs


@pytest.mark.parametrize("shape", SHAPES)
def test_drawing_is_dvcs(shape: str) -> None:
    # dvc draws a graph with several long edges differently from run to run; each of its drawings is as good.
    drawings = {_show_ascii(dvcs(SHAPES[shape])) for _ in range(20)}
    assert ascii_dag(SHAPES[shape]) in drawings


@pytest.mark.parametrize("shape", SHAPES)
def test_dot_and_mermaid_are_dvcs(shape: str) -> None:
    graph = SHAPES[shape]
    assert dot(graph) == _show_dot(dvcs(graph))
    assert mermaid(graph) == _show_mermaid(dvcs(graph))
    assert mermaid(graph, markdown=True) == _show_mermaid(dvcs(graph), markdown=True)


@pytest.mark.parametrize("seed", range(25))
def test_random_trees_are_drawn_as_dvc_draws_them(seed: int) -> None:
    # In a tree no edge skips a layer, so that dvc has one drawing only.
    chance = random.Random(seed)
    names = [f"s{number}{'x' * chance.randint(0, 8)}" for number in range(chance.randint(2, 14))]
    edges = [(names[chance.randrange(number)], names[number]) for number in range(1, len(names))]
    nodes = chance.sample(names, len(names))
    assert ascii_dag(Graph(nodes, edges)) == _show_ascii(dvcs(Graph(nodes, edges)))


def test_one_graph_has_one_drawing() -> None:
    chance = random.Random(1)
    edges = [(f"s{up}", f"s{down}") for down in range(1, 12) for up in chance.sample(range(down), min(down, 3))]
    assert len({ascii_dag(Graph([], edges)) for _ in range(8)}) == 1


def test_long_chains_are_drawn() -> None:
    assert ascii_dag(Graph([], [(f"s{n}", f"s{n + 1}") for n in range(1100)])).count("| s") == 1101


def test_quotes_in_names_are_escaped() -> None:
    graph = Graph(['say "hi".dvc'])
    assert dot(graph) == 'strict digraph {\n"say \\"hi\\".dvc";\n}\n'
    assert mermaid(graph) == 'flowchart TD\n\tnode1["say #quot;hi#quot;.dvc"]'


def test_edges_are_kept_once_and_bring_their_nodes() -> None:
    graph = Graph(["b"], [("a", "b"), ("a", "b"), ("c", "d")])
    assert graph.nodes == ["b", "a", "c", "d"]
    assert graph.edges == [("a", "b"), ("c", "d")]
    assert [(part.nodes, part.edges) for part in graph.components()] == [
        (["b", "a"], [("a", "b")]),
        (["c", "d"], [("c", "d")]),
    ]
