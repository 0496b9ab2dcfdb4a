"""From a notebook to a stage that both tools run: what is written, what runs, what is skipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from dvnb import Repo
from dvnb.errors import StageFailedError
from dvnb.events import Event, Progress

PARAMETERS = "lr = 0.5\nepochs = 1\nnote = 'x'"
BODY = "print('lr is', lr)\nopen('model.txt', 'w').write(f'{lr} {epochs} {note}')"


@pytest.fixture
def project(repo: Path, write_notebook: Any) -> Path:
    """A project with a notebook and params.yaml."""
    write_notebook(repo / "train.ipynb", BODY, PARAMETERS)
    (repo / "params.yaml").write_text("epochs: 3\ntrain:\n  lr: 0.1\n")
    return repo


def stages(root: Path) -> Any:
    return yaml.safe_load((root / "dvc.yaml").read_text())["stages"]


def lock(root: Path, stage: str = "train") -> Any:
    return yaml.safe_load((root / "dvc.lock").read_text())["stages"][stage]


def test_written_run_skipped_and_run_again(project: Path, dvnb: Any, dvc: Any, commit_all: Any) -> None:
    done = dvnb("notebook", "stage", "train.ipynb", "-o", "model.txt")
    assert done.code == 0, done.err
    assert "Added stage 'train' in 'dvc.yaml'" in done.out
    assert stages(project) == {
        "train": {
            "cmd": "dvnb notebook run train.ipynb train.run.ipynb",
            "deps": ["train.ipynb"],
            "params": ["epochs", "train.lr"],
            "outs": ["model.txt", "train.run.ipynb"],
        }
    }
    assert (project / ".gitignore").read_text().split() == ["/model.txt", "/train.run.ipynb"]

    source = (project / "train.ipynb").read_bytes()
    done = dvnb("repro")
    assert done.code == 0, done.err
    assert "lr is 0.1" in done.out
    assert "Executed 'train.ipynb' -> 'train.run.ipynb'" in done.out
    assert (project / "model.txt").read_text() == "0.1 3 x"
    assert (project / "train.ipynb").read_bytes() == source
    assert lock(project)["params"] == {"params.yaml": {"epochs": 3, "train.lr": 0.1}}
    copy = json.loads((project / "train.run.ipynb").read_text())
    assert copy["cells"][1]["metadata"]["tags"] == ["injected-parameters"]
    assert copy["metadata"]["papermill"]["input_path"] == "train.ipynb"
    assert str(project) not in json.dumps(copy)

    for tool in (dvnb, dvc):
        assert "Stage 'train' didn't change, skipping" in tool("repro").out
        assert tool("status").out == "Data and pipelines are up to date.\n"
    commit_all()

    (project / "params.yaml").write_text("epochs: 3\ntrain:\n  lr: 0.2\n")
    done = dvc("repro")
    assert done.code == 0, done.err
    assert "lr is 0.2" in done.out
    assert (project / "model.txt").read_text() == "0.2 3 x"
    assert dvnb("status").out == "Data and pipelines are up to date.\n"
    # what was run before is known to both tools, executed copy included
    (project / "params.yaml").write_text("epochs: 3\ntrain:\n  lr: 0.1\n")
    done = dvnb("repro")
    assert "Stage 'train' is cached - skipping run, checking out outputs" in done.out
    assert json.loads((project / "train.run.ipynb").read_text()) == copy


def test_the_lock_of_a_clean_notebook_is_stocks_byte_for_byte(project: Path, dvnb: Any, dvc: Any, status: Any) -> None:
    assert dvnb("notebook", "stage", "train.ipynb", "--no-copy", "-o", "model.txt").code == 0
    assert stages(project)["train"]["cmd"] == "dvnb notebook run train.ipynb"
    assert stages(project)["train"]["outs"] == ["model.txt"]
    assert dvnb("repro").code == 0
    ours = (project / "dvc.lock").read_bytes()
    assert status(dvc) == {}
    assert "train.run.ipynb" not in {path.name for path in project.iterdir()}
    assert [path.name.split("-")[0] for path in (project / ".dvc/tmp/dvnb/runs").iterdir()] == ["train"]

    (project / "dvc.lock").unlink()
    done = dvc("repro", "-f")
    assert done.code == 0, done.err
    assert "lr is 0.1" in done.out
    assert (project / "dvc.lock").read_bytes() == ours
    assert status(dvnb) == {}


def test_options_of_the_stage(project: Path, dvnb: Any, write_notebook: Any) -> None:
    write_notebook(project / "sub" / "a b.ipynb", "print(rate, fixed, size)", "rate = 1\nfixed = 2\nsize = 3")
    (project / "sub" / "other.yaml").write_text("deep:\n  size: 8\n")
    (project / "sub" / "params.yaml").write_text("lr: 0.7\n")
    words = ["--map", "rate=lr", "--map", "fixed=5", "--map", "size=other.yaml:deep.size"]
    done = dvnb(
        "notebook", "stage", "a b.ipynb", "-n", "here", "-w", "sub", "--copy", "runs/ab.ipynb", *words, "--desc", "d"
    )
    assert done.code == 0, done.err
    assert stages(project)["here"] == {
        "cmd": "dvnb notebook run 'a b.ipynb' runs/ab.ipynb -p rate=lr -p fixed=5 -p size=other.yaml:deep.size",
        "wdir": "sub",
        "desc": "d",
        "deps": ["a b.ipynb"],
        "params": ["lr", {"other.yaml": ["deep.size"]}],
        "outs": ["runs/ab.ipynb"],
    }
    done = dvnb("repro", "here")
    assert done.code == 0, done.err
    assert "0.7 5 8" in done.out
    assert (project / "sub" / "runs" / ".gitignore").read_text() == "/ab.ipynb\n"

    again = dvnb("notebook", "stage", "a b.ipynb", "-n", "here", "-w", "sub")
    assert (again.code, again.err) == (
        255,
        "ERROR: Stage 'here' already exists in 'dvc.yaml'. Use '--force' to overwrite.\n",
    )
    assert dvnb("notebook", "stage", "a b.ipynb", "-n", "here", "-w", "sub", "-f").code == 0
    assert "rate" not in stages(project)["here"]["cmd"]


def test_the_api(project: Path, save_with_outputs: Any) -> None:
    events: list[Event] = []
    repo = Repo(project, capture=True, listener=events.append)
    made = repo.notebook_stage("train.ipynb", outs=["model.txt"], run=True)
    assert made.stage == "train"
    assert (project / "model.txt").read_text() == "0.1 3 x"
    assert repo.status().to_json() == {}

    ran = repo.notebook_run("train.ipynb", "try.ipynb", parameters=["lr=9"], stage="train")
    assert (ran.notebook, ran.output, ran.parameters) == ("train.ipynb", "try.ipynb", {"epochs": 3, "lr": 9})
    assert [event.done for event in events if isinstance(event, Progress) and event.unit == "cell"] == [0, 1, 2, 2]
    assert (project / "model.txt").read_text() == "9 3 x"
    assert (project / "try.ipynb").exists()

    clean = (project / "train.ipynb").read_bytes()
    assert repo.notebook_clean("train.ipynb").unchanged == ["train.ipynb"]
    save_with_outputs(project / "train.ipynb")
    saved = (project / "train.ipynb").read_bytes()
    result = repo.notebook_clean("train.ipynb")
    assert (result.cleaned, result.unchanged) == (["train.ipynb"], [])
    assert (project / "train.ipynb").read_bytes() == clean
    assert (project / result.kept["train.ipynb"]).read_bytes() == saved
    (project / "train.ipynb").write_text("{")
    with pytest.raises(StageFailedError, match="failed to reproduce 'train'"):
        repo.repro()
