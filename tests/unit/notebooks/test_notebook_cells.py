import json

import nbformat
import pytest

from dvnb.errors import NotebookError
from dvnb.notebooks.cells import Ownership, StageCell, check_name, notebook_bytes, read_ownership, write_stage_notebook
from dvnb.notebooks.parameters import assigned_names
from dvnb.notebooks.source import canonical_bytes

CELL = StageCell(
    "train",
    "model = fit(df, lr)\n",
    setup=["import pandas as pd", "def fit(df, lr):\n    return lr"],
    loads="df = pd.read_parquet('a.parquet')",
    saves="model.save()",
    parameters=["lr"],
)


def test_notebook_is_valid_clean_and_deterministic():
    data = notebook_bytes(CELL, "work.ipynb")
    assert data == notebook_bytes(CELL, "work.ipynb") == canonical_bytes(data)
    nb = json.loads(data)
    nbformat.validate(nb)
    assert [cell["id"] for cell in nb["cells"]] == ["setup-1", "setup-2", "parameters", "load", "body", "save"]
    assert nb["metadata"] == {"dvnb": {"owner": "work.ipynb", "stage": "train"}}
    assert assigned_names(nb) == ["lr"]
    assert nb["cells"][4]["source"] == ["model = fit(df, lr)"]


def test_only_what_is_there_becomes_a_cell():
    nb = json.loads(notebook_bytes(StageCell("s", "1", kernel="python3")))
    assert [cell["id"] for cell in nb["cells"]] == ["body"]
    assert nb["metadata"]["kernelspec"] == {"display_name": "python3", "language": "python", "name": "python3"}


@pytest.mark.parametrize("name", ["a/b", "a b", "-a", "", "a.b", "..", "a@b", "con", "a\n", "é é"])
def test_bad_names(name):
    with pytest.raises(NotebookError, match="cannot be the name of a stage"):
        check_name(name)


@pytest.mark.parametrize("name", ["train", "a-b_c", "2nd", "été"])
def test_good_names(name):
    check_name(name)


def test_written_once(tmp_path):
    first = write_stage_notebook(CELL, str(tmp_path), owner="w.ipynb")
    assert first.changed
    assert first.path == str(tmp_path / "stages" / "train.ipynb")
    assert read_ownership(first.path) == Ownership("train", "w.ipynb")
    assert not write_stage_notebook(CELL, str(tmp_path), owner="w.ipynb").changed
    assert write_stage_notebook(StageCell("train", "2"), str(tmp_path), owner="w.ipynb").changed


def test_a_name_of_another_notebook_is_refused_while_that_exists(tmp_path):
    other = tmp_path / "other.ipynb"
    other.write_text("{}")
    write_stage_notebook(CELL, str(tmp_path), owner="other.ipynb")
    with pytest.raises(NotebookError, match=r"belongs to 'other.ipynb'"):
        write_stage_notebook(CELL, str(tmp_path), owner="mine.ipynb")
    assert write_stage_notebook(CELL, str(tmp_path), owner="mine.ipynb", force=True).changed
    write_stage_notebook(CELL, str(tmp_path), owner="other.ipynb", force=True)
    other.rename(tmp_path / "renamed.ipynb")
    assert write_stage_notebook(CELL, str(tmp_path), owner="renamed.ipynb").changed


def test_an_own_notebook_of_the_user_is_refused(tmp_path):
    path = tmp_path / "stages" / "train.ipynb"
    path.parent.mkdir()
    path.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    with pytest.raises(NotebookError, match="was not written by a %%stage cell"):
        write_stage_notebook(CELL, str(tmp_path))
