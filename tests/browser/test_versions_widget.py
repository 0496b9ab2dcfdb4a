"""The widget of versions in JupyterLab and Notebook 7, driven as a user does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import expect

SOURCES = ("from dvnb import Repo\nrepo = Repo()", "repo.versions_widget('numbers.csv')")


@pytest.mark.parametrize(("lab", "dark"), [(True, False), (True, True), (False, False)])
def test_pick_a_version_check_it_out_and_undo(
    lab_project: Path, notebook: Callable[..., Path], open_notebook: Callable[..., Any], lab: bool, dark: bool
):
    opened = open_notebook(notebook(lab_project / "versions.ipynb", *SOURCES), lab=lab, dark=dark)
    opened.run(0)
    cell = opened.run(1)
    widget = cell.locator(".dvnb-widget")
    rows = widget.locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(cell.locator(".dvnb-still")).to_be_hidden()

    rows.nth(1).click()
    expect(widget.locator("tr.dvnb-chosen")).to_contain_text("version 2")
    opened.page.keyboard.press("ArrowDown")
    expect(widget.locator("tr.dvnb-chosen")).to_contain_text("version 1")
    expect(widget.locator(".dvnb-preview")).to_contain_text("rows")
    now = (lab_project / "numbers.csv").read_text()
    opened.page.keyboard.press("Enter")
    expect(widget.locator(".dvnb-status")).to_contain_text("numbers.csv")
    expect(widget.locator("tr.dvnb-chosen .dvnb-badge", has_text="here")).to_be_visible()
    assert (lab_project / "numbers.csv").read_text() != now
    opened.look(f"versions-{'lab' if lab else 'notebook'}-{'dark' if dark else 'light'}")
    widget.get_by_role("button", name="Undo").click()
    expect(widget.locator(".dvnb-status")).to_contain_text("took back")
    assert (lab_project / "numbers.csv").read_text() == now


def test_content_that_only_the_workspace_holds_is_asked_about(
    lab_project: Path, notebook: Callable[..., Path], open_notebook: Callable[..., Any]
):
    (lab_project / "numbers.csv").unlink()
    (lab_project / "numbers.csv").write_text("id,value\n0,precious\n")
    opened = open_notebook(notebook(lab_project / "asked.ipynb", *SOURCES))
    opened.run(0)
    widget = opened.run(1).locator(".dvnb-widget")
    widget.locator("tbody tr", has_text="version 2").click()
    # At once: the front end may hand what was asked before, and this, to two threads of the kernel.
    widget.get_by_role("button", name="Check out", exact=True).click()
    expect(widget.locator(".dvnb-status.dvnb-bad")).to_contain_text("numbers.csv")
    assert "precious" in (lab_project / "numbers.csv").read_text()
    widget.get_by_role("button", name="Check out anyway").click()
    expect(widget.locator(".dvnb-status.dvnb-good")).to_contain_text("numbers.csv")
    assert "precious" not in (lab_project / "numbers.csv").read_text()
    # By the keyboard alone: the focus stays on a button that is off while it is obeyed.
    undo = widget.get_by_role("button", name="Undo")
    undo.focus()
    opened.page.keyboard.press("Enter")
    expect(widget.locator(".dvnb-status")).to_contain_text("took back")
    expect(undo).to_be_focused()
    assert "precious" in (lab_project / "numbers.csv").read_text()


def test_what_was_saved_shows_the_versions_where_no_kernel_runs(
    lab_project: Path, notebook: Callable[..., Path], open_notebook: Callable[..., Any], new_page: Any
):
    opened = open_notebook(notebook(lab_project / "saved.ipynb", *SOURCES))
    opened.run(0)
    opened.run(1)
    opened.save()
    cell = nbformat.read(opened.path, 4).cells[1]
    still = next(output for output in cell.outputs if "dvnb-still" in output.data.get("text/html", ""))
    assert "version 2" in still.data["text/html"] and "version 2" in still.data["text/plain"]
    exported, _ = HTMLExporter(template_name="lab").from_filename(os.fspath(opened.path))
    page = new_page(foreign=True)
    page.set_content(exported, wait_until="domcontentloaded")
    expect(page.locator(".dvnb-still table")).to_be_visible()
    expect(page.locator(".dvnb-still")).to_contain_text("version 2")
