"""What makes a notebook stage stale, and what does not: outputs saved in the source, edits, folders, made notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

BODY = "open('model.txt', 'w').write(str(lr))"
PARAMETERS = "lr = 0.5"
STALE = {"train": [{"changed deps": {"train.ipynb": "modified"}}]}


@pytest.fixture
def project(repo: Path, write_notebook: Any) -> Path:
    """A project with a notebook stage that was never run."""
    write_notebook(repo / "train.ipynb", BODY, PARAMETERS)
    (repo / "params.yaml").write_text("lr: 0.1\n")
    (repo / "dvc.yaml").write_text(
        "stages:\n  train:\n    cmd: dvnb notebook run train.ipynb\n    deps: [train.ipynb]\n    params: [lr]\n"
        "    outs: [model.txt]\n"
    )
    return repo


def test_outputs_saved_in_the_source_change_nothing_an_edit_does(
    project: Path, dvnb: Any, dvc: Any, status: Any, save_with_outputs: Any, write_notebook: Any
) -> None:
    assert dvnb("repro").code == 0
    lock = (project / "dvc.lock").read_bytes()
    for text in ("one", "two"):
        save_with_outputs(project / "train.ipynb", text)
        assert status(dvnb) == {}
        assert "Stage 'train' didn't change, skipping" in dvnb("repro").out
    # stock dvc cannot know this; that is documented
    assert status(dvc) == STALE
    assert dvnb("notebook", "clean", "train.ipynb").code == 0
    assert status(dvc) == status(dvnb) == {}
    assert (project / "dvc.lock").read_bytes() == lock

    write_notebook(project / "train.ipynb", f"{BODY}  # edited", PARAMETERS)
    assert status(dvc) == status(dvnb) == STALE
    save_with_outputs(project / "train.ipynb")
    assert status(dvnb) == STALE
    done = dvnb("repro")
    assert "Running stage 'train':" in done.out
    assert status(dvnb) == {}
    assert dvnb("notebook", "clean", "train.ipynb").code == 0
    assert status(dvc) == status(dvnb) == {}


def test_bytes_that_stock_dvc_recorded_count_too(
    project: Path, dvnb: Any, dvc: Any, status: Any, save_with_outputs: Any, write_notebook: Any
) -> None:
    save_with_outputs(project / "train.ipynb")
    done = dvc("repro")
    assert done.code == 0, done.err
    assert (project / "model.txt").read_text() == "0.1"
    lock = (project / "dvc.lock").read_bytes()
    assert status(dvc) == status(dvnb) == {}
    assert "Stage 'train' didn't change, skipping" in dvnb("repro").out
    # a commit keeps the bytes that both understand
    assert dvnb("commit", "-f", "train").code == 0
    assert (project / "dvc.lock").read_bytes() == lock

    save_with_outputs(project / "train.ipynb", "another run")
    assert status(dvnb) == {}
    assert dvnb("notebook", "clean", "train.ipynb").code == 0
    # cleaning brings stock dvc along
    assert (project / "dvc.lock").read_bytes() != lock
    assert status(dvc) == status(dvnb) == {}
    assert "Stage 'train' didn't change, skipping" in dvnb("repro").out

    write_notebook(project / "train.ipynb", "1 + 1", PARAMETERS)
    assert status(dvnb) == STALE


@pytest.mark.parametrize("writer", ["dvnb", "dvc"])
def test_notebooks_in_a_folder(
    repo: Path, request: pytest.FixtureRequest, writer: str, status: Any, save_with_outputs: Any, write_notebook: Any
) -> None:
    dvnb, dvc = (request.getfixturevalue(name) for name in ("dvnb", "dvc"))
    tool = request.getfixturevalue(writer)
    write_notebook(repo / "lib" / "deep" / "one.ipynb", "1")
    (repo / "lib" / "x.py").write_text("x = 1\n")
    (repo / "dvc.yaml").write_text("stages:\n  all:\n    cmd: ls lib > list\n    deps: [lib]\n    outs: [list]\n")
    assert tool("repro").code == 0
    assert status(dvc) == status(dvnb) == {}
    save_with_outputs(repo / "lib" / "deep" / "one.ipynb")
    assert status(dvnb) == {}
    assert dvnb("notebook", "clean", "lib/deep/one.ipynb").code == 0
    assert status(dvc) == status(dvnb) == {}
    stale = {"all": [{"changed deps": {"lib": "modified"}}]}
    write_notebook(repo / "lib" / "deep" / "one.ipynb", "2")
    assert status(dvc) == status(dvnb) == stale
    assert tool("repro").code == 0
    (repo / "lib" / "x.py").write_text("x = 2\n")
    save_with_outputs(repo / "lib" / "deep" / "one.ipynb")
    assert status(dvnb) == stale


def test_folder_that_stock_dvc_recorded_with_outputs(
    repo: Path, dvnb: Any, dvc: Any, status: Any, save_with_outputs: Any, write_notebook: Any
) -> None:
    save_with_outputs(write_notebook(repo / "lib" / "one.ipynb", "1"))
    (repo / "dvc.yaml").write_text("stages:\n  all:\n    cmd: ls lib > list\n    deps: [lib]\n    outs: [list]\n")
    assert dvc("repro").code == 0
    assert status(dvc) == status(dvnb) == {}
    assert dvnb("notebook", "clean", "lib/one.ipynb").code == 0
    assert status(dvc) == status(dvnb) == {}
    assert "Stage 'all' didn't change, skipping" in dvnb("repro").out


def test_a_notebook_that_is_made_counts_byte_by_byte(
    repo: Path, dvnb: Any, dvc: Any, status: Any, save_with_outputs: Any, write_notebook: Any
) -> None:
    for name in ("source", "added"):
        save_with_outputs(write_notebook(repo / f"{name}.ipynb", "1"))
    (repo / "dvc.yaml").write_text(
        "stages:\n"
        "  make:\n    cmd: mkdir -p made && cp source.ipynb made/one.ipynb && cp source.ipynb two.ipynb\n"
        "    deps: [source.ipynb]\n    outs: [made, two.ipynb]\n"
        "  use:\n    cmd: cat made/one.ipynb two.ipynb added.ipynb > all.txt\n"
        "    deps: [made/one.ipynb, two.ipynb, added.ipynb]\n    outs: [all.txt]\n"
    )
    assert dvnb("add", "added.ipynb").code == 0
    assert dvnb("repro").code == 0
    # the source alone has a form of its own
    assert status(dvc) == {"make": [{"changed deps": {"source.ipynb": "modified"}}]}
    assert status(dvnb) == {}
    for path in ("made/one.ipynb", "two.ipynb", "added.ipynb"):
        (repo / path).chmod(0o644)
        save_with_outputs(repo / path, "another run")
    changed = {"made/one.ipynb": "modified", "two.ipynb": "modified", "added.ipynb": "modified"}
    assert status(dvnb) == {
        "make": [{"changed outs": {"made": "modified", "two.ipynb": "modified"}}],
        "use": [{"changed deps": changed}],
        "added.ipynb.dvc": [{"changed outs": {"added.ipynb": "modified"}}],
    }
