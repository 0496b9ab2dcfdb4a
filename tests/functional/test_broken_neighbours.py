"""Stages and files beside one that cannot be read: what is asked for by name works all the same, as in stock dvc."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import FormatError

NEIGHBOURS = {
    "a template": ("dvc.yaml", "  broken:\n    cmd: echo ${nope}\n"),
    "an item": ("dvc.yaml", "  broken:\n    foreach: [a]\n    do:\n      cmd: echo ${item.nope}\n"),
    "a foreach": ("dvc.yaml", "  broken:\n    foreach: ${nope}\n    do:\n      cmd: echo ${item}\n"),
    "another dvc.yaml": ("sub/dvc.yaml", "stages: [\n"),
    "another .dvc file": ("other.dvc", "outs: 1\n"),
}


@pytest.fixture(params=NEIGHBOURS)
def beside(project: Path, request: pytest.FixtureRequest) -> Path:
    """The project, with something broken in it."""
    file, text = NEIGHBOURS[request.param]
    (project / "sub").mkdir()
    with (project / file).open("a") as there:
        there.write(text)
    return project


def test_what_is_named_works(beside: Path, oracle: Any) -> None:
    for args in (("stage", "list", "prepare"), ("freeze", "train"), ("unfreeze", "train")):
        assert oracle(*args)[::2] == (0, ""), args
    repo = Repo(beside)
    assert repo.status("train", "data.txt.dvc").clean
    (beside / "model.txt").unlink()
    assert repo.checkout("train").added == ["model.txt"]
    assert [row.stage for row in repo.stage_list("prepare", "train").stages] == ["prepare", "train"]
    assert repo.metrics_show("metrics.json").revs[""]["data"]["metrics.json"]["data"] == {"acc": 0.5}
    assert "frozen: true" not in (beside / "dvc.yaml").read_text()
    repo.freeze("prepare")
    assert "frozen: true" in (beside / "dvc.yaml").read_text()
    repo.unfreeze("prepare")
    (beside / "data.txt").write_text("d\n")
    repo.commit("data.txt.dvc", force=True)
    assert "nfiles" not in (beside / "data.txt.dvc").read_text()
    assert repo.status("data.txt.dvc").clean


def test_what_is_named_can_be_removed(beside: Path, dvnb: Any) -> None:
    assert dvnb("remove", "train", "prepare", "data.txt.dvc").code == 0
    assert "train" not in ((beside / "dvc.yaml").read_text() if (beside / "dvc.yaml").exists() else "")
    assert not (beside / "data.txt.dvc").exists()
    assert dvnb("undo").code == 0
    assert Repo(beside).status("train").clean


def test_what_depends_on_all_stages_is_refused(beside: Path, dvnb: Any, oracle: Any, picture: Any) -> None:
    before = picture(beside)
    for args in (("status",), ("dag",), ("repro", "train"), ("status", "model.txt"), ("freeze", "broken"), ("commit",)):
        assert oracle(*args)[0] == dvnb(*args).code != 0, args
    assert {**picture(beside), "pack": 0} == {**before, "pack": 0}
    with pytest.raises(FormatError):
        Repo(beside).remove("model.txt")


def test_reports_say_what_they_could_not_read(project: Path, dvnb: Any, oracle: Any) -> None:
    file, text = NEIGHBOURS["a template"]
    with (project / file).open("a") as there:
        there.write(text)
    for args in (("metrics", "show"), ("metrics", "diff"), ("params", "diff")):
        done = dvnb(*args)
        assert (done.code, oracle(*args)[0]) == (0, 0)
        assert "Could not find 'nope'" in done.err
    (project / "params.yaml").write_text("train:\n  lr: 0.2\n")
    shown = json.loads(dvnb("params", "diff", "--targets", "params.yaml", "--json").out)
    assert shown == json.loads(oracle("params", "diff", "--targets", "params.yaml", "--json")[1])
    assert shown["params.yaml"]["train.lr"]["new"] == 0.2
