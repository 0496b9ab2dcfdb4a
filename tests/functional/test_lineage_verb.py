"""lineage: where data comes from and what depends on it; by the CLI, the API and completion."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from dvnb import Repo
from dvnb.errors import TargetError
from dvnb.magics.complete import candidates


def names(result: Any, role: str) -> set[str]:
    return {node.name for node in result.nodes if node.role == role}


@pytest.fixture
def later(project: Path, commit_all: Any, git: Any) -> Path:
    """The project's first commit is v1; then another rate was tried (v2), and code.py changed (HEAD)."""
    git("tag", "v1")
    (project / "params.yaml").write_text("train:\n  lr: 0.5\n  epochs: 3\n")
    Repo(capture=True).repro()
    commit_all("a higher rate")
    git("tag", "v2")
    (project / "code.py").write_text("pass\npass\n")
    commit_all("code")
    return project


def test_back_from_an_out(later: Path) -> None:
    result = Repo().lineage("model.txt")
    assert names(result, "target") == {"model.txt"}
    assert names(result, "upstream") == {"train", "mid.txt", "params.yaml", "prepare", "data.txt"}
    assert names(result, "downstream") == set()
    assert set(result.edges) == {
        ("data.txt", "prepare"), ("prepare", "mid.txt"), ("mid.txt", "train"), ("params.yaml", "train"),
        ("train", "model.txt"),
    }  # fmt: skip
    data = result.node("data.txt")
    assert (data.kind, data.tracked_by, data.size) == ("data", "data.txt.dvc", 6)
    assert data.hash in (later / "data.txt.dvc").read_text()
    assert result.node("train").params == {"params.yaml": {"train.lr": 0.5}}


def test_each_has_the_commit_that_changed_it_last(later: Path) -> None:
    result = Repo().lineage("model.txt")
    subjects = {node.name: node.commit["subject"] if node.commit else None for node in result.nodes}
    assert subjects == {
        "model.txt": "one",  # the run was recorded anew, but made the same
        "train": "a higher rate",
        "params.yaml": "a higher rate",
        "mid.txt": "one",
        "prepare": "one",
        "data.txt": "one",
    }


def test_at_a_rev_without_a_checkout(later: Path, picture: Any) -> None:
    before = picture(later)
    (later / "metrics.json").unlink()
    old, now = Repo().lineage("metrics.json@v1"), Repo().lineage("metrics.json", rev="v2")
    (later / "metrics.json").write_text('{"acc":0.5}\n')
    assert old.node("train").params == {"params.yaml": {"train.lr": 0.1}}
    assert now.node("train").params == {"params.yaml": {"train.lr": 0.5}}
    assert all(node.state is None for node in old.nodes)
    assert {node.commit["subject"] for node in old.nodes if node.commit} == {"one"}
    assert old.node("metrics.json").type == "metrics"
    assert picture(later) == before


def test_the_workspace_says_what_is_not_as_recorded(later: Path) -> None:
    (later / "mid.txt").write_text("other\n")
    (later / "params.yaml").write_text("train:\n  lr: 0.9\n")
    (later / "data.txt").write_text("x\n")
    Repo().add("data.txt")
    result = Repo().lineage("model.txt")
    states = {node.name: node.state for node in result.nodes}
    assert states == {
        "model.txt": None, "train": "changed", "mid.txt": "modified", "params.yaml": "modified",
        "prepare": "changed", "data.txt": None,
    }  # fmt: skip
    assert result.node("data.txt").commit is None  # recorded, but not committed
    assert result.node("params.yaml").commit is None
    assert result.node("train").commit is not None


def test_forward_from_data(later: Path, dvnb: Any) -> None:
    result = Repo().lineage("data.txt.dvc", upstream=False)
    assert names(result, "target") == {"data.txt"}
    assert names(result, "downstream") == {"prepare", "mid.txt", "train", "model.txt", "metrics.json"}
    assert names(Repo().lineage("data.txt", depth=1), "downstream") == {"prepare", "mid.txt"}
    assert names(Repo().lineage("data.txt", depth=0), "downstream") == set()
    assert dvnb("lineage", "data.txt", "--downstream", "--depth", "1").lines[0] == "data.txt"


