import shlex

import pytest

from dvnb.errors import NotebookError
from dvnb.formats.stagespec import OutSpec, definition
from dvnb.notebooks.owner import NotebookCommand, notebook_calls
from dvnb.notebooks.stages import (
    Proposals,
    StageRequest,
    executed_copy,
    plan_stage,
    propose_params,
    run_command,
    stage_name,
    unkept_copy,
)

PARAMS = {"seed": 1, "train": {"lr": 0.1, "batch-size": 8}, "a": {"x": 1}, "b": {"x": 2}, "eval": {"lr": 2}}


def tagged(source):
    return {"cells": [{"cell_type": "code", "source": source, "metadata": {"tags": ["parameters"]}}], "metadata": {}}


def load(text):
    if text == "params.yaml":
        return PARAMS
    raise FileNotFoundError(text)


def plan(source="", **request):
    return plan_stage(StageRequest(request.pop("notebook", "train.ipynb"), **request), tagged(source), load)


def test_plain_stage():
    made = plan(deps=["data"], outs=[OutSpec("m.json", "metrics", cache=False)])
    assert made.name == "train"
    assert definition(made.spec) == {
        "cmd": "dvnb notebook run train.ipynb train.run.ipynb",
        "deps": ["data", "train.ipynb"],
        "outs": ["train.run.ipynb"],
        "metrics": [{"m.json": {"cache": False}}],
    }


def test_copy_elsewhere_or_none():
    assert plan(copy="out/x.ipynb").spec.outs == [OutSpec("out/x.ipynb")]
    without = plan(copy="").spec
    assert (without.cmd, without.outs) == ("dvnb notebook run train.ipynb", [])
    named = [OutSpec("train.run.ipynb", cache=False)]
    assert plan(outs=named).spec.outs == named


def test_params_of_the_tagged_cell_are_proposed():
    made = plan("seed = 1\nbatch_size = 2\nx = 3\nother = 4\nlr = 1")
    assert made.proposals == Proposals(
        {"seed": "seed", "batch_size": "train.batch-size"}, {"x": ["a.x", "b.x"], "lr": ["train.lr", "eval.lr"]}
    )
    assert made.spec.params == [("params.yaml", ["seed", "train.batch-size"])]
    assert made.spec.cmd == "dvnb notebook run train.ipynb train.run.ipynb -p batch_size=train.batch-size"


def test_asked_params_come_before_proposals():
    made = plan("lr = 1\nx = 2\nn = 3", params=[("params.yaml", ["eval.lr"])], assignments=["x=b.x", "n=5"])
    assert made.proposals == Proposals()
    assert made.spec.params == [("params.yaml", ["eval.lr", "b.x"])]
    assert made.spec.cmd == "dvnb notebook run train.ipynb train.run.ipynb -p n=5"


def test_a_map_with_another_name_is_written():
    assert plan("rate = 1", assignments=["rate=train.lr"]).spec.cmd.endswith("-p rate=train.lr")
    assert plan("seed = 1", propose=False).spec.params == []


@pytest.mark.parametrize(
    ("source", "request_", "words"),
    [
        ("x = 1", {"params": [("params.yaml", ["a.x", "b.x"])]}, "'x' would be both a.x and b.x"),
        ("x = 1", {"assignments": ["y=1"]}, "'y' is unknown"),
        ("", {"notebook": "train.txt"}, "not a notebook"),
    ],
)
def test_refuses(source, request_, words):
    with pytest.raises(NotebookError) as caught:
        plan(source, **request_)
    assert words in str(caught.value)


def test_a_params_file_that_is_missing_is_left_to_dvc():
    assert plan(params=[("later.yaml", ["x"])]).spec.params == [("later.yaml", ["x"])]


def test_command_is_quoted_and_read_back():
    line = run_command("my nb's.ipynb", "-o.ipynb", ["a=[1, 2]", "b=$x"], kernel="ir", timeout=2.5)
    assert shlex.split(line)[5:] == ["-p", "a=[1, 2]", "-p", "b=$x", "--kernel", "ir", "--timeout", "2.5"]
    assert notebook_calls(line) == [NotebookCommand("my nb's.ipynb", "./-o.ipynb", ["a=[1, 2]", "b=$x"])]


def test_names_and_places():
    assert executed_copy("sub/a.ipynb") == "sub/a.run.ipynb"
    assert stage_name("sub/01 My (nb).v2.ipynb") == "01-My-nb-v2"
    one, two = (unkept_copy("/p/a.ipynb", "/p/.dvc/tmp", label) for label in ("s@1", "s@2"))
    assert one.startswith("/p/.dvc/tmp/dvnb/runs/a-")
    assert one != two


def test_no_params_file_no_proposals():
    assert propose_params(["a"], None) == Proposals()
    assert propose_params(["a"], {"a": {"b": 1}, "c": {"a": 2}, 3: {"a": 1}}) == Proposals({"a": "a"})
