"""The widget of differences in JupyterLab and Notebook 7, driven as a user does."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter
from PIL import Image
from playwright.sync_api import Locator, expect

from dvnb import Repo

SOURCES = ("from dvnb import Repo\nrepo = Repo()", "repo.diff_widget('old', 'new', 'data')")
ROWS = 60


@pytest.fixture
def two_versions(lab_project: Path) -> Path:
    """A folder with a table, a picture, a text, values and a notebook, tagged `old` and `new`."""
    data = lab_project / "data"
    data.mkdir()
    for number, tag in ((1, "old"), (2, "new")):
        rows = "".join(f"{row},{row * number},n{row}\n" for row in range(ROWS))
        (data / "table.csv").unlink(missing_ok=True)
        for name in ("picture.png", "values.json", "words.txt", "steps.ipynb"):
            (data / name).unlink(missing_ok=True)
        (data / "table.csv").write_text(f"id,value,name\n{rows}")
        Image.new("RGB", (240, 160), (220, 40, 40) if number == 1 else (40, 80, 220)).save(data / "picture.png")
        (data / "values.json").write_text(json.dumps({"train": {"rate": number}, "kept": 1}))
        (data / "words.txt").write_text(f"first\nversion {number}\nlast\n")
        cells = [nbformat.v4.new_code_cell(f"rate = {number}", id="a"), nbformat.v4.new_code_cell("done = 1", id="b")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), data / "steps.ipynb")
        Repo(lab_project).add("data")
        for words in (["add", "-A"], ["commit", "-qm", f"{tag} data"], ["tag", tag]):
            identity = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
            subprocess.run(["git", *identity, *words], cwd=lab_project, check=True, capture_output=True)
    return lab_project


def look_inside(widget: Locator, path: str) -> None:
    back = widget.get_by_role("button", name="← All files")
    if back.is_visible():
        back.click()
    widget.locator("tbody tr", has_text=path).click()
    widget.get_by_role("button", name="Look inside").click()
    # What compares notebooks takes seconds to be imported.
    expect(widget.locator(".dvnb-headline")).to_contain_text(path)


def see_a_table(opened: Any, widget: Locator, name: str) -> None:
    page = opened.page
    rows = widget.locator("tbody tr")
    rows.nth(1).click()
    page.keyboard.press("ArrowDown")
    expect(widget.locator("tr.dvnb-chosen")).to_contain_text("table.csv")
    page.keyboard.press("Enter")
    expect(widget.locator(".dvnb-headline")).to_contain_text("table.csv")
    expect(rows).to_have_count(20 + 1)  # and one column that differs, folded
    expect(rows.first.locator("del")).to_have_text("1")
    expect(rows.first.locator("ins")).to_have_text("2")
    widget.get_by_role("button", name="Next 20").click()
    expect(widget).to_contain_text(f"21\u201340 of {ROWS - 1} rows")
    expect(rows.first.locator("strong")).to_have_text("22")  # the first is the same
    widget.get_by_label("Key column", exact=True).select_option("name")
    expect(rows.first.locator("strong")).to_have_text("n1")
    opened.look(f"diff-table-{name}")


def see_pictures(opened: Any, widget: Locator, name: str) -> None:
    page = opened.page
    look_inside(widget, "picture.png")
    expect(widget.locator("figure img")).to_have_count(2)
    widget.get_by_label("How pictures are shown").select_option("swipe")
    slider = widget.get_by_role("slider")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(widget.locator("img.dvnb-top")).to_have_css("clip-path", "inset(0px 0px 0px 51%)")
    opened.look(f"diff-picture-{name}")
    widget.get_by_label("How pictures are shown").select_option("onion")
    slider.fill("25")
    expect(widget.locator("img.dvnb-top")).to_have_css("opacity", "0.25")


def see_lines_values_and_cells(opened: Any, widget: Locator, name: str) -> None:
    rows = widget.locator("tbody tr")
    look_inside(widget, "words.txt")
    expect(widget.locator("pre .dvnb-old")).to_have_text("-version 1\n")
    expect(widget.locator("pre .dvnb-new")).to_have_text("+version 2\n")
    opened.look(f"diff-text-{name}")
    look_inside(widget, "values.json")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("train.rate")
    look_inside(widget, "steps.ipynb")
    expect(widget.locator(".dvnb-trusted")).to_contain_text("+rate = 2")
    expect(widget.locator(".dvnb-trusted")).not_to_contain_text("done")
    opened.look(f"diff-notebook-{name}")


def choose_other_versions(opened: Any, widget: Locator) -> None:
    page = opened.page
    widget.get_by_label("Path").fill("numbers.csv")
    page.keyboard.press("Enter")
    expect(widget).to_contain_text("No differences.")
    widget.get_by_label("Old version").select_option("v1")
    expect(widget.locator(".dvnb-headline")).to_contain_text("v1 -> new")
    widget.get_by_label("New version").select_option("workspace")
    expect(widget.locator(".dvnb-headline")).to_contain_text("v1 -> workspace")
    widget.get_by_label("Path").fill("nowhere")
    page.keyboard.press("Enter")
    expect(widget.locator(".dvnb-status.dvnb-bad")).to_contain_text(
        "'nowhere' exists neither in 'v1' nor in 'workspace'"
    )


@pytest.mark.parametrize(("lab", "dark"), [(True, False), (True, True), (False, False)])
def test_from_a_folder_to_cells_pictures_lines_and_values(
    two_versions: Path, notebook: Callable[..., Path], open_notebook: Callable[..., Any], lab: bool, dark: bool
):
    opened = open_notebook(notebook(two_versions / "diff.ipynb", *SOURCES), lab=lab, dark=dark)
    name = f"{'lab' if lab else 'notebook'}-{'dark' if dark else 'light'}"
    opened.run(0)
    cell = opened.run(1)
    widget = cell.locator(".dvnb-widget")
    rows = widget.locator("tbody tr")
    expect(rows).to_have_count(5)
    expect(cell.locator(".dvnb-still")).to_be_hidden()
    expect(widget).to_contain_text("5 modified")
    expect(rows.nth(1)).to_contain_text("notebook")
    opened.look(f"diff-folder-{name}")
    see_a_table(opened, widget, name)
    see_pictures(opened, widget, name)
    see_lines_values_and_cells(opened, widget, name)
    choose_other_versions(opened, widget)


def test_what_was_saved_shows_the_differences_where_no_kernel_runs(
    two_versions: Path, notebook: Callable[..., Path], open_notebook: Callable[..., Any], new_page: Any
):
    opened = open_notebook(notebook(two_versions / "saved.ipynb", *SOURCES))
    opened.run(0)
    widget = opened.run(1).locator(".dvnb-widget")
    look_inside(widget, "picture.png")
    opened.save()
    cell = nbformat.read(opened.path, 4).cells[1]
    still = next(output for output in cell.outputs if "dvnb-still" in output.data.get("text/html", ""))
    assert "table.csv" in still.data["text/plain"] and "picture.png: modified (image" in still.data["text/plain"]
    exported, _ = HTMLExporter(template_name="lab").from_filename(os.fspath(opened.path))
    page = new_page(foreign=True)
    page.set_content(exported, wait_until="domcontentloaded")
    expect(page.locator(".dvnb-still table").first).to_contain_text("values.json")
    expect(page.locator(".dvnb-still img")).to_have_count(2)
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=os.path.join(folder, "diff-still.png"))
