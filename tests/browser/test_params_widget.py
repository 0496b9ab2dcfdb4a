"""The form of a notebook's parameters in JupyterLab and Notebook 7: validation, runs with progress, undo."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import expect

SOURCES = ("from dvnb import Repo\nrepo = Repo()", "repo.params_widget('train.ipynb', metrics_no_cache=['m.json'])")
PARAMETERS = """lr: float = 0.01  # learning rate
epochs = 5  # how often all rows are seen
optimizer = "adam"  # choices: adam, sgd
shuffle = True  # mix the rows
layers = [64, 32]
note = None  # anything"""
WORK = """import json, os, time
while not os.path.exists({go!r}):
    time.sleep(0.05)
json.dump({{"acc": 1 - lr * 10 / epochs, "optimizer": optimizer}}, open("m.json", "w"))"""


@pytest.fixture
def train_project(lab_project: Path, notebook: Callable[..., Path]) -> Path:
    """A notebook with parameters that is no stage yet, and params that hold one of them; it waits for a file `go`."""
    work = WORK.format(go=str(lab_project / ".dvc" / "tmp" / "go"))
    path = notebook(lab_project / "train.ipynb", PARAMETERS, work, "print('trained')")
    content = nbformat.read(path, 4)
    content.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(content, path)
    _git(lab_project, "config", "user.name", "T")
    _git(lab_project, "config", "user.email", "t@example.org")
    (lab_project / "params.yaml").write_text("# of the model\nlr: 0.02\n")
    return lab_project


@pytest.mark.parametrize(("lab", "dark"), [(True, False), (True, True), (False, False)])
def test_fill_in_run_as_stage_and_undo(
    train_project: Path, notebook: Callable[..., Path], open_notebook: Callable[..., Any], lab: bool, dark: bool
):
    opened = open_notebook(notebook(train_project / "form.ipynb", *SOURCES), lab=lab, dark=dark)
    name = f"params-{'lab' if lab else 'notebook'}-{'dark' if dark else 'light'}"
    opened.run(0)
    cell = opened.run(1)
    widget = cell.locator(".dvnb-widget")
    status = widget.locator(".dvnb-status")
    expect(widget.get_by_label(re.compile("^lr"))).to_have_value("0.02")
    expect(widget.get_by_label(re.compile("^shuffle"))).to_be_checked()
    expect(widget.get_by_label(re.compile("^optimizer"))).to_have_value('"adam"')
    expect(cell.locator(".dvnb-still")).to_be_hidden()

    # What is wrong is said beside its field, and nothing runs.
    layers = widget.get_by_label(re.compile("^layers"))
    layers.fill("[64,")
    expect(layers).to_have_attribute("aria-invalid", "true")
    expect(widget.locator(".dvnb-control .dvnb-problem", has_text="must be JSON")).to_be_visible()
    widget.get_by_role("button", name="Run as stage").click()
    opened.look(f"{name}-wrong")
    assert not (train_project / "dvc.yaml").exists()

    layers.fill("[8]")
    widget.get_by_label(re.compile("^lr")).fill("0.05")
    widget.get_by_label(re.compile("^optimizer")).select_option(label="sgd")
    widget.get_by_label(re.compile("^shuffle")).uncheck()
    widget.get_by_role("button", name="Run as stage").click()
    expect(status).to_contain_text("of 3 cells")
    opened.look(f"{name}-running")
    _go(train_project)
    expect(status).to_contain_text("'train' ran")
    expect(widget.get_by_role("region", name="Metrics")).to_contain_text("0.9")
    assert (train_project / "params.yaml").read_text().startswith("# of the model\nlr: 0.05\n")
    assert "optimizer: sgd" in (train_project / "params.yaml").read_text()
    assert '"sgd"' in (train_project / "m.json").read_text()
    expect(widget).to_contain_text("stage train")
    expect(widget.locator(".dvnb-source", has_text="params.yaml:lr")).to_be_visible()
    opened.look(name)

    widget.get_by_role("button", name="Undo").click()
    expect(status).to_contain_text("took back")
    assert (train_project / "params.yaml").read_text() == "# of the model\nlr: 0.02\n"
    assert not (train_project / "dvc.yaml").exists()


def test_experiments_single_runs_and_a_saved_form(
    train_project: Path, notebook: Callable[..., Path], open_notebook: Callable[..., Any], new_page: Any
):
    _go(train_project)
    head = _git(train_project, "rev-parse", "HEAD")
    opened = open_notebook(notebook(train_project / "tries.ipynb", *SOURCES))
    opened.run(0)
    cell = opened.run(1)
    widget = cell.locator(".dvnb-widget")
    status = widget.locator(".dvnb-status")
    widget.get_by_label(re.compile("^lr")).fill("0.1")
    widget.get_by_role("button", name="Run once").click()
    expect(status).to_contain_text("ran")
    expect(status).to_contain_text("into '.dvc/tmp")
    assert "0.8" in (train_project / "m.json").read_text()
    assert (train_project / "params.yaml").read_text() == "# of the model\nlr: 0.02\n"

    widget.get_by_label(re.compile("^lr")).fill("0.2")
    widget.get_by_label("Name of the experiment").fill("fast")
    widget.get_by_role("button", name="Run as experiment").click()
    expect(status).to_contain_text("saved as experiment 'fast'")
    assert _git(train_project, "rev-parse", "HEAD") == head
    ref = _git(train_project, "for-each-ref", "--format=%(refname)", "refs/exps").split()[0]
    assert "lr: 0.2" in _git(train_project, "show", f"{ref}:params.yaml")
    assert "train" in _git(train_project, "show", f"{ref}:dvc.yaml")

    opened.save()
    shown = nbformat.read(opened.path, 4).cells[1].outputs
    still = next(output for output in shown if "dvnb-still" in output.data.get("text/html", ""))
    assert "params.yaml:lr" in still.data["text/plain"]
    exported, _ = HTMLExporter(template_name="lab").from_filename(os.fspath(opened.path))
    page = new_page(foreign=True)
    page.set_content(exported, wait_until="domcontentloaded")
    expect(page.locator(".dvnb-still")).to_contain_text("learning rate")


@pytest.mark.parametrize("lab", [True, False])
def test_stop_a_run_while_cells_go_on(
    train_project: Path, notebook: Callable[..., Path], open_notebook: Callable[..., Any], lab: bool
):
    sources = (*SOURCES, "print('cells', 'go on')")
    opened = open_notebook(notebook(train_project / "stopped.ipynb", *sources), lab=lab)
    opened.run(0)
    widget = opened.run(1).locator(".dvnb-widget")
    status = widget.locator(".dvnb-status")
    stop = status.get_by_role("button")
    widget.get_by_role("button", name="Run as stage").click()
    expect(status).to_contain_text("of 3 cells")
    expect(opened.run(2)).to_contain_text("cells go on")
    opened.look(f"params-{'lab' if lab else 'notebook'}-stop")
    stop.click()
    expect(status).to_contain_text("interrupted by the user: nothing was recorded")
    expect(stop).to_have_count(0)
    expect(widget.get_by_role("button", name="Run as stage")).to_be_enabled()
    assert not (train_project / "m.json").exists()
    opened.look(f"params-{'lab' if lab else 'notebook'}-stopped")

    # The form has what it had, and the run can be repeated to its end.
    _go(train_project)
    widget.get_by_role("button", name="Run as stage").click()
    expect(status).to_contain_text("'train' ran")
    assert (train_project / "m.json").exists()


def _go(project: Path) -> None:
    """Let the notebook go on after its parameters."""
    (project / ".dvc" / "tmp" / "go").touch()


def _git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()
