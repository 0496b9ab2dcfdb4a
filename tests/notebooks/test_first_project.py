"""The tutorial for first-time users, run from a fresh kernel: what its text claims is so."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

TUTORIAL = Path(__file__).parents[2] / "example_notebooks" / "first_project.ipynb"


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The folder where a reader ran the tutorial, and its executed cells by the first line of their source."""
    folder = tmp_path_factory.mktemp("reader")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "DVNB_", "GIT_"))}
    environment |= {"XDG_CACHE_HOME": str(folder / ".cache"), "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    notebook = nbformat.read(TUTORIAL, 4)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": os.fspath(folder)}})
    client.execute(env=environment)
    return folder / "first-project", {cell.source.splitlines()[0]: cell for cell in notebook.cells}


def text(cell: Any) -> str:
    """All that a cell shows, as text and HTML."""
    parts = []
    for output in cell.outputs:
        parts.append(output.get("text", ""))
        parts += [str(data) for mime, data in output.get("data", {}).items() if mime.startswith("text/")]
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(parts))


def starting(cells: dict[str, Any], start: str) -> str:
    """What the cell that begins like this shows."""
    return text(next(cell for source, cell in cells.items() if source.startswith(start)))


def test_data_has_versions_and_comes_back(read: tuple[Path, dict[str, Any]]):
    project, cells = read
    assert "150 -> 100 -> 150" in starting(cells, "def rows")
    assert "50 added, 0 removed" in starting(cells, "flowers.to_csv")
    history = starting(cells, "%dvc add data/flowers.csv")
    assert "all 150 flowers" in history and "100 flowers" in history
    assert len((project / "data" / "flowers.csv").read_text().splitlines()) == 151


def test_cells_are_stages_that_run_when_something_changed(read: tuple[Path, dict[str, Any]]):
    _, cells = read
    assert "105 flowers to learn from, 45 to test with" in starting(cells, "%%stage split")
    assert "petal_width" in starting(cells, "%%stage fit")
    assert "105.0" in starting(cells, "train.describe")
    assert "depth" in starting(cells, "settings = ")
    repeated = starting(cells, "done = %dvc repro")
    assert re.search(r"split.*skipped", repeated, re.DOTALL) and re.search(r"fit.*ran", repeated, re.DOTALL)


def test_results_are_compared_and_traced(read: tuple[Path, dict[str, Any]]):
    _, cells = read
    frame = starting(cells, '!git add --all && git commit --quiet --message "a deeper')
    assert "v3" in frame and "v4" in frame and "accuracy" in frame
    lineage = starting(cells, "%dvc lineage")
    assert "fit" in lineage and "flowers.csv" in lineage and "tree.depth" in lineage


def test_widgets_leave_a_table_behind(read: tuple[Path, dict[str, Any]]):
    _, cells = read
    widgets = ("diff_widget", "metrics_widget", "params_widget", "lineage_widget")
    for source in ("from dvnb import Repo", "%stages", *(f"repo.{name}" for name in widgets)):
        shown = starting(cells, source)
        assert "dvnb-still" in shown and "<table" in shown, source


def test_what_was_removed_comes_back_and_all_is_clean(
    read: tuple[Path, dict[str, Any]], dvc: Callable[..., Any], dvnb: Callable[..., Any]
):
    project, cells = read
    removed = starting(cells, "%dvc remove")
    assert removed.index("there: False") < removed.index("there: True")
    for tool in (dvnb, dvc):
        done = tool("status", cwd=project)
        assert "up to date" in done.out, done


def test_it_is_written_as_it_advises(dvnb: Callable[..., Any]):
    for check in (["clean", "--check"], ["lint"]):
        done = dvnb("notebook", *check, os.fspath(TUTORIAL))
        assert done.code == 0, done
