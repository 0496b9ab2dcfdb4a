"""Notebooks that jupytext keeps as text, alone or paired with an .ipynb file."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from jupytext.cli import jupytext

from dvnb import Repo
from dvnb.errors import NotebookError, StageFailedError
from dvnb.events import Event, Warned

TEXT = """\
# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.0.0
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% tags=["parameters"]
lr = 0.5

# %% [markdown]
# Some text

# %%
open("model.txt", "w").write(str(lr))
"""


@pytest.fixture
def pair(repo: Path) -> Path:
    """A pair that is synchronized; its text side was written by an older jupytext."""
    (repo / "train.py").write_text(TEXT)
    (repo / "params.yaml").write_text("lr: 0.1\n")
    sync()
    (repo / "train.py").write_text(TEXT)
    return repo


def sync() -> None:
    assert jupytext(["--sync", "train.py", "--quiet"]) == 0


def edit(path: Path, old: str, new: str) -> None:
    """As a person would, well after the other side was written."""
    path.write_text(path.read_text().replace(old, new))
    later = path.stat().st_mtime_ns + 5_000_000_000
    for other in path.parent.glob("train.*"):
        if other != path:
            later = max(later, other.stat().st_mtime_ns + 5_000_000_000)
    os.utime(path, ns=(later, later))


@pytest.mark.parametrize("side", ["train.py", "train.ipynb"])
def test_either_side_is_the_dep_and_either_edit_counts(pair: Path, side: str, dvc: Any, status: Any) -> None:
    other = {"train.py": "train.ipynb", "train.ipynb": "train.py"}[side]
    told: list[Event] = []
    repo = Repo(pair, capture=True, listener=told.append)
    if side == "train.ipynb":  # what stock dvc needs of every notebook
        repo.notebook_clean(side)
    repo.notebook_stage(side, outs=["model.txt"], run=True)
    assert (pair / "model.txt").read_text() == "0.1"
    assert (pair / "train.run.ipynb").exists()
    assert repo.status().to_json() == status(dvc) == {}
    sync()  # rewrites the header of the text side
    assert (pair / "train.py").read_text() != TEXT
    assert repo.status().to_json() == {}

    stale = {"train": [{"changed deps": {side: "modified"}}]}
    edit(pair / other, "Some text", "Other text")
    told.clear()
    assert repo.status().to_json() == stale
    assert [
        f"'{other}' was changed after '{side}'" in event.message for event in told if isinstance(event, Warned)
    ] == [True]
    with pytest.raises(NotebookError, match="before it runs"):
        repo.notebook_run(side, "try.ipynb", stage="train")
    with suppress(StageFailedError):  # where the run cache does not know the older side
        repo.repro()
    assert repo.status().to_json() == stale
    sync()
    assert repo.status().to_json() == stale
    repo.repro()
    assert repo.status().to_json() == {}
    edit(pair / side, "Other text", "Third text")
    assert repo.status().to_json() == stale
    edit(pair / side, "Third text", "Other text")
    assert repo.status().to_json() == {}


def test_text_alone_runs_and_shows_its_params(repo: Path, dvnb: Any) -> None:
    (repo / "job.md").write_text(
        "# Title\n\n```python tags=[\"parameters\"]\nn = 1  # how many\n```\n\n```python\nprint('n is', n)\n```\n"
    )
    assert dvnb("notebook", "params", "job.md").lines[1].split() == ["n", "int", "1", "how", "many"]
    done = dvnb("notebook", "run", "job.md", "out.ipynb", "-p", "n=7")
    assert done.code == 0, done.err
    assert "n is 7" in (repo / "out.ipynb").read_text()