def test_a_member_of_a_folder(later: Path) -> None:
    Repo().stage_add("sum", "ls pictures > sum", deps=["pictures"], outs=["sum"])
    result = Repo().lineage("pictures/sub/two.txt")
    node = result.node("pictures/sub/two.txt")
    assert (node.part_of, node.tracked_by) == ("pictures", "pictures.dvc")
    assert node.hash == hashlib.md5(b"two\n").hexdigest()
    assert names(result, "downstream") == {"sum (stage)", "sum"}  # a stage and its out of one name
    with pytest.raises(TargetError, match="no file at .v1."):
        Repo().lineage("pictures/none.txt@v1")


def test_a_stage_and_a_param(later: Path) -> None:
    result = Repo().lineage("prepare")
    assert names(result, "upstream") == {"data.txt"}
    assert "train" in names(result, "downstream")
    assert names(Repo().lineage("params.yaml"), "downstream") == {"train", "model.txt", "metrics.json"}
    alone = Repo().lineage("code.py")
    assert [(node.name, node.commit and node.commit["subject"]) for node in alone.nodes] == [("code.py", "code")]


def test_a_notebook(later: Path, commit_all: Any) -> None:
    cells = [nbformat.v4.new_code_cell("rate = 1", metadata={"tags": ["parameters"]})]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), later / "fit.ipynb")
    repo = Repo()
    repo.notebook_stage("fit.ipynb", "fit", deps=["model.txt"], outs=["fitted"], parameters=["rate=train.lr"],
                        params=["train.lr"], copy="out.ipynb")  # fmt: skip
    commit_all("a notebook")
    result = repo.lineage("fitted")
    assert result.node("fit.ipynb").kind == "notebook"
    assert result.node("fit").notebook == {"path": "fit.ipynb", "output": "out.ipynb", "parameters": {"rate": 0.5}}
    assert "model.txt" in names(result, "upstream")


def test_an_import_tells_its_origin(later: Path, tmp_path: Path) -> None:
    (tmp_path / "raw").write_text("raw")
    Repo().import_url(str(tmp_path / "raw"), "raw")
    result = Repo().lineage("raw")
    (origin,) = [node for node in result.nodes if node.kind == "origin"]
    assert origin.path.endswith("raw")
    assert origin.tracked_by == "raw.dvc"
    assert (origin.name, "raw") in result.edges


def test_words(later: Path, dvnb: Any) -> None:
    done = dvnb("lineage", "metrics.json@v2")
    assert done.code == 0
    assert done.lines[1].startswith("└── train: echo x >> runs.log")
    assert done.lines[1].endswith("a higher rate)")
    assert done.lines[2].startswith("    ├── mid.txt  ")
    assert done.lines[-1].startswith("    └── params.yaml  train.lr=0.5  ")
    shown = json.loads(dvnb("lineage", "model.txt", "--json").out)
    assert shown["target"] == "model.txt"
    assert ["train", "model.txt"] in shown["edges"]
    assert dvnb("lineage", "model.txt", "--mermaid").lines[0] == "flowchart TD"
    assert dvnb("lineage", "model.txt", "--md").lines[0] == "```mermaid"
    assert '"train" -> "model.txt";' in dvnb("lineage", "model.txt", "--dot").lines
    assert dvnb("lineage", "model.txt", "--csv").lines[0].startswith("name,kind,role,")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nothing", "'nothing' is no stage"),
        ("model.txt@nope", "unknown Git revision 'nope'"),
        ("nothing@v1", "no file at 'v1'"),
        ("../outside", "'../outside' is no stage"),
    ],
)
def test_what_is_nowhere(later: Path, dvnb: Any, target: str, message: str) -> None:
    done = dvnb("lineage", target)
    assert done.code == 255
    assert message in done.err


def test_names_with_an_at(later: Path) -> None:
    (later / "a@v1").write_text("x")
    Repo().add("a@v1")
    assert Repo().lineage("a@v1").rev is None
    assert Repo().lineage("model.txt@HEAD@{0}").rev is not None


def test_in_a_subfolder_and_without_commits(later: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (later / "sub").mkdir()
    result = Repo(later / "sub").lineage("../model.txt")
    assert "../mid.txt" in names(result, "upstream")
    assert "../dvc.yaml:train" in names(result, "upstream")
    bare = tmp_path / "bare"
    bare.mkdir()
    Repo.init(bare, no_scm=True)
    (bare / "x").write_text("x")
    Repo(bare).add("x")
    (node,) = Repo(bare).lineage("x").nodes
    assert (node.kind, node.commit) == ("data", None)


def test_completion(later: Path) -> None:
    found = candidates(["lineage"], "m")
    assert {"model.txt", "mid.txt", "metrics.json"} <= set(found)
    assert "--downstream" in candidates(["lineage"], "--d")
