"""The old tutorial of versions: a data folder and a model by `add`, tags v1.0 and v2.0, then a `Dvcfile`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

# Digits as single files, as the tutorial's pictures are: data/{train,validation}/CLASS/N.npy
SPLIT = """\
import os
import sys
from importlib.util import find_spec

import numpy as np

start, stop = map(int, sys.argv[1:])
folder = os.path.dirname(find_spec("sklearn").origin)
digits = np.loadtxt(os.path.join(folder, "datasets", "data", "digits.csv.gz"), delimiter=",")
for number in range(start, stop):
    part = "validation" if number % 4 == 0 else "train"
    target = f"data/{part}/{digits[number, -1]:.0f}"
    os.makedirs(target, exist_ok=True)
    np.save(f"{target}/{number}.npy", digits[number, :-1])
"""
# A softmax regression on bottleneck features, by gradient descent.
TRAIN = """\
import glob
import os

import numpy as np


def load(part):
    paths = sorted(glob.glob(f"data/{part}/*/*.npy"))
    features = np.array([np.load(path) for path in paths]) / 16
    with open(f"bottleneck_features_{part}.npy", "wb") as file:
        np.save(file, features)
    return features, np.array([int(path.split(os.sep)[2]) for path in paths])


x, y = load("train")
seen, expected = load("validation")
weights = np.zeros((x.shape[1], 10))
with open("metrics.csv", "w") as log:
    log.write("epoch,accuracy,val_accuracy\\n")
    for epoch in range(1, 4):
        for step in range(20):
            scores = np.exp(x @ weights)
            scores /= scores.sum(axis=1, keepdims=True)
            weights -= x.T @ (scores - np.eye(10)[y]) / len(x)
        accuracy = ((x @ weights).argmax(axis=1) == y).mean()
        val_accuracy = ((seen @ weights).argmax(axis=1) == expected).mean()
        log.write(f"{epoch},{accuracy:.4f},{val_accuracy:.4f}\\n")
with open("model.h5", "wb") as file:
    np.save(file, weights)
"""
OUTS = ("model.h5", "bottleneck_features_train.npy", "bottleneck_features_validation.npy")

Typed = Callable[..., str]


def images() -> int:
    """How many images the data set has."""
    return sum(len(files) for _, _, files in os.walk("data"))


def test_versions_of_data_and_a_model(empty_git: Path, typed: Typed) -> None:  # noqa: PLR0915 - one story
    Path("split.py").write_text(SPLIT)
    Path("train.py").write_text(TRAIN)
    Path(".gitignore").write_text("bottleneck_features*\n")
    typed("git add . && git commit -m 'The code'")
    typed("dvnb init && git commit -m 'Initialize'")

    # the first version
    typed("python split.py 0 200")
    assert "git add .gitignore data.dvc" in typed("dvnb add data")
    typed("python train.py")
    typed("dvnb add model.h5")
    typed("git add .gitignore model.h5.dvc data.dvc metrics.csv")
    typed("git commit -m 'First model, trained with 200 images'")
    assert typed("git status --short") == ""
    typed("git tag -a v1.0 -m 'model v1.0, 200 images'")
    first = (images(), Path("model.h5").read_bytes(), Path("metrics.csv").read_text())

    # the second version: the data set grows
    typed("python split.py 200 500")
    assert "modified:           data" in typed("dvnb status")
    typed("dvnb add data")
    typed("python train.py")
    typed("dvnb add model.h5")
    typed("git add data.dvc model.h5.dvc metrics.csv")
    typed("git commit -m 'Second model, trained with 500 images'")
    typed("git tag -a v2.0 -m 'model v2.0, 500 images'")
    second = (images(), Path("model.h5").read_bytes(), Path("metrics.csv").read_text())
    assert (first[0], second[0]) == (200, 500)
    assert first[1:] != second[1:]
    assert typed("dvnb diff v1.0 v2.0").splitlines()[-1] == "files summary: 300 added, 1 modified"

    # switching between them, whole and in part
    for tag, version in (("v1.0", first), ("v2.0", second), ("v1.0", first)):
        typed(f"git checkout {tag}")
        typed("dvnb checkout")
        assert (images(), Path("model.h5").read_bytes(), Path("metrics.csv").read_text()) == version
        assert typed("dvnb status") == "Data and pipelines are up to date.\n"
    typed("git checkout main && dvnb checkout")
    typed("git checkout v1.0 data.dvc")
    assert typed("dvnb checkout data.dvc").split() == ["M", "data/"]
    assert (images(), Path("model.h5").read_bytes()) == (first[0], second[1])
    typed("git checkout HEAD data.dvc && dvnb checkout data.dvc")
    assert images() == second[0]

    # the model becomes what a stage makes
    typed("dvnb remove -pf model.h5.dvc")
    assert not Path("model.h5").exists() and not Path("model.h5.dvc").exists()
    assert "model.h5" not in Path(".gitignore").read_text()
    printed = typed(
        "dvnb run -f Dvcfile -d train.py -d data -M metrics.csv"
        " -o model.h5 -o bottleneck_features_train.npy -o bottleneck_features_validation.npy python train.py"
    )
    assert "> python train.py" in printed
    assert all(Path(out).exists() for out in OUTS)
    assert Path("model.h5").read_bytes() == second[1]
    typed("dvnb metrics modify metrics.csv --type hcsv --xpath 2,val_accuracy")
    typed("git add -A && git commit -m 'The model is made by a stage'")
    typed("git tag -a v3.0 -m 'a pipeline'")
    assert typed("dvnb repro").splitlines() == [
        "'data.dvc' didn't change, skipping",
        "Stage 'Dvcfile' didn't change, skipping",
        "Data and pipelines are up to date.",
    ]

    # more data: one command brings the model up to date
    typed("python split.py 500 900")
    assert "modified:           data" in typed("dvnb status")
    typed("dvnb add data")
    assert "data" in typed("dvnb why Dvcfile")
    assert "Running stage 'Dvcfile':" in typed("dvnb repro")
    typed("git commit -am 'Third model, trained with 900 images'")
    typed("git tag -a v4.0 -m '900 images'")
    table = [line.split() for line in typed("dvnb metrics show -T").splitlines()]
    assert [row[0] for row in table] == ["Revision", "workspace", "v3.0", "v4.0"]
    better = {row[0]: float(row[2]) for row in table[1:]}
    assert better["v4.0"] == better["workspace"] != better["v3.0"]
    changed = typed("dvnb metrics diff v3.0 v4.0").splitlines()[1].split()
    assert [float(number) for number in changed[-3:]] == [
        better["v3.0"],
        better["v4.0"],
        round(better["v4.0"] - better["v3.0"], 4),
    ]

    # and back to where there was no pipeline
    typed("git checkout v2.0")
    typed("dvnb checkout")
    assert (images(), Path("model.h5").read_bytes(), Path("metrics.csv").read_text()) == second
    assert typed("dvnb status") == "Data and pipelines are up to date.\n"
    assert not any(Path(out).exists() for out in OUTS[1:])
