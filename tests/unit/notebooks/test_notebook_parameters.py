import datetime as dt
import math

import pytest

from dvnb.errors import NotebookError
from dvnb.notebooks.parameters import ParamSource, assigned_names, bind, stage_sources
from dvnb.pipeline.params import load_params
from dvnb.pipeline.stage import ParamsDep, Stage

PARAMS = {"seed": 1, "train": {"lr": 0.1, "layers": [1, 2], "deep": {"x": None}}, "eval": {"lr": 0.5}}


def tagged(source, **metadata):
    cell = {"cell_type": "code", "source": source, "metadata": {"tags": ["parameters"]}}
    return {"cells": [{"cell_type": "markdown", "source": "hi", "metadata": {}}, cell], "metadata": metadata}


def declared(*keys, data=PARAMS, text="params.yaml"):
    return [ParamSource(text, list(keys), data)]


def test_names_of_the_tagged_cell():
    nb = tagged(
        "%matplotlib inline\nimport os\nlr = 0.1  # rate\nn: int = 3\na, (b, *c) = 1, (2, 3)\nd = e = dict(x=1)\nd['k'] = n\n"
    )
    assert assigned_names(nb) == ["lr", "n", "a", "b", "c", "d", "e"]


def test_names_without_a_tagged_cell_and_in_other_languages():
    assert assigned_names({"cells": [], "metadata": {}}) == []
    assert assigned_names(tagged("lr <- 0.1", kernelspec={"name": "ir", "language": "R"})) is None
    assert assigned_names(tagged("lr <- 0.1", kernelspec={"name": "ir"})) is None


def test_declared_params_arrive_by_their_own_names():
    assert bind(declared("seed", "train.lr")) == {"seed": 1, "lr": 0.1}
    assert bind(declared("train")) == {"train": PARAMS["train"]}
    assert bind(declared("train.layers.1".rpartition(".")[0], "train.deep")) == {"layers": [1, 2], "deep": {"x": None}}
    assert bind(declared()) == {"params": PARAMS}
    assert bind(declared(text="conf/model.yaml")) == {"model": PARAMS}
    assert bind([]) == {}


def test_undeclared_files_are_not_injected():
    assert bind([ParamSource("params.yaml", None, PARAMS)]) == {}


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("lr=train.lr", 0.1),
        ("lr=params.yaml:train.lr", 0.1),
        ("lr=0.25", 0.25),
        ("lr=1e-3", 0.001),
        ("lr=on", "on"),
        ("lr=[1, a]", [1, "a"]),
        ("lr=", None),
        ("lr='seed'", "seed"),
        ("lr=a=b", "a=b"),
        ("lr=2024-01-02", "2024-01-02"),
    ],
)
def test_assignments_are_keys_or_values(assignment, value):
    assert bind(declared("train.lr"), [assignment], ["lr"])["lr"] == value


def test_a_mapped_key_does_not_arrive_under_its_own_name():
    assert bind(declared("train.lr", "eval.lr"), ["eval_lr=eval.lr"], ["lr", "eval_lr"]) == {"lr": 0.1, "eval_lr": 0.5}


def test_a_key_inside_a_declared_mapping_can_be_mapped():
    assert bind(declared("train"), ["rate=train.lr"], ["rate"]) == {"train": PARAMS["train"], "rate": 0.1}


@pytest.mark.parametrize(
    ("keys", "assignments", "assigned", "words"),
    [
        (["train.lr", "eval.lr"], [], None, "'lr' would be both train.lr and eval.lr: give one of them another name by -p NAME=eval.lr"),
        (["train.lr", "seed"], ["lr=seed"], ["lr"], "'lr' would be both -p lr=seed and train.lr"),
        (["train.lr"], ["rate=train.lr"], ["lr"], "'rate' is unknown: the cell tagged 'parameters' does not assign it (it assigns lr)"),
        ([], ["rate=1"], [], "tag the cell that holds `rate = …`"),
        (["nope"], [], None, "'nope' is not in 'params.yaml'"),
        (["seed"], ["lr=train.lr"], ["lr"], "a key of 'params.yaml' that the stage does not declare"),
        (["seed"], ["lr=params.yaml:no"], ["lr"], "'params.yaml' has no key 'no'"),
        (["seed"], ["lr"], ["lr"], "write it as NAME=DOTTED.KEY or NAME=VALUE"),
        (["seed"], ["lr=1", "lr=2"], ["lr"], "given twice"),
        (["seed"], ["lr=[1"], ["lr"], "not valid YAML: expected ',' or ']', but got"),
    ],
)  # fmt: skip
def test_refuses_and_says_how_to_mend(keys, assignments, assigned, words):
    with pytest.raises(NotebookError) as caught:
        bind(declared(*keys) if keys else [], assignments, assigned)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("key", "better"), [("a.learning-rate", "learning_rate"), ("class", "p_class"), ("1st", "p_1st")]
)
def test_a_key_that_is_no_name_asks_for_a_map(key, better):
    data = {"a": {"learning-rate": 1}, "class": 2, "1st": 3}
    with pytest.raises(NotebookError) as caught:
        bind(declared(key, data=data))
    assert f"add -p {better}={key}" in str(caught.value)
    assert list(bind(declared(key, data=data), [f"{better}={key}"], [better])) == [better]


def test_values_are_plain():
    data = {"day": dt.date(2024, 1, 2), "t": (1, 2), "m": {1: math.inf}}
    assert bind(declared("day", "t", "m", data=data)) == {"day": "2024-01-02", "t": [1, 2], "m": {"1": math.inf}}


def test_sources_of_a_stage(tmp_path):
    (tmp_path / "params.yaml").write_text("a: {b: 1}\n")
    (tmp_path / "other.json").write_text('{"x": 2}')

    def load(path):
        with open(path, "rb") as file:
            return load_params(file.read(), path)

    dep = ParamsDep(str(tmp_path / "other.json"), "other.json", ["x"])
    stage = Stage(str(tmp_path / "dvc.yaml"), "s", str(tmp_path), "cmd", params=[dep])
    assert stage_sources(stage, load) == [
        ParamSource("other.json", ["x"], {"x": 2}),
        ParamSource("params.yaml", None, {"a": {"b": 1}}),
    ]
    with pytest.raises(NotebookError, match="'a.b' is a key"):
        bind(stage_sources(stage, load), ["x=a.b"], ["x"])
    stage.params.append(ParamsDep(str(tmp_path / "no.yaml"), "no.yaml", []))
    with pytest.raises(NotebookError, match="'no.yaml' does not exist"):
        stage_sources(stage, load)
