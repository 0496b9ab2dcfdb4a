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
RESTART = "window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()"
# The least ratio of lightness between the letters of badges and what is behind them.
CONTRAST = """badges => Math.min(...badges.map((badge) => {
  const pen = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d');
  const lightness = () => [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3)
    .map((one) => one / 255).map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const fill = (color) => (pen.fillStyle = color, pen.fillRect(0, 0, 1, 1), lightness());
  const style = getComputedStyle(badge);
  fill(getComputedStyle(document.body).getPropertyValue('--jp-layout-color0'));
  const [behind, letters] = [fill(style.backgroundColor), fill(style.color)];
  return (Math.max(behind, letters) + 0.05) / (Math.min(behind, letters) + 0.05);
}))"""
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
    assert widget.locator(".dvnb-badge").evaluate_all(CONTRAST) >= 4.5
    own.get_by_role("button", name="Run double").focus()
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
    assert widget.locator(".dvnb-badge").evaluate_all(CONTRAST) >= 4.5
    # Two quick clicks take back one operation: the count of lines, not what ran before it.
    widget.get_by_role("button", name="Undo").dblclick()
    expect(widget.locator(".dvnb-status")).to_contain_text("took back: repro")
    expect(widget.locator("tbody tr").nth(1)).to_contain_text("never run")
    expect(widget.get_by_role("button", name="Undo")).to_be_enabled()
    assert (lab_project / "rows.json").exists()
    if lab:
        opened.save()
        outputs = nbformat.read(opened.path, 4).cells[3].outputs
        still = next(output for output in outputs if "dvnb-still" in output.data.get("text/html", ""))
        assert "double" in still.data["text/html"] and "double" in still.data["text/plain"]
        exported, _ = HTMLExporter(template_name="lab").from_filename(os.fspath(opened.path))
        page = new_page(foreign=True)
        page.set_content(exported, wait_until="domcontentloaded")
        expect(page.locator(".dvnb-still table").first).to_be_visible()
    # A kernel that begins anew does not know of this widget.
    opened.page.evaluate(RESTART)
    expect(widget.locator(".dvnb-status")).to_contain_text("run the cell again")
    expect(widget.get_by_role("button", name="Refresh")).to_be_disabled()
