"""The widget of lineage in JupyterLab and Notebook 7, driven as a user does."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Locator, expect

from dvnb import Repo

SOURCES = ("from dvnb import Repo\nrepo = Repo()", "repo.lineage_widget()")
PIPELINE = """stages:
  count:
    cmd: wc -l < numbers.csv > lines.txt
    deps:
    - numbers.csv
    outs:
    - lines.txt
  report:
    cmd: echo writing the report && cat lines.txt params.yaml > report.txt
    deps:
    - lines.txt
    params:
    - title
    outs:
    - report.txt
"""


@pytest.fixture
def pipeline(lab_project: Path) -> Path:
    """A project with two stages, of which none has run."""
    (lab_project / "dvc.yaml").write_text(PIPELINE)
    (lab_project / "params.yaml").write_text("title: first\n")
    return lab_project


def node(widget: Locator, name: str) -> Locator:
    return widget.locator(f"g.dvnb-node[data-name='{name}']")


@pytest.mark.parametrize(("lab", "dark"), [(True, False), (True, True), (False, False)])
def test_walk_the_graph_ask_why_and_run(
    pipeline: Path, notebook: Callable[..., Path], open_notebook: Callable[..., Any], lab: bool, dark: bool
):
    opened = open_notebook(notebook(pipeline / "lineage.ipynb", *SOURCES), lab=lab, dark=dark)
    opened.run(0)
    cell = opened.run(1)
    widget = cell.locator(".dvnb-widget")
    expect(widget.locator("g.dvnb-node")).to_have_count(6)
    expect(cell.locator(".dvnb-still")).to_be_hidden()
    expect(widget.locator(".dvnb-header")).to_contain_text("2 stale stages")

    node(widget, "count").click()
    details = widget.locator(".dvnb-details")
    expect(details).to_contain_text("wc -l < numbers.csv")
    for name, side in (("numbers.csv", "upstream"), ("report", "downstream"), ("params.yaml", "far")):
        expect(node(widget, name)).to_have_class(re.compile(rf"\bdvnb-{side}\b"))
    for name in ("lines.txt", "report"):
        opened.page.keyboard.press("ArrowDown")
        expect(node(widget, name)).to_have_attribute("aria-selected", "true")
    details.get_by_role("button", name="Why stale").click()
    expect(details.locator(".dvnb-preview")).to_contain_text("has no recorded run yet")
    opened.look(f"lineage-stale-{'lab' if lab else 'notebook'}-{'dark' if dark else 'light'}")

    node(widget, "report").click()
    opened.page.keyboard.press("Enter")  # to the buttons of what is chosen
    expect(details.get_by_role("button", name="Run")).to_be_focused()
    opened.page.keyboard.press("Enter")
    expect(widget.locator(".dvnb-status.dvnb-good")).to_contain_text("'count' ran, 'report' ran")
    assert (pipeline / "report.txt").read_text().splitlines()[-1] == "title: first"
    expect(widget.locator(".dvnb-header")).to_contain_text("all is up to date")
    expect(details.locator(".dvnb-output")).to_contain_text("writing the report")

    (pipeline / "params.yaml").write_text("title: second\n")
    widget.get_by_role("button", name="Refresh").click()
    expect(details.locator(".dvnb-why")).to_contain_text("params.yaml:title modified")
    expect(node(widget, "count")).not_to_have_class(re.compile("dvnb-stale"))
    node(widget, "numbers.csv").click()
    details.get_by_role("button", name="Show versions").click()
    expect(details.locator(".dvnb-preview")).to_contain_text("version 2")
    opened.look(f"lineage-run-{'lab' if lab else 'notebook'}-{'dark' if dark else 'light'}")


def test_two_hundred_nodes_can_be_found_and_zoomed(
    lab_project: Path, notebook: Callable[..., Path], open_notebook: Callable[..., Any]
):
    lines = ["stages:"]
    for at in range(100):
        above = f"out{(at - 1) // 2}.txt" if at else "numbers.csv"
        lines += [
            f"  stage{at}:",
            f"    cmd: cp {above} out{at}.txt",
            f"    deps: [{above}]",
            f"    outs: [out{at}.txt]",
        ]
    (lab_project / "dvc.yaml").write_text("\n".join(lines) + "\n")
    opened = open_notebook(notebook(lab_project / "large.ipynb", *SOURCES))
    opened.run(0)
    widget = opened.run(1).locator(".dvnb-widget")
    expect(widget.locator("g.dvnb-node")).to_have_count(201)
    picture, frame = widget.locator(".dvnb-graph svg"), widget.locator(".dvnb-graph")
    full = int(float(picture.get_attribute("width") or 0))
    widget.get_by_role("button", name="Fit", exact=True).click()
    assert float(picture.get_attribute("width") or 0) <= frame.evaluate("node => node.clientWidth") < full
    opened.look("lineage-200-fit")
    widget.get_by_role("button", name="1:1").click()
    frame.hover()
    opened.page.keyboard.down("Control")
    before = float(picture.get_attribute("width") or 0)
    opened.page.mouse.wheel(0, -100)
    expect(picture).not_to_have_attribute("width", str(int(before)))
    opened.page.keyboard.up("Control")
    assert float(picture.get_attribute("width") or 0) > before
    widget.get_by_label("Find a node").fill("stage77")
    opened.page.keyboard.press("Enter")
    expect(node(widget, "stage77")).to_have_attribute("aria-selected", "true")
    expect(node(widget, "stage77")).to_be_in_viewport()
    node(widget, "stage77").focus()
    opened.page.keyboard.press("ArrowUp")
    expect(node(widget, "out38.txt")).to_be_in_viewport()
    expect(node(widget, "out38.txt")).to_have_attribute("aria-selected", "true")
    opened.look("lineage-200-found")


def test_what_was_saved_shows_the_graph_where_no_kernel_runs(
    pipeline: Path, notebook: Callable[..., Path], open_notebook: Callable[..., Any], new_page: Any
):
    Repo(pipeline).repro("count")
    opened = open_notebook(notebook(pipeline / "saved.ipynb", *SOURCES))
    opened.run(0)
    opened.run(1)
    opened.save()
    cell = nbformat.read(opened.path, 4).cells[1]
    still = next(output for output in cell.outputs if "dvnb-still" in output.data.get("text/html", ""))
    assert "report.txt" in still.data["text/plain"] and "<svg" in still.data["text/html"]
    exported, _ = HTMLExporter(template_name="lab").from_filename(os.fspath(opened.path))
    page = new_page(foreign=True)
    page.set_content(exported, wait_until="domcontentloaded")
    expect(page.locator(".dvnb-still svg")).to_be_visible()
    expect(page.locator(".dvnb-still table")).to_contain_text("report.txt")
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=os.path.join(folder, "lineage-still.png"))
