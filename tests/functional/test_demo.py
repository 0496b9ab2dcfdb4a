"""The demo, run for real: the same script as `make demo`, and what it must have done."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
NOTHING_TO_DO = "Data and pipelines are up to date."


@dataclass(frozen=True)
class Step:
    command: str
    output: str

    @property
    def ran(self) -> list[str]:
        return re.findall(r"^Running stage '(\w+)':$", self.output, re.MULTILINE)

    @property
    def skipped(self) -> list[str]:
        return re.findall(r"^Stage '(\w+)' didn't change, skipping$", self.output, re.MULTILINE)


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, encoding="utf-8", timeout=900, check=False,
        env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def steps_of(text: str) -> list[Step]:
    """Each `$ command` with what it printed, up to the next command or heading."""
    pieces = re.split(r"^\$ (.*)$", text, flags=re.MULTILINE)[1:]
    return [
        Step(command, re.split(r"^===== ", output, maxsplit=1, flags=re.MULTILINE)[0].strip())
        for command, output in zip(pieces[::2], pieces[1::2], strict=True)
    ]


def folder_hash(folder: Path) -> str:
    """What a .dvc file has to record for this folder, computed from nothing but the files."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    listing = [
        {"md5": hashlib.md5(path.read_bytes()).hexdigest(), "relpath": path.relative_to(folder).as_posix()}
        for path in files
    ]
    listing.sort(key=lambda entry: entry["relpath"])
    return hashlib.md5(json.dumps(listing).encode()).hexdigest() + ".dir"


def recorded_hash(text: str) -> str:
    found = re.search(r"md5: (\w+\.dir)", text)
    assert found is not None, text
    return found[1]


def expected_accuracy(images: int, gamma: float) -> float:
    """The accuracy that the notebooks have to arrive at, straight from scikit-learn."""
    datasets = pytest.importorskip("sklearn.datasets")
    from sklearn.model_selection import train_test_split
    from sklearn.svm import SVC

    digits = datasets.load_digits()
    pixels, labels = digits.data[:images].astype(int), digits.target[:images]
    train, test, train_labels, test_labels = train_test_split(
        pixels, labels, test_size=0.25, stratify=labels, random_state=7
    )
    return round(float((SVC(C=10.0, gamma=gamma).fit(train, train_labels).predict(test) == test_labels).mean()), 6)


def check_stages(steps: list[Step]) -> None:
    first, second, one_parameter, more_data, in_the_clone = [step for step in steps if step.command == "dvnb repro"]
    assert (first.ran, first.skipped) == (["prepare", "train", "evaluate"], [])
    assert (second.ran, second.skipped) == ([], ["prepare", "train", "evaluate"])
    assert NOTHING_TO_DO in second.output
    assert (one_parameter.ran, one_parameter.skipped) == (["train", "evaluate"], ["prepare"])
    assert (more_data.ran, more_data.skipped) == (["prepare", "train", "evaluate"], [])
    assert (in_the_clone.ran, in_the_clone.skipped) == ([], ["prepare", "train", "evaluate"])


def check_executed_notebooks(digits: Path) -> None:
    for name, parameters in (
        ("prepare", {"test_size = 0.25", "seed = 7"}),
        ("train", {"C = 10.0", "gamma = 0.001", "seed = 7"}),
        ("evaluate", {"show = 8"}),
    ):
        assert run("git", "ls-files", f"{name}*", cwd=digits).split() == [f"{name}.ipynb"]
        cells = json.loads((digits / f"{name}.run.ipynb").read_text(encoding="utf-8"))["cells"]
        injected = [cell for cell in cells if "injected-parameters" in cell["metadata"].get("tags", [])]
        assert len(injected) == 1
        assert parameters <= set("".join(injected[0]["source"]).splitlines())
        assert any(cell.get("outputs") for cell in cells)


def check_status_after_the_parameter(steps: list[Step]) -> None:
    params = next(step for step in steps if step.command == "dvnb params diff")
    assert params.output.splitlines()[-1].split() == ["params.yaml", "train.gamma", "0.005", "0.001"]
    status = next(step for step in steps if step.command == "dvnb status")
    assert re.fullmatch(r"train:\s+changed deps:\s+params\.yaml:\s+modified:\s+train\.gamma", status.output), (
        status.output
    )


