"""The old tutorial of three stages: load -> train -> evaluate, configured by JSON files, in tags 0.0 to 0.3.

Its commands are those of dvc's first years: `run -f FILE`, `repro FILE`, `pipeline show`, `metrics modify`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

LOAD = """\
import json
import os
from importlib.util import find_spec

import numpy as np

config = json.load(open("config/load.json"))
folder = os.path.dirname(find_spec("sklearn").origin)
digits = np.loadtxt(os.path.join(folder, "datasets", "data", "digits.csv.gz"), delimiter=",")
digits = digits[digits[:, -1] < config["classes"]]
np.random.default_rng(config["seed"]).shuffle(digits)
half = len(digits) // 2
os.makedirs("data", exist_ok=True)
np.save("data/train.npy", digits[:half])
np.save("data/test.npy", digits[half:])
"""
TRAIN = """\
import json

import numpy as np
from sklearn.linear_model import SGDClassifier

config = json.load(open("config/train.json"))
data = np.load("data/train.npy")
model = SGDClassifier(max_iter=config["iterations"], alpha=config["alpha"], tol=None, random_state=0)
model.fit(data[:, :-1], data[:, -1])
np.savez("model.npz", weights=model.coef_, bias=model.intercept_)
"""
EVALUATE = """\
import json

import numpy as np

data, model = np.load("data/test.npy"), np.load("model.npz")
guess = (data[:, :-1] @ model["weights"].T + model["bias"]).argmax(axis=1)
json.dump({"acc": round(float((guess == data[:, -1]).mean()), 4), "rows": len(data)}, open("evaluate.json", "w"))
"""

RUN_LOAD = "dvnb run -f load.dvc -d config/load.json -o data python code/load.py"
RUN_TRAIN = "dvnb run -f train.dvc -d config/train.json -d data -o model.npz python code/train.py"
RUN_EVALUATE = "dvnb run -f evaluate.dvc -d data -d model.npz -M evaluate.json python code/evaluate.py"

Typed = Callable[..., str]


@pytest.fixture
def sources(empty_git: Path) -> Path:
    """Code and settings of the tutorial, in a git repo that nothing was committed to."""
    (empty_git / "code").mkdir()
    (empty_git / "config").mkdir()
    for name, text in (("load", LOAD), ("train", TRAIN), ("evaluate", EVALUATE)):
        (empty_git / "code" / f"{name}.py").write_text(text)
    configure("load", classes=4, seed=0)
    configure("train", iterations=1, alpha=10.0)
    return empty_git


def configure(stage: str, **settings: float) -> None:
    """Edit a stage's settings."""
    Path("config", f"{stage}.json").write_text(json.dumps(settings))


def data() -> dict[str, bytes]:
    """What the data of the project is."""
    files = [Path("model.npz"), *Path("data").glob("*")]
    return {str(path): path.read_bytes() for path in files if path.exists()}


def ran(printed: str) -> list[str]:
    """The stages that a `repro` ran."""
    return [line.split("'")[1] for line in printed.splitlines() if line.startswith("Running stage")]


