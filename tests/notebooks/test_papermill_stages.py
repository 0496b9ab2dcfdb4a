"""Stages whose command is papermill's own program: known as notebook stages wherever stages are shown."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.commands.suggest import names


@pytest.fixture
def project(repo: Path, write_notebook: Any, commit_all: Any) -> Path:
    """A papermill stage with parameters of its own, and a param of the project that papermill knows nothing of."""
    write_notebook(repo / "train.ipynb", "open('model.txt', 'w').write(f'{lr} {kind}')", "lr = 0.5\nkind = 'a'")
    (repo / "params.yaml").write_text("depth: 3\n")
    (repo / "dvc.yaml").write_text(
        "vars: [{lr: 0.2}]\n"
        "stages:\n"
        "  train:\n"
        "    cmd: papermill train.ipynb train.run.ipynb -p lr ${lr} -r kind 07 --no-progress-bar\n"
        "    deps: [train.ipynb]\n    params: [depth]\n    outs: [model.txt, train.run.ipynb]\n"
    )
    commit_all()
    return repo


def test_from_the_run_to_lineage(
    project: Path, dvnb: Any, dvc: Any, status: Any, save_with_outputs: Any, commit_all: Any
) -> None:
    done = dvnb("repro")
    assert done.code == 0, done.err
    assert (project / "model.txt").read_text() == "0.2 07"
    commit_all()
    # outputs that are saved in its source make it no more stale than a stage of dvnb's
    save_with_outputs(project / "train.ipynb")
    assert status(dvnb) == {}
    assert "didn't change, skipping" in dvnb("repro").out
    assert dvnb("notebook", "clean", "train.ipynb").code == 0
    assert status(dvnb) == status(dvc) == {}

    assert dvnb("stage", "list", "--name-only").out == "train\n"
    assert "train.run.ipynb" in dvnb("dag", "--outs").out
    found = json.loads(dvnb("lineage", "model.txt", "--json").out)
    told = [node["notebook"] for node in found["nodes"] if node.get("notebook")]
    assert told == [{"path": "train.ipynb", "output": "train.run.ipynb", "parameters": {"lr": 0.2, "kind": "07"}}]
    assert "train.ipynb" in dvnb("lineage", "model.txt").out


def test_outs_that_the_notebook_does_not_write(project: Path, dvnb: Any, write_notebook: Any) -> None:
    """Papermill knows nothing of them; the message is that of a `dvnb notebook run`."""
    assert dvnb("repro").code == 0
    write_notebook(project / "train.ipynb", "print('so far')", "lr = 0.5\nkind = 'a'")
    old = (project / "train.run.ipynb").read_bytes()
    done = dvnb("repro")
    assert done.code == 255
    found = re.search(
        r"^ERROR: failed to reproduce 'train': 'train.ipynb' ran to its end but did not write 'model.txt', which stage "
        r"'train' declares; the executed copy is '(.dvc/tmp/dvnb/runs/.+)'; write it in the notebook, or take it out",
        done.err,
        re.MULTILINE,
    )
    assert found, done.err
    assert "so far" in (project / found[1]).read_text()
    assert (project / "train.run.ipynb").read_bytes() == old
    assert (project / "model.txt").read_text() == "0.2 07"
    dvc_yaml = (project / "dvc.yaml").read_text()
    (project / "dvc.yaml").write_text(dvc_yaml.replace("--no-progress-bar", "--no-progress-bar && papermill --version"))
    assert "write it in the notebook" in dvnb("repro").err  # whatever else the shell does


def test_lint_knows_what_papermill_sets(project: Path, write_notebook: Any) -> None:
    assert Repo(project).notebook_lint("train.ipynb").findings == []
    # `lr` and `kind` come from the command, `depth` from nowhere: a param of the stage is not given by papermill
    write_notebook(project / "train.ipynb", "open('model.txt', 'w').write(f'{lr} {kind} {depth}')")
    findings = Repo(project).notebook_lint("train.ipynb").findings
    undefined = [one.message for one in findings if one.code == "NB201"]
    assert [name for name in ("lr", "kind", "depth") if any(f"'{name}'" in text for text in undefined)] == ["depth"]


def test_revs_are_offered_to_diff(project: Path, git: Any) -> None:
    git("tag", "v1.0")
    for words in (["notebook", "diff", "train.ipynb"], ["notebook", "diff", "train.ipynb", "v1.0"]):
        assert {"v1.0", "main"} <= set(names(words, str(project)))
