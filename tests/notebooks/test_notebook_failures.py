"""Notebooks that fail or cannot be used: one clear error, the right exit code, and nothing lost or changed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

GOOD = "open('model.txt', 'w').write(str(lr))"
BAD = "open('model.txt', 'w').write('bad')\nprint('so far')\nx = 1 / 0"
REASON = (
    r"failed in cell 2, line 3: ZeroDivisionError: division by zero \(`x = 1 / 0`\); the copy up to there is '(.+)'"
)


@pytest.fixture
def project(repo: Path, write_notebook: Any) -> Path:
    """A project with a notebook stage, and files that are no good."""
    write_notebook(repo / "train.ipynb", GOOD, "lr = 0.5")
    write_notebook(repo / "plain.ipynb", "print('lr' in dir() and lr)")
    (repo / "params.yaml").write_text("lr: 0.1\na:\n  b: 1\nc:\n  b: 2\n")
    (repo / "dvc.yaml").write_text(
        "stages:\n  train:\n    cmd: dvnb notebook run train.ipynb train.run.ipynb\n    deps: [train.ipynb]\n"
        "    params: [lr]\n    outs: [model.txt, train.run.ipynb]\n"
    )
    (repo / "broken.ipynb").write_text('{"cells": [')
    (repo / "list.ipynb").write_text("[1]")
    (repo / "bom.ipynb").write_bytes(b"\xef\xbb\xbf{}")
    return repo


@pytest.mark.parametrize("tool", ["dvnb", "dvc"])
def test_a_failing_cell_in_the_first_run(
    project: Path, tool: str, request: pytest.FixtureRequest, write_notebook: Any
) -> None:
    write_notebook(project / "train.ipynb", BAD, "lr = 0.5")
    done = request.getfixturevalue(tool)("repro")
    assert done.code == 255
    assert "so far" in done.out
    found = re.search(f"ERROR: 'train.ipynb' {REASON}", done.err)
    assert found
    assert "failed to reproduce 'train': failed to run: dvnb notebook run train.ipynb train.run.ipynb" in done.err
    for path in ("train.run.ipynb", found[1]):
        copy = json.loads((project / path).read_text())
        assert copy["metadata"]["papermill"]["exception"] is True
        assert "so far" in json.dumps(copy)
    assert not (project / "dvc.lock").exists()
    assert not (project / ".dvc" / "cache" / "files").exists()


def test_a_failing_cell_after_a_good_run(
    project: Path, dvnb: Any, git: Any, commit_all: Any, state_of: Any, write_notebook: Any
) -> None:
    assert dvnb("repro").code == 0
    commit_all()
    write_notebook(project / "train.ipynb", BAD, "lr = 0.5")
    before = state_of(project)
    done = dvnb("repro")
    assert done.code == 255
    found = re.search(REASON, done.err)
    assert found
    assert "so far" in (project / found[1]).read_text()
    assert state_of(project) == before
    assert git("status", "--short") == " M train.ipynb\n"
    # what the failed run wrote is in the trash
    trash = (project / ".git" / "dvnb" / "trash").rglob("model.txt")
    assert [path.read_text() for path in trash] == ["bad"]

    write_notebook(project / "train.ipynb", GOOD, "lr = 0.5")
    assert "Stage 'train' didn't change, skipping" in dvnb("repro").out


KINDS = {
    # the cell after the parameters, the command's prefix and options, the message, whether anything ran
    "error": ("print('so far')\n1 / 0", "", "", r"'error.ipynb' failed in cell 2, line 2: ZeroDivisionError: .*", True),
    "killed": (
        "import os, time\nprint('so far')\ntime.sleep(1)\nos.kill(os.getpid(), 9)",
        "",
        "",
        r"the kernel of 'killed.ipynb' died in cell 2: killed by SIGKILL, .*",
        True,
    ),
    "slow": (
        "import time\nprint('so far', flush=True)\ntime.sleep(60)",
        "",
        " --timeout 2",
        r"'slow.ipynb' was stopped in cell 2: it took longer than 2 s .*",
        True,
    ),
    "full": (
        "print('so far')\nget_ipython().display_pub.publish({'text/x-big': 'x' * 3_000_000})",
        "ulimit -f 2000; ",
        "",
        r"cannot write the executed copy 'full.run.ipynb': File too large; what ran before is in .*",
        True,
    ),
    "outless": (
        "print('so far')",
        "",
        "",
        r"'outless.ipynb' ran to its end but did not write 'outless.txt', which stage 'outless' declares; .*",
        True,
    ),
    "kernelless": ("1", "", " --kernel nokernel", r"there is no kernel 'nokernel' here; installed: .*python3.*", False),
    "unknown": ("1", "", " -p bogus=1", r"parameter 'bogus' is unknown: .*", False),
    "invalid": (None, "", "", r"cannot use 'invalid.ipynb': not valid JSON at line 1, column 12: .*", False),
}


def test_eight_kinds_of_failure(repo: Path, dvnb: Any, write_notebook: Any) -> None:
    """Each says in one line what is wrong, leaves the old outs as they were, and keeps what it ran."""
    stages = []
    for name, (body, prefix, options, _, _) in KINDS.items():
        write_notebook(repo / f"{name}.ipynb", body or "", "lr = 0.5")
        (repo / f"{name}.run.ipynb").write_text("old")
        (repo / f"{name}.txt").write_text("old")
        stages.append(
            f"  {name}:\n    cmd: {prefix}dvnb notebook run {name}.ipynb {name}.run.ipynb{options}\n"
            f"    outs: [{name}.run.ipynb, {name}.txt]\n"
        )
    (repo / "invalid.ipynb").write_text('{"cells": [')
    (repo / "dvc.yaml").write_text("".join(["stages:\n", *stages]))
    done = dvnb("repro", "--keep-going")
    assert done.code == 255
    for name, (_, _, _, message, ran) in KINDS.items():
        said = [line for line in done.err.splitlines() if re.fullmatch(f"ERROR: {message}", line)]
        assert len(said) == 1, name + done.err
        assert f"failed to run: {KINDS[name][1]}dvnb notebook run {name}.ipynb" in done.err
        for out in (f"{name}.run.ipynb", f"{name}.txt"):
            assert (repo / out).read_text() == "old"
        kept = re.search(r"'(\.dvc/tmp/dvnb/runs/[^']+)'", said[0])
        assert bool(kept) == ran
        if kept:
            copy = json.loads((repo / kept[1]).read_text())
            cell = copy["cells"][-1]
            assert copy["metadata"]["papermill"]["exception"] is (None if name in ("full", "outless") else True), name
            assert name == "full" or "so far\\n" in json.dumps(cell["outputs"]), name
    assert not (repo / "dvc.lock").exists()


NO_NAME = "the cell tagged 'parameters' does not assign it (it assigns lr)"
NO_CELL = (
    "parameter 'lr' is unknown: no cell tagged 'parameters' assigns it; "
    "tag the cell that holds `lr = …` with 'parameters'"
)
NOTHING_TAKES_THEM = (
    "'plain.ipynb' has no cell tagged 'parameters', so nothing in it takes the stage's params; "
    "tag the cell that assigns their defaults with 'parameters'"
)
REFUSED_RUNS = [
    (["nope.ipynb"], "notebook 'nope.ipynb' does not exist"),
    (["."], "'.' is a folder, not a notebook"),
    (
        ["broken.ipynb", "new/x.ipynb"],
        "cannot use 'broken.ipynb': not valid JSON at line 1, column 12: Expecting value",
    ),
    (["list.ipynb"], "cannot use 'list.ipynb': it is JSON but no notebook (no list of cells)"),
    (["bom.ipynb"], "cannot use 'bom.ipynb': line 1 starts with a byte order mark; save it as UTF-8 without one"),
    (["train.ipynb", "-p", "bogus=1"], f"parameter 'bogus' is unknown: {NO_NAME}; add `bogus = …` to that cell"),
    (["plain.ipynb", "-p", "lr=1"], NO_CELL),
    (["train.ipynb", "-p", "lr"], "cannot read parameter 'lr': write it as NAME=DOTTED.KEY or NAME=VALUE"),
    (["train.ipynb", "new/x.ipynb", "--kernel", "nokernel"], "there is no kernel 'nokernel' here; installed: python3"),
    (["train.ipynb", "train.ipynb"], "the executed copy of 'train.ipynb' cannot be written over the notebook itself"),
]


@pytest.mark.parametrize(("words", "message"), REFUSED_RUNS)
def test_runs_that_are_refused(project: Path, dvnb: Any, state_of: Any, words: list[str], message: str) -> None:
    before = state_of(project)
    done = dvnb("notebook", "run", *words)
    assert (done.code, done.out, done.err) == (1, "", f"ERROR: {message}\n")
    assert state_of(project) == before
    assert not (project / "new").exists()


REFUSED_STAGES = [
    (["nope.ipynb"], "notebook 'nope.ipynb' does not exist"),
    (["params.yaml"], "cannot use 'params.yaml': not valid JSON at line 1, column 1: Expecting value"),
    (["broken.ipynb"], "cannot use 'broken.ipynb': not valid JSON at line 1, column 12: Expecting value"),
    (["../away.ipynb"], "notebook '../away.ipynb' is outside of the project '{root}'"),
    (["train.ipynb"], "Stage 'train' already exists in 'dvc.yaml'. Use '--force' to overwrite."),
    (["train.ipynb", "-n", "t", "--map", "x=a.b"], f"parameter 'x' is unknown: {NO_NAME}; add `x = …` to that cell"),
    (
        ["train.ipynb", "-n", "t", "-p", "a.b,c.b"],
        "'b' would be both a.b and c.b: give one of them another name by -p NAME=c.b (for `notebook stage` and %%stage: --map)",
    ),
    (["plain.ipynb", "-p", "lr"], NOTHING_TAKES_THEM),
    (["plain.ipynb", "--map", "lr=lr"], NO_CELL),
]


@pytest.mark.parametrize(("words", "message"), REFUSED_STAGES)
def test_stages_that_are_refused(project: Path, dvnb: Any, state_of: Any, words: list[str], message: str) -> None:
    before = state_of(project)
    done = dvnb("notebook", "stage", *words)
    assert (done.code, done.out, done.err) == (255, "", f"ERROR: {message.format(root=project)}\n")
    assert state_of(project) == before


def test_a_notebook_without_a_parameters_cell(project: Path, dvnb: Any) -> None:
    assert dvnb("notebook", "stage", "plain.ipynb").code == 0
    text = (project / "dvc.yaml").read_text()
    assert "params" not in text.partition("plain:")[2]
    # a stage that was written by hand may read params.yaml itself: said, not refused
    (project / "dvc.yaml").write_text(f"{text}    params: [lr]\n")
    done = dvnb("repro", "plain")
    assert done.code == 0, done.err
    assert "WARNING: 'plain.ipynb' has no cell tagged 'parameters': lr is set before its first cell" in done.err


def test_a_broken_notebook_as_a_dep(project: Path, dvnb: Any, state_of: Any) -> None:
    (project / "train.ipynb").write_text("{")
    before = state_of(project)
    for verb, code in (("status", 1), ("repro", 255)):
        done = dvnb(verb)
        assert done.code == code
        assert len(done.err.splitlines()) == 1
        assert "train.ipynb': not valid JSON at line 1, column 2" in done.err
    assert state_of(project) == before


def test_clean_keeps_what_was_there(project: Path, dvnb: Any, state_of: Any, save_with_outputs: Any) -> None:
    clean = (project / "train.ipynb").read_bytes()
    save_with_outputs(project / "train.ipynb")
    saved = (project / "train.ipynb").read_bytes()
    before = state_of(project)
    for other in ("broken.ipynb", "nope.ipynb", "."):
        done = dvnb("notebook", "clean", "train.ipynb", other)
        assert (done.code, len(done.err.splitlines())) == (255, 1)
        assert other in done.err
    assert state_of(project) == before

    done = dvnb("notebook", "clean", "train.ipynb", "plain.ipynb")
    assert done.code == 0
    found = re.fullmatch(r"Cleaned 'train.ipynb' \(as it was: '(.+)'\)\n", done.out)
    assert found
    assert (project / "train.ipynb").read_bytes() == clean
    assert (project / found[1]).read_bytes() == saved
    assert dvnb("notebook", "clean", "train.ipynb").out == "All notebooks are clean already.\n"


def test_outside_of_a_project(tmp_path: Path, dvnb: Any, write_notebook: Any, save_with_outputs: Any) -> None:
    folder = tmp_path / "away"
    path = write_notebook(folder / "a.ipynb", "print(x)", "x = 1")
    done = dvnb("notebook", "run", "a.ipynb", "-p", "x=5", cwd=folder)
    assert (done.code, done.out.splitlines()[0]) == (0, "5")
    assert (folder / "a.run.ipynb").exists()
    save_with_outputs(path)
    saved = path.read_bytes()
    assert dvnb("notebook", "clean", "a.ipynb", cwd=folder).out == "Cleaned 'a.ipynb' (as it was: 'a.ipynb.bak')\n"
    assert (folder / "a.ipynb.bak").read_bytes() == saved
    assert dvnb("notebook", "stage", "a.ipynb", cwd=folder).code == 253
