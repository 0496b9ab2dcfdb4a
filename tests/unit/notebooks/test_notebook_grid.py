"""Grids of values as a stage's matrix."""

from __future__ import annotations

import pytest

from dvnb.errors import NotebookError
from dvnb.notebooks import grid


def test_values_and_how_they_are_given() -> None:
    matrix = grid.parse(
        ["train.lr=0.1,0.2", "n=range(1,4)", "kind=a,'1'", "flag=true", "m=choice(1,2)", "k=range(4,0,-2)"]
    )
    assert matrix == {"lr": [0.1, 0.2], "n": [1, 2, 3], "kind": ["a", "1"], "flag": [True], "m": [1, 2], "k": [4, 2]}
    assert grid.assignments(matrix)[:3] == ["lr=${item.lr}", "n=${item.n}", 'kind="${item.kind}"']


@pytest.mark.parametrize(
    "text",
    [
        "lr",
        "lr=",
        "1x=2",
        "lr=null",
        "lr=[1]",
        "lr=.inf",
        "lr=a,1",
        "lr=range(3,1)",
        "lr=range(1,3,0)",
        "lr=range(0,1,0.5)",
        "k=a/b",
        "lr={",
    ],
)
def test_what_no_grid_can_hold(text: str) -> None:
    with pytest.raises(NotebookError, match="-S"):
        grid.parse([text])
    with pytest.raises(NotebookError, match="twice"):
        grid.parse(["a.lr=1", "b.lr=2"])
