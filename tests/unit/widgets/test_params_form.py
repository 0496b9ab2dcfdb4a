"""A notebook's parameters as controls, and what the form's actions write and run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from dvnb import Repo
from dvnb.errors import NotebookError
from dvnb.notebooks.found import Parameter
from dvnb.repo.results import FormField
from dvnb.widgets import fields

CELL = """lr: float = 0.01  # learning rate
epochs = 5
optimizer = "adam"  # choices: adam, sgd
mix = True
layers = [64, 32]
note = None"""
WORK = "import json\njson.dump({'acc': 1 - lr * 10 / epochs, 'mix': mix}, open('m.json', 'w'))"


def _field(kind: str | None, value: Any = None, choices: list[Any] | None = None, *, has: bool = True) -> FormField:
    return FormField(Parameter("x", "…", value, has, kind, "", choices or []), value, has)


@pytest.mark.parametrize(
    ("kind", "value", "asked", "text"),
    [
        ("bool", True, "switch", True),
        ("int", 5, "int", "5"),
        ("float", 1e-5, "float", "1e-05"),
        ("float", float("inf"), "any", "Infinity"),
        ("str", "a b", "text", "a b"),
        ("list[int]", [1], "list", "[1]"),
        ("dict", {"a": None}, "dict", '{"a": null}'),
        (None, None, "any", ""),
        ("float | None", None, "float", ""),
        ("Optional[int]", 3, "int", "3"),
        ("int", 2.5, "float", "2.5"),
        ("int", "auto", "any", "auto"),
    ],
)
def test_each_type_has_its_control_and_its_text_reads_back(kind: str, value: Any, asked: str, text: Any):
    field = _field(kind, value)
    shown = fields.control(field)
    assert (shown["control"], shown["text"]) == (asked, text)
    assert fields.read(field, shown["text"]) == value


@pytest.mark.parametrize(
    ("kind", "value", "text", "message"),
    [
        ("int", 5, "5.5", "whole number"),
        ("float", 0.1, "much", "must be a number"),
        ("float", 0.1, " ", "needs a value"),
        ("list", [1], "[1", "must be JSON"),
        ("list", [1], '{"a": 1}', "must be a list"),
        ("dict", {}, "[]", "must be a mapping"),
        ("bool", True, "yes", "true or false"),
        ("str", "a", 5, "text"),
    ],
)
def test_what_is_no_value_of_its_type_is_refused(kind: str, value: Any, text: Any, message: str):
    with pytest.raises(fields.FieldError, match=message):
        fields.read(_field(kind, value), text)


def test_choices_keep_their_types_and_hold_what_is_there():
    field = _field("int", 3, [1, 2])
    assert fields.control(field)["choices"] == [["3", "3"], ["1", "1"], ["2", "2"]]
    assert fields.read(field, "2") == 2
    with pytest.raises(fields.FieldError, match="one of 1, 2"):
        fields.read(field, "4")


def test_steps_follow_the_size_of_the_value():
    assert [fields.control(_field("float", value))["step"] for value in (0.01, 0.05, 3.0, 0.0)] == [
        0.001,
        0.001,
        0.1,
        0.1,
    ]


@pytest.fixture
def train(repo: Path, git: Any) -> Path:
    """A notebook that is no stage yet, committed, and params that hold one of its names."""
    tagged = nbformat.v4.new_code_cell(CELL, metadata={"tags": ["parameters"]})
    spec = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    cells = [tagged, nbformat.v4.new_code_cell(WORK)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), repo / "train.ipynb")
    (repo / "params.yaml").write_text("# of the model\nlr: 0.02 # per step\n")
    git("add", "-A")
    git("commit", "-qm", "notebook")
    return repo


def _texts(widget: Any, **edited: Any) -> dict[str, Any]:
    return {each["name"]: each["text"] for each in widget.data["fields"]} | edited


def test_the_form_makes_a_stage_runs_it_and_takes_that_back(train: Path):
    widget = Repo(train).params_widget("train.ipynb", metrics_no_cache=["m.json"])
    shown = {each["name"]: each for each in widget.data["fields"]}
    assert widget.data["stage"] is None
    assert (shown["lr"]["text"], shown["lr"]["source"]) == ("0.02", "params.yaml:lr")

    assert not widget.act("run_stage", values=_texts(widget, epochs="many", layers="[1"))
    errors = {each["name"]: each["error"] for each in widget.data["fields"] if each["error"]}
    assert set(errors) == {"epochs", "layers"} and "whole number" in errors["epochs"]
    assert not (train / "dvc.yaml").exists()

    heard: list[Any] = []
    widget.observe(lambda change: heard.append(change["new"]), "progress")
    assert widget.act("run_stage", values=_texts(widget, lr="0.1", mix=False)), widget.message
    assert widget.data["stage"] == "train" and "'train' ran" in widget.message["text"]
    assert (train / "params.yaml").read_text().startswith("# of the model\nlr: 0.1  # per step\n")
    assert "mix: false" in (train / "params.yaml").read_text()
    assert widget.data["results"] == [["acc", "-", "0.8", "-"], ["mix", "-", "False", "-"]]
    told = [(each["task"], each["done"], each["total"]) for each in heard if each.get("unit") == "cell"]
    assert [each for each in told if each[2]] and told[-1] == ("'train' runs", 2, 2)
    assert ("'train' runs", 1, 2) in told
    assert "params.yaml:lr" in widget.still()[1] and "0.8" in widget.still()[0]

    assert widget.act("undo"), widget.message
    assert (train / "params.yaml").read_text() == "# of the model\nlr: 0.02 # per step\n"
    assert not (train / "dvc.yaml").exists() and widget.data["stage"] is None


def test_a_new_name_becomes_a_param_of_the_stage_and_an_experiment_leaves_head(train: Path, git: Any):
    plain = Repo(train)
    plain.notebook_stage("train.ipynb", metrics_no_cache=["m.json"])
    before = (train / "dvc.yaml").read_text()
    assert "optimizer" not in before
    head = git("rev-parse", "HEAD")
    widget = plain.params_widget("train.ipynb")
    values = _texts(widget, optimizer='"sgd"', lr="0.2")
    assert widget.act("run_experiment", values=values, experiment="fast"), widget.message
    assert "'fast'" in widget.message["text"] and git("rev-parse", "HEAD") == head
    assert "optimizer: sgd" in (train / "params.yaml").read_text()
    assert "- optimizer" in (train / "dvc.yaml").read_text()
    ref = git("for-each-ref", "--format=%(refname)", "refs/exps").split()[0]
    assert "- optimizer" in git("show", f"{ref}:dvc.yaml") and "lr: 0.2" in git("show", f"{ref}:params.yaml")

    now = (train / "params.yaml").read_text()
    assert not widget.act("run_experiment", values=_texts(widget, lr="0.3"), experiment="fast")
    assert "already" in widget.message["text"] and (train / "params.yaml").read_text() == now

    assert widget.act("undo"), widget.message
    assert (train / "dvc.yaml").read_text() == before
    assert git("for-each-ref", "refs/exps/") == ""


def test_a_single_run_leaves_params_and_stages_alone(train: Path):
    widget = Repo(train).params_widget("train.ipynb")
    assert widget.act("run_once", values=_texts(widget, lr="1e-3", note='{"deep": [1e-7]}')), widget.message
    assert ".dvc/tmp" in widget.message["text"]
    assert '"acc": 0.998' in (train / "m.json").read_text()
    assert not (train / "dvc.yaml").exists()
    assert (train / "params.yaml").read_text() == "# of the model\nlr: 0.02 # per step\n"


def test_values_go_to_the_key_that_feeds_the_name(train: Path):
    (train / "params.yaml").write_text("model:\n  rate: 0.5\n")
    (train / "more.json").write_text('{"train": {"epochs": 2}}')
    plain = Repo(train)
    plain.notebook_stage(
        "train.ipynb", params=["model.rate", "more.json:train.epochs"], parameters=["lr=model.rate", "mix=false"]
    )
    found = {each.parameter.name: each for each in plain.notebook_form("train.ipynb").fields}
    assert (found["lr"].value, found["lr"].source) == (0.5, "params.yaml:model.rate")
    assert (found["epochs"].value, found["epochs"].source) == (2, "more.json:train.epochs")
    assert found["mix"].fixed
    with pytest.raises(NotebookError, match="'mix' is fixed"):
        plain.notebook_try("train.ipynb", {"mix": False})
    with pytest.raises(NotebookError, match="no parameter 'depth'"):
        plain.notebook_try("train.ipynb", {"depth": 3})
    assert (train / "params.yaml").read_text() == "model:\n  rate: 0.5\n"
    done = plain.notebook_try("train.ipynb", {"lr": 0.25, "epochs": 4})
    assert done.changed == ["params.yaml:model.rate", "more.json:train.epochs"] and done.run.ran == ["train"]
    assert (train / "params.yaml").read_text() == "model:\n  rate: 0.25\n"
    assert '"epochs": 4' in (train / "more.json").read_text()
