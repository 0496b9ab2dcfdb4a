"""Errors of dvc.yaml, dvc.lock and .dvc files: file, place and lines are those that stock dvc shows."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

ONE = "stages:\n  s:\n    cmd: x\n"

WRONG = {
    "a tab": "stages:\n\ts:\n    cmd: x\n",
    "a stage twice": "stages:\n  a:\n    cmd: x\n  a:\n    cmd: y\n",
    "a list": "- a\n- b\n",
    "a text": "hello\n",
    "stages as a list": "stages:\n- a\n",
    "no command": "stages:\n  s:\n    deps: [a]\n",
    "an unknown key": ONE + "    bogus: 1\n",
    "an unknown section": "stage:\n  s:\n    cmd: x\n",
    "a number as command": "stages:\n  s:\n    cmd: 3\n",
    "deps as text": ONE + "    deps: a\n",
    "a number as dep": ONE + "    deps:\n    - a\n    - 3\n",
    "an unknown flag of an out": ONE + "    outs:\n    - a:\n        cash: false\n",
    "a flag of a wrong type": ONE + "    outs:\n    - a:\n        cache: maybe\n",
    "frozen as text": ONE + "    frozen: 'yes'\n",
    "two mistakes": ONE + "    deps: a\n    outs: b\n",
    "foreach without do": "stages:\n  s:\n    foreach: [a]\n",
    "do without foreach": "stages:\n  s:\n    do:\n      cmd: x\n",
    "foreach with more": "stages:\n  s:\n    foreach: [a]\n    cmd: x\n    do:\n      cmd: y\n",
    "a number as matrix": "stages:\n  s:\n    matrix:\n      a: 3\n    cmd: x\n",
    "metrics as a mapping": "metrics:\n  a: b\n",
    "an unknown plot property": "plots:\n- a:\n    z: 1\n",
    "an empty plot": "plots:\n- {}\n",
    "an artifact without path": "artifacts:\n  a:\n    type: x\n",
    "an artifact with more": "artifacts:\n  a: {path: x, foo: 1}\n",
    "an open bracket": "stages:\n  s:\n    cmd: [x\n",
    "a wrong indent": "stages:\n  s:\n   cmd: x\n  deps: 3\n",
    "a colon in a command": "stages:\n  s:\n    cmd: a: b\n",
    "an open quote": "stages:\n  s:\n    cmd: 'x\n",
    "an unknown alias": "stages:\n  s: *nope\n",
    "vars as a mapping": "vars:\n  a: 1\n",
    "a number in vars": "vars: [3]\n" + ONE,
    "a number as param": ONE + "    params: [3]\n",
    "an empty wdir": ONE + "    wdir:\n",
    "an empty stage": "stages:\n  s:\n",
    "empty stages": "stages:\n",
    "a number as name": "stages:\n  1:\n    cmd: x\n",
    "three mistakes in an out": ONE + "    outs:\n    - a:\n        persist: 1\n        cache: 2\n        foo: 3\n",
    "a mapping as dep": "stages: {s: {cmd: x, deps: [a, {b: c}]}}\n",
    "a number in a plot": ONE + "    plots:\n    - a:\n      - x: 1\n",
    "a number as desc": ONE + "    desc: 3\n",
}


def lines(text: str) -> list[str]:
    """Lines without the frame that dvc draws, its padding and its colours."""
    bare = re.sub(r"(?m)^ERROR: ", "", text.replace("│", " "))
    return [" ".join(line.split()) for line in bare.split("\n") if line.strip()]


@pytest.mark.parametrize("name", WRONG)
def test_dvc_yaml(repo: Path, dvnb: Any, oracle: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    (repo / "dvc.yaml").write_text(WRONG[name])
    ours = dvnb("status")
    code, _, theirs = oracle("status")
    assert (ours.code, lines(ours.err)) == (code, lines(theirs))
    assert ours.err.startswith("ERROR: './dvc.yaml' ")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("dvc.lock", "schema: '2.0'\nstages:\n  s:\n    cmd: x\n    deps:\n    - paht: a\n"),
        ("dvc.lock", "stages: {}\n"),
        ("dvc.lock", "schema: '3.0'\nstages: {}\n"),
        ("x.dvc", "outs:\n- path: a\n  md5: 3\n  foo: x\n"),
        ("sub/dvc.yaml", "stages:\n  s:\n    cmd: x\n    nope: 1\n"),
    ],
)
def test_other_files(repo: Path, dvnb: Any, oracle: Any, file: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    (repo / "dvc.yaml").write_text(ONE)
    os.makedirs((repo / file).parent, exist_ok=True)
    (repo / file).write_text(text)
    ours = dvnb("status")
    code, _, theirs = oracle("status")
    assert (ours.code, lines(ours.err)) == (code, lines(theirs))


@pytest.mark.parametrize("line", ["deps: ['${lr}']", "outs: ['${lr}']", "wdir: ${lr}", "metrics: ['${lr}']"])
def test_a_template_that_makes_no_path_is_told(repo: Path, dvnb: Any, line: str) -> None:
    (repo / "params.yaml").write_text("lr: 0.1\n")
    (repo / "dvc.yaml").write_text(f"{ONE}    {line}\n")
    done = dvnb("status")
    assert done.code != 0
    assert "Expected a path, got '0.1', which is of type 'float'" in done.err


def test_stage_list_leaves_broken_files_out(repo: Path, dvnb: Any, oracle: Any) -> None:
    (repo / "dvc.yaml").write_text(ONE)
    (repo / "bad").mkdir()
    (repo / "bad" / "dvc.yaml").write_text("stages: 3\n")
    for args, shown in ((["--all"], True), ([], True), (["-R", "bad"], False), (["s"], True)):
        done = dvnb("stage", "list", *args)
        assert (done.code, done.out.strip()) == (0, oracle("stage", "list", *args)[1].strip())
        assert ("s  No outputs or dependencies" in done.out) == shown
    for args in (["--all", "--fail"], ["bad/dvc.yaml"]):
        done = dvnb("stage", "list", *args)
        assert done.code == oracle("stage", "list", *args)[0] == 255
        assert "./bad/dvc.yaml" in done.err


def test_a_long_description_is_cut_as_dvc_cuts_it(repo: Path, dvnb: Any, oracle: Any) -> None:
    outs = "".join(f"    - {name * 30}\n" for name in "abcd")
    (repo / "dvc.yaml").write_text(f"{ONE}    outs:\n{outs}")
    assert dvnb("stage", "list").out == oracle("stage", "list")[1]


def test_a_stage_that_is_called_like_one_of_a_group_is_told(repo: Path, dvnb: Any) -> None:
    (repo / "dvc.yaml").write_text("stages:\n  a@b:\n    cmd: x\n")
    for words, code in ((("status",), 1), (("stage", "list"), 255), (("repro", "a@b"), 255)):
        done = dvnb(*words)
        assert done.code == code and "Stage 'a@b' not found inside 'dvc.yaml' file" in done.err


def test_names_of_stages_are_those_that_dvc_takes(repo: Path, dvnb: Any, oracle: Any) -> None:
    for name in ("x y", "x.y", "a@b", "-a", "\u00e4", ""):
        ours = dvnb("stage", "add", "-f", f"--name={name}", "echo")
        assert ours.code == oracle("stage", "add", "-f", f"--name={name}", "echo")[0], name


def test_an_empty_matrix_is_told(repo: Path, dvnb: Any) -> None:
    (repo / "dvc.yaml").write_text("stages:\n  s:\n    matrix: {}\n    cmd: echo > ran\n")
    for words, code in ((("repro",), 255), (("status",), 1), (("stage", "list", "s"), 255)):
        done = dvnb(*words)
        assert done.code == code and "'stages.s.matrix' in 'dvc.yaml': expected at least one key" in done.err
    assert not (repo / "ran").exists()


def test_a_folder_in_place_of_the_lock_file_is_told(repo: Path, dvnb: Any) -> None:
    (repo / "dvc.yaml").write_text(ONE)
    (repo / "dvc.lock").mkdir()
    for words, code in ((("status",), 1), (("repro",), 255), (("commit",), 1), (("checkout",), 255)):
        done = dvnb(*words)
        assert done.code == code and "'dvc.lock' is not a .dvc file" in done.err