def check_old_data_and_back(steps: list[Step], digits: Path) -> None:
    old, new = (recorded_hash(run("git", "show", f"{tag}:data.dvc", cwd=digits)) for tag in ("v1", "v2"))
    assert old != new
    commands = [step.command for step in steps]
    there = commands.index("dvnb checkout --rev v1 data")
    back = commands.index("dvnb checkout --rev v2 data")
    pointer = steps[there + 1].output
    assert f"-- md5: {new}" in pointer
    assert f"+- md5: {old}" in pointer
    assert re.search(r"prepare:\s+changed deps:\s+modified:\s+data", steps[there + 2].output)
    assert steps[back + 1] == Step("git status --short", "")
    assert steps[back + 2].output == NOTHING_TO_DO

    # Once more from here, looking at the files themselves.
    head = run("git", "rev-parse", "HEAD", cwd=digits)
    assert folder_hash(digits / "data") == new
    run("dvnb", "checkout", "--rev", "v1", "data", cwd=digits)
    assert folder_hash(digits / "data") == old
    assert recorded_hash((digits / "data.dvc").read_text(encoding="utf-8")) == old
    assert run("git", "rev-parse", "HEAD", cwd=digits) == head
    run("dvnb", "checkout", "--rev", "v2", "data", cwd=digits)
    assert folder_hash(digits / "data") == new
    assert run("git", "status", "--porcelain", cwd=digits) == ""


def check_metrics_of_both_tags(steps: list[Step], digits: Path) -> None:
    expected = {
        "v1": {"images": 250, "accuracy": expected_accuracy(1000, 0.001)},
        "v2": {"images": 450, "accuracy": expected_accuracy(1797, 0.001)},
    }
    shown = json.loads(run("dvnb", "metrics", "show", "-T", "--json", cwd=digits))
    for tag, values in expected.items():
        assert shown[tag]["data"]["metrics/test.json"]["data"].items() >= values.items()
    header, *rows = next(step for step in steps if step.command == "dvnb metrics show -T").output.splitlines()
    column = header.split().index("accuracy")
    accuracies = {row.split()[0]: row.split()[column] for row in rows if "metrics/test.json" in row}
    assert {tag: float(accuracies[tag]) for tag in expected} == {
        tag: pytest.approx(values["accuracy"], abs=1e-5) for tag, values in expected.items()
    }


def check_graph(steps: list[Step]) -> None:
    graph = next(step for step in steps if step.command == "dvnb dag").output
    positions = [graph.index(f"| {name} |") for name in ("data.dvc", "prepare", "train", "evaluate")]
    assert positions == sorted(positions)


def check_clone(steps: list[Step], digits: Path, clone: Path) -> None:
    pushed = next(step for step in steps if step.command == "dvnb push")
    assert re.fullmatch(r"\d+ files pushed", pushed.output.splitlines()[-1])
    made = [
        "data/labels.csv", "features/train.csv", "features/test.csv", "model.joblib",
        "metrics/train.json", "metrics/test.json",
        "plots/learning_curve.csv", "plots/confusion.csv", "plots/confusion.png",
        "prepare.run.ipynb", "train.run.ipynb", "evaluate.run.ipynb",
    ]  # fmt: skip
    for path in made:
        assert (clone / path).read_bytes() == (digits / path).read_bytes(), path
    with open(clone / "data/labels.csv", encoding="utf-8") as table:
        labels = {row["path"]: row["label"] for row in csv.DictReader(table)}
    images = {path.relative_to(clone / "data").as_posix() for path in clone.glob("data/digits/*/*.png")}
    assert images == set(labels)
    assert len(images) == 1797
    assert folder_hash(clone / "data") == folder_hash(digits / "data")


def test_the_demo_does_what_it_shows(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/mine.txt").write_text("mine")

    text = run("bash", "-c", 'exec "$0" "$1" 2>&1', str(PROJECT / "example_notebooks/demo.sh"), "demo", cwd=tmp_path)

    moved = [path for path in tmp_path.iterdir() if path.name.startswith("demo-")]
    assert [(path / "mine.txt").read_text() for path in moved] == ["mine"]
    digits, clone = tmp_path / "demo/digits", tmp_path / "demo/clone"
    steps = steps_of(text)
    check_stages(steps)
    check_executed_notebooks(digits)
    check_status_after_the_parameter(steps)
    check_old_data_and_back(steps, digits)
    check_metrics_of_both_tags(steps, digits)
    check_graph(steps)
    check_clone(steps, digits, clone)
    for repo in (digits, clone):
        assert run(str(BIN / "dvc"), "status", cwd=repo).strip() == NOTHING_TO_DO
        assert run("git", "status", "--porcelain", cwd=repo) == ""
    assert f'--notebook-dir "{digits}"' in text


@pytest.mark.parametrize("name", ["prepare", "train", "evaluate"])
def test_the_notebooks_are_clean_and_have_parameters(name: str) -> None:
    notebook = json.loads((PROJECT / f"example_notebooks/{name}.ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)
    assert [cell["metadata"].get("tags") for cell in code].count(["parameters"]) == 1
    assert notebook["cells"][0]["cell_type"] == "markdown"
