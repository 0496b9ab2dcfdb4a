"""`%stages` in a browser: the stages of the open notebook, run by a button, and what a removed cell leaves."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import expect

RUN = 180_000  # milliseconds that a stage may take
SOURCES = (
    "%load_ext dvnb",
    "%%stage double --no-run -d numbers.csv --out rows=rows.json\nrows = open('numbers.csv').read().splitlines()[1:]",
    "%dvc stage add -n count -d rows.json -o count.txt 'wc -l < rows.json > count.txt'",
    "%stages",
)


@pytest.mark.parametrize(("lab", "dark"), [(True, True), (False, False)])
def test_run_a_stage_by_its_button(
    lab_project: Path,
    notebook: Callable[..., Path],
    open_notebook: Callable[..., Any],
    new_page: Callable[..., Any],
    lab: bool,
    dark: bool,
):
    opened = open_notebook(notebook(lab_project / "work.ipynb", *SOURCES), lab=lab, dark=dark)
    for at in (0, 1, 2):
        opened.run(at)
    cell = opened.run(3)
    widget = cell.locator(".dvnb-widget")
    expect(widget.locator("tbody tr")).to_have_count(2)
    # The front end says which notebook this is.
    expect(widget.locator("header").first).to_have_text("Stages of work.ipynb")
    own = widget.locator("tbody tr").first
    expect(own).to_contain_text("never run")
    opened.look(f"stages-{'lab' if lab else 'notebook'}-before")
    own.get_by_role("button", name="Run").focus()
    opened.page.keyboard.press("Enter")
    expect(own).to_contain_text("fresh", timeout=RUN)
    expect(widget.locator(".dvnb-status")).to_contain_text("double ran in")
    assert (lab_project / "rows.json").exists()
    widget.get_by_role("button", name="Run what is stale").click()
    expect(widget.locator(".dvnb-status")).to_contain_text("up to date", timeout=RUN)
    widget.locator("tbody tr").nth(1).get_by_role("button", name="Run").click()
    expect(widget.locator("tbody tr").nth(1)).to_contain_text("fresh", timeout=RUN)
    assert (lab_project / "count.txt").exists()
    opened.look(f"stages-{'lab' if lab else 'notebook'}-after")
    if lab:
        opened.save()
        outputs = nbformat.read(opened.path, 4).cells[3].outputs
        still = next(output for output in outputs if "dvnb-still" in output.data.get("text/html", ""))
        assert "double" in still.data["text/html"] and "double" in still.data["text/plain"]
        exported, _ = HTMLExporter(template_name="lab").from_filename(os.fspath(opened.path))
        page = new_page(foreign=True)
        page.set_content(exported, wait_until="domcontentloaded")
        expect(page.locator(".dvnb-still table").first).to_be_visible()
