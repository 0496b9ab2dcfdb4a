"""Each run gets the params of its own stage: same names, wdir, foreach, ties; called from anywhere, by both tools."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

SHOW = "open({out!r}, 'w').write(str({name}))"
TRAIN = """\
  train:
    cmd: dvnb notebook run nb.ipynb nb.run.ipynb
    deps: [nb.ipynb]
    params: [lr]
    outs: [lr.txt, nb.run.ipynb]
"""
ROOT = f"""\
stages:
{TRAIN}\
  here:
    wdir: work
    cmd: dvnb notebook run ../nb.ipynb nb.run.ipynb -p lr=rate.start
    deps: [../nb.ipynb]
    params: [rate.start]
    outs: [lr.txt, nb.run.ipynb]
  one:
    cmd: dvnb notebook run tie.ipynb && cp v.txt one.txt
    deps: [tie.ipynb]
    params: [one.v]
    outs: [one.txt]
  two:
    cmd: dvnb notebook run tie.ipynb && cp v.txt two.txt
    deps: [tie.ipynb, one.txt]
    params: [two.v]
    outs: [two.txt]
"""
SUB = f"""\
stages:
{TRAIN}\
  each:
    foreach: [7, 8]
    do:
      cmd: dvnb notebook run each.ipynb each-${{item}}.ipynb -p k=${{item}}
      deps: [each.ipynb]
      params: [lr]
      outs: ['each-${{item}}.ipynb', 'k-${{item}}.txt']
"""
MADE = {
    "lr.txt": "0.1",
    "sub/lr.txt": "0.2",
    "work/lr.txt": "0.3",
    "one.txt": "1",
    "two.txt": "2",
    "sub/k-7.txt": "7 0.2",
    "sub/k-8.txt": "8 0.2",
}


@pytest.fixture
def project(repo: Path, write_notebook: Any) -> Path:
    """Stages of one name in two folders, a wdir, a foreach, and two stages with the same command."""
    write_notebook(repo / "nb.ipynb", SHOW.format(out="lr.txt", name="lr"), "lr = 0")
    write_notebook(repo / "sub" / "nb.ipynb", SHOW.format(out="lr.txt", name="lr"), "lr = 0")
    write_notebook(repo / "tie.ipynb", SHOW.format(out="v.txt", name="v"), "v = 0")
    write_notebook(repo / "sub" / "each.ipynb", "open(f'k-{k}.txt', 'w').write(f'{k} {lr}')", "k = 0\nlr = 0")
    (repo / "params.yaml").write_text("lr: 0.1\none:\n  v: 1\ntwo:\n  v: 2\n")
    (repo / "sub" / "params.yaml").write_text("lr: 0.2\n")
    (repo / "work").mkdir()
    (repo / "work" / "params.yaml").write_text("rate:\n  start: 0.3\n")
    (repo / "other" / "deep").mkdir(parents=True)
    (repo / "dvc.yaml").write_text(ROOT)
    (repo / "sub" / "dvc.yaml").write_text(SUB)
    return repo


def made(root: Path) -> dict[str, str]:
    return {name: (root / name).read_text() for name in MADE if (root / name).exists()}


@pytest.mark.parametrize("tool", ["dvnb", "dvc"])
def test_every_stage_from_the_root(
    project: Path, tool: str, request: pytest.FixtureRequest, dvnb: Any, dvc: Any, status: Any
) -> None:
    done = request.getfixturevalue(tool)("repro", "-P")
    assert done.code == 0, done.err
    assert made(project) == MADE
    # clean notebooks: what either tool has run is up to date for both
    assert status(dvc) == status(dvnb) == {}


@pytest.mark.parametrize(("folder", "tool"), [("sub", "dvnb"), ("other/deep", "dvnb"), ("other/deep", "dvc")])
def test_from_a_folder_below(project: Path, tool: str, folder: str, request: pytest.FixtureRequest) -> None:
    here = project / folder
    targets = [os.path.relpath(project / file, here) for file in ("dvc.yaml", "sub/dvc.yaml")]
    done = request.getfixturevalue(tool)(
        "repro", f"{targets[0]}:train", f"{targets[1]}:train", f"{targets[0]}:one", cwd=here
    )
    assert done.code == 0, done.err
    assert made(project) == {name: MADE[name] for name in ("lr.txt", "sub/lr.txt", "one.txt")}


def test_by_hand_the_stage_is_found_named_or_refused(project: Path, dvnb: Any) -> None:
    done = dvnb("notebook", "run", "nb.ipynb", "nb.run.ipynb")
    assert done.code == 0, done.err
    assert (project / "lr.txt").read_text() == "0.1"
    # the command of no stage gets nothing but what it says
    assert dvnb("notebook", "run", "nb.ipynb").code == 0
    assert (project / "lr.txt").read_text() == "0"
    named = dvnb("notebook", "run", "../nb.ipynb", "--stage", "../sub/dvc.yaml:train", cwd=project / "work")
    assert named.code == 0, named.err
    assert (project / "work" / "lr.txt").read_text() == "0.2"

    tied = dvnb("notebook", "run", "tie.ipynb")
    assert tied.code == 1
    assert tied.err == (
        "ERROR: 2 stages run 'tie.ipynb' like this: 'dvc.yaml:one', 'dvc.yaml:two'; choose one by --stage FILE:NAME\n"
    )
    unknown = dvnb("notebook", "run", "nb.ipynb", "--stage", "nope")
    assert unknown.code == 1
    assert "there is no stage 'nope' in 'dvc.yaml'; stages: 'dvc.yaml:train'" in unknown.err
    assert not (project / "v.txt").exists()


def test_declared_params_by_name(repo: Path, dvnb: Any, write_notebook: Any) -> None:
    write_notebook(repo / "all.ipynb", "import json\nprint(json.dumps([lr, model, other, renamed]))", "renamed = 0")
    (repo / "params.yaml").write_text("train:\n  lr: 1\n  model: {depth: 2}\nnext:\n  lr: 3\n")
    (repo / "other.json").write_text('{"a": [1]}')
    (repo / "dvc.yaml").write_text(
        "stages:\n  all:\n    cmd: dvnb notebook run all.ipynb -p renamed=next.lr\n    deps: [all.ipynb]\n"
        "    params: [train.lr, train.model, next.lr, other.json: ]\n"
    )
    done = dvnb("repro")
    assert done.code == 0, done.err
    assert json.dumps([1, {"depth": 2}, {"a": [1]}, 3]) in done.out