def test_load_train_evaluate(sources: Path, typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: PLR0915
    # 0.0: code and settings alone
    typed("dvnb init")
    typed("git add .")
    typed("git commit -m 'Code and settings'")
    typed("git tag -a 0.0 -m 'nothing was run'")

    # 0.1: the pipeline, each stage run as it is defined
    assert "git add dvc.lock dvc.yaml .gitignore load.dvc" in typed(RUN_LOAD)
    assert "> python code/train.py" in typed(RUN_TRAIN)
    typed(RUN_EVALUATE)
    assert Path(".gitignore").read_text() == "/data\n/model.npz\n"
    typed("git add load.dvc train.dvc evaluate.dvc dvc.yaml dvc.lock .gitignore evaluate.json")
    typed("git commit -m 'First run'")
    assert typed("git status --short") == ""
    typed("git tag -a 0.1 -m 'first run'")
    assert typed("dvnb status") == "Data and pipelines are up to date.\n"
    drawn = typed("dvnb pipeline show --ascii evaluate.dvc")
    places = [drawn.index(f"| {name} |") for name in ("load", "train", "evaluate")]
    assert places == sorted(places)
    assert "evaluate" not in typed("dvnb pipeline show --ascii train.dvc")
    assert typed("dvnb metrics show").split()[:3] == ["Path", "acc", "rows"]
    typed("dvnb metrics modify evaluate.json --type json --xpath acc")
    assert typed("dvnb metrics show").split()[:2] == ["Path", "acc"]
    assert "rows" not in typed("dvnb metrics show")
    typed("git commit -am 'Only the accuracy counts'")
    states = {"0.1": data()}

    # 0.2: other settings of the training; only what they touch runs again, and it is said why
    configure("train", iterations=40, alpha=0.01)
    assert typed("dvnb status").split() == ["train:", "changed", "deps:", "modified:", "config/train.json"]
    assert "config/train.json" in typed("dvnb why train.dvc")
    printed = typed("dvnb repro evaluate.dvc")
    assert ran(printed) == ["train", "evaluate"]
    assert "Stage 'load' didn't change, skipping" in printed
    assert "M dvc.lock" in typed("git status --short")
    typed("git commit -am 'Train for longer'")
    typed("git tag -a 0.2 -m 'trained for longer'")
    states["0.2"] = data()
    assert states["0.1"]["data/train.npy"] == states["0.2"]["data/train.npy"]
    assert states["0.1"]["model.npz"] != states["0.2"]["model.npz"]

    # 0.3: other data; everything runs again
    configure("load", classes=10, seed=0)
    assert ran(typed("dvnb repro load.dvc")) == ["load"]
    assert "data" in typed("dvnb why train.dvc")
    assert ran(typed("dvnb repro evaluate.dvc")) == ["train", "evaluate"]
    assert ran(typed("dvnb repro evaluate.dvc")) == []
    typed("git commit -am 'All ten digits'")
    typed("git tag -a 0.3 -m 'all digits'")
    states["0.3"] = data()

    # the metrics of all tags
    table = [line.split() for line in typed("dvnb metrics show -T").splitlines()]
    assert [row[0] for row in table] == ["Revision", "workspace", "0.1", "0.2", "0.3"]
    accuracy = {row[0]: float(row[2]) for row in table[1:]}
    assert accuracy["0.1"] < accuracy["0.2"] > accuracy["0.3"] == accuracy["workspace"] > 0.8
    assert f"{accuracy['0.3'] - accuracy['0.2']:.4g}" in typed("dvnb metrics diff 0.2 0.3")

    # back and forth between the tags
    assert list(states) == ["0.1", "0.2", "0.3"]
    for tag in ("0.1", "0.3", "0.2"):
        typed(f"git checkout {tag}")
        typed("dvnb checkout")
        assert data() == states[tag]
        assert typed("dvnb status") == "Data and pipelines are up to date.\n"
        assert typed("git status --short") == ""
    typed("git checkout 0.0")
    assert [line.split() for line in typed("dvnb checkout").splitlines()] == [["D", "data/"], ["D", "model.npz"]]
    assert data() == {} and typed("git status --short") == ""
    typed("git checkout main")
    typed("dvnb checkout")
    assert data() == states["0.3"]

    # all tags go to a remote, and into a clone
    typed(f"dvnb remote add -d store {tmp_path / 'store'}")
    typed("git commit -am 'Where the data is kept'")
    assert typed("dvnb push -T") == "9 files pushed\n"
    assert typed("dvnb push -T") == "Everything is up to date.\n"
    typed(f"git clone -q {sources} {tmp_path / 'clone'}")
    monkeypatch.chdir(tmp_path / "clone")
    assert "9 files fetched" in typed("dvnb pull -T")
    assert data() == states["0.3"]
    assert ran(typed("dvnb repro evaluate.dvc")) == []
    typed("rm -r ../store")
    for tag in ("0.1", "0.2"):  # everything is here already
        typed(f"git checkout -q {tag} && dvnb checkout")
        assert data() == states[tag]


def test_a_pipeline_that_is_only_defined_has_no_outs(sources: Path, typed: Typed) -> None:
    typed("dvnb init && git add . && git commit -m 'Code and settings'")
    typed(RUN_LOAD.replace("run", "run --no-exec", 1))
    typed(RUN_TRAIN.replace("run", "run --no-exec", 1))
    typed("git add . && git commit -m 'Nothing was run yet'")
    typed("git tag -a 0.0 -m 'nothing was run'")
    assert data() == {}
    assert "deleted:            data" in typed("dvnb status")
    assert ran(typed("dvnb repro train.dvc")) == ["load", "train"]
    typed("git add . && git commit -m 'First run'")
    typed("git tag -a 0.1 -m 'first run'")
    first = data()
    assert len(first) == 3
    typed("git checkout 0.0")
    # as dvc has it, outs that nothing is recorded of are missing, which is an error; they go all the same
    assert "No file hash info found" in typed("dvnb checkout", code=255)
    assert data() == {}
    assert not os.path.exists("data")
    assert typed("git status --short") == ""
    typed("git checkout 0.1")
    typed("dvnb checkout")
    assert data() == first
