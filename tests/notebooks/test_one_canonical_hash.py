"""The same notebook as several programs save it, with outputs and without, has one hash; both tools agree on it."""

from __future__ import annotations

import asyncio
import copy
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_server.services.contents.filemanager import AsyncFileContentsManager
from nbstripout import strip_output
from papermill.iorw import write_ipynb

from dvnb.notebooks.source import canonical_bytes
from dvnb.notebooks.versions.cleaning import cleaned_bytes

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
LINES = st.lists(TEXT, max_size=3).map("\n".join)
OUTPUTS = st.lists(
    st.one_of(
        st.builds(lambda text: {"output_type": "stream", "name": "stdout", "text": text}, LINES),
        st.builds(
            lambda text, count: {
                "output_type": "execute_result", "data": {"text/plain": text, "image/png": "aGk="},
                "metadata": {}, "execution_count": count,
            },
            LINES,
            st.integers(1, 9),
        ),
        st.builds(lambda text: {"output_type": "error", "ename": "E", "evalue": text, "traceback": [text]}, TEXT),
    ),
    max_size=2,
)  # fmt: skip


@st.composite
def saved(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """A notebook as it was written, and as it is after a run in an editor."""
    cells, ran = [], []
    for number in range(draw(st.integers(0, 4))):
        metadata = draw(st.sampled_from([{}, {"tags": ["parameters"]}, {"mine": {"a": [1, 1.5, None]}}]))
        kind = draw(st.sampled_from(["code", "markdown", "raw"]))
        cell = {"cell_type": kind, "id": f"c{number}", "metadata": metadata, "source": draw(LINES)}
        after = copy.deepcopy(cell)
        if kind == "code":
            cell |= {"outputs": [], "execution_count": None}
            after |= {"outputs": draw(OUTPUTS), "execution_count": draw(st.integers(1, 99))}
            after["metadata"] |= {"execution": {"iopub.status.busy": "2024-01-01T00:00:00Z"}, "collapsed": True}
        cells.append(cell)
        ran.append(after)
    spec = {"name": "python3", "language": "python", "display_name": "python3"}
    notebook = {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    metadata = {
        "kernelspec": {**spec, "display_name": "Python 3 (ipykernel)"},
        "language_info": {"name": "python", "version": "3.11"},
        "papermill": {"duration": 1.5},
    }
    return notebook, {**notebook, "cells": ran, "metadata": metadata}


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> AsyncFileContentsManager:
    """What JupyterLab saves by."""
    return AsyncFileContentsManager(root_dir=str(tmp_path_factory.mktemp("contents")))


def by_lab(manager: AsyncFileContentsManager, notebook: dict[str, Any]) -> bytes:
    model = {"type": "notebook", "format": "json", "content": copy.deepcopy(notebook)}
    asyncio.run(manager.save(model, "n.ipynb"))
    return Path(manager.root_dir, "n.ipynb").read_bytes()


def by_nbformat(notebook: dict[str, Any]) -> bytes:
    return nbformat.writes(nbformat.from_dict(notebook)).encode()


def by_papermill(notebook: dict[str, Any], folder: Path) -> bytes:
    write_ipynb(nbformat.from_dict(notebook), str(folder / "p.ipynb"))
    return (folder / "p.ipynb").read_bytes()


def by_jupytext(notebook: dict[str, Any]) -> bytes:
    return jupytext.writes(nbformat.from_dict(notebook), fmt="ipynb").encode()


def by_nbstripout(notebook: dict[str, Any]) -> bytes:
    stream = io.StringIO()
    nbformat.write(
        strip_output(nbformat.from_dict(copy.deepcopy(notebook)), keep_output=False, keep_count=False, keep_id=True),
        stream,
    )
    return stream.getvalue().encode()


@settings(max_examples=15)
@given(saved())
def test_whoever_saves_it(manager: AsyncFileContentsManager, versions: tuple[dict[str, Any], dict[str, Any]]) -> None:
    folder = Path(manager.root_dir)
    clean = canonical_bytes(json.dumps(versions[0]).encode())
    assert cleaned_bytes(clean, "n.ipynb") == clean
    for notebook in versions:
        for data in (
            json.dumps(notebook).encode(),
            by_lab(manager, notebook),
            by_nbformat(notebook),
            by_papermill(notebook, folder),
            by_jupytext(notebook),
            by_nbstripout(notebook),
        ):
            assert canonical_bytes(data) == clean


def test_both_tools_after_a_stock_repro_with_outputs(
    repo: Path, dvnb: Any, dvc: Any, status: Any, write_notebook: Any, save_with_outputs: Any
) -> None:
    path = write_notebook(repo / "n.ipynb", "1")
    save_with_outputs(path)
    (repo / "dvc.yaml").write_text("stages:\n  s:\n    cmd: echo 1 > o\n    deps: [n.ipynb]\n    outs: [o]\n")
    assert dvc("repro").code == 0
    assert status(dvnb) == status(dvc) == {}
    cleared = subprocess.run(
        [sys.executable, "-m", "jupyter", "nbconvert", "--clear-output", "--inplace", str(path)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert cleared.returncode == 0, cleared.stderr
    assert status(dvnb) == {}
    # stock dvc sees other bytes than it recorded; cleaning writes down those that both tools can agree on
    assert status(dvc) != {}
    done = dvnb("notebook", "clean", "n.ipynb")
    assert (done.code, "Recorded the clean notebook for stage 's'" in done.out) == (0, True)
    assert status(dvnb) == status(dvc) == {}
    assert dvnb("undo").code == 0
    assert status(dvnb) == {}
    assert status(dvc) != {}


@pytest.mark.parametrize("dep", ["n.ipynb", "lib"])
def test_clean_records_what_stock_dvc_recorded_with_outputs(
    repo: Path, dvnb: Any, dvc: Any, status: Any, write_notebook: Any, save_with_outputs: Any, dep: str
) -> None:
    path = write_notebook(repo / dep / "n.ipynb" if dep == "lib" else repo / dep, "1")
    save_with_outputs(path)
    (repo / "params.yaml").write_text("a: 1\n")
    (repo / "dvc.yaml").write_text(
        f"stages:\n  s:\n    cmd: echo 1 > o\n    deps: [{dep}]\n    params: [a]\n    outs: [o]\n"
    )
    assert dvc("repro").code == 0
    # another command and other params since: they still wait for a run
    (repo / "params.yaml").write_text("a: 2\n")
    (repo / "dvc.yaml").write_text((repo / "dvc.yaml").read_text().replace("echo 1", "echo  1"))
    assert dvnb("notebook", "clean", str(path)).code == 0
    stale = {"s": [{"changed deps": {"params.yaml": {"a": "modified"}}}, "changed command"]}
    assert status(dvnb) == status(dvc) == stale


def test_clean_records_nothing_for_an_edit_or_for_outputs_that_stay(
    repo: Path, dvnb: Any, dvc: Any, write_notebook: Any, save_with_outputs: Any
) -> None:
    path = write_notebook(repo / "n.ipynb", "1")
    save_with_outputs(path)
    (repo / "dvc.yaml").write_text("stages:\n  s:\n    cmd: echo 1 > o\n    deps: [n.ipynb]\n    outs: [o]\n")
    assert dvc("repro").code == 0
    lock = (repo / "dvc.lock").read_bytes()
    saved = path.read_bytes()
    notebook = json.loads(saved)
    notebook["cells"][0]["metadata"]["tags"] = ["keep_output"]
    for text in (saved.replace(b'"1"', b'"2"'), json.dumps(notebook).encode()):
        path.write_bytes(text)
        assert "Recorded" not in dvnb("notebook", "clean", "n.ipynb").out
        assert (repo / "dvc.lock").read_bytes() == lock
    # a dvc.yaml that is broken has no say in it
    path.write_bytes(saved)
    (repo / "dvc.yaml").write_text("stages: [")
    assert dvnb("notebook", "clean", "n.ipynb").code == 0
    assert path.read_bytes() != saved
