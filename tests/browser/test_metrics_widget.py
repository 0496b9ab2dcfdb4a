"""The widget of metrics in JupyterLab and Notebook 7: sort, filter, compare, plot, ten thousand rows."""

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
from playwright.sync_api import Keyboard, Locator, expect

from dvnb import Repo

SOURCES = ("from dvnb import Repo\nrepo = Repo()", "repo.metrics_widget(all_tags=True)")
MANY = """from dvnb.widgets import runs
from dvnb.repo.results.experiments import ExperimentState, Recorded
from dvnb.widgets.metrics import MetricsWidget

class Many(MetricsWidget):
    def load(self):
        states = [ExperimentState(f"{at:040x}", f"run-{at}", Recorded("", metrics={"m.json": {"data": {"acc": at / 1e4}}},
                  params={"params.yaml": {"data": {"lr": 10.0 ** -(at % 5), "seed": at}}})) for at in range(10_000)]
        self._runs = runs.of_states(states)
        return {"columns": self._runs.columns, "rows": self._runs.rows, "failed": [], "scopes": [], "scope": ""}

Many(repo)"""


@pytest.fixture
def metrics_project(lab_project: Path) -> Path:
    """Three more tags, with metrics and params, and a workspace that is not committed."""
    repo = Repo(lab_project)
    for option in (["user.name", "T"], ["user.email", "t@example.org"]):
        subprocess.run(["git", "config", *option], cwd=lab_project, check=True)
    (lab_project / "dvc.yaml").write_text("params:\n- params.yaml\nmetrics:\n- metrics.json\n")
    for name, acc, rate in (("a", 0.81, 0.1), ("b", 0.93456789, 0.01), ("c", 0.9, 0.001), ("", 0.95, 0.0001)):
        (lab_project / "params.yaml").write_text(f"lr: {rate}\nmodel: {'cnn' if rate > 0.01 else 'mlp'}\n")
        (lab_project / "metrics.json").write_text(json.dumps({"acc": acc, "loss": 1 - acc}))
        if name:
            for words in (["add", "-A"], ["commit", "-qm", name], ["tag", name]):
                subprocess.run(["git", *words], cwd=lab_project, check=True)
            if name == "b":
                repo.exp_save(name="try-b")
    return lab_project


@pytest.mark.parametrize(("lab", "dark"), [(True, False), (True, True), (False, False)])
def test_sort_filter_compare_and_plot(
    metrics_project: Path, notebook: Callable[..., Path], open_notebook: Callable[..., Any], lab: bool, dark: bool
):
    opened = open_notebook(notebook(metrics_project / "metrics.ipynb", *SOURCES), lab=lab, dark=dark)
    opened.run(0)
    cell = opened.run(1)
    widget, keys = cell.locator(".dvnb-widget"), opened.page.keyboard
    rows = widget.locator("table.dvnb-rows tbody tr[aria-selected]")
    expect(rows).to_have_count(8)  # the workspace, six tags, one experiment
    expect(cell.locator(".dvnb-still")).to_be_hidden()
    expect(rows.nth(0)).to_contain_text("workspace")
    expect(widget.locator("tr", has_text="try-b")).to_contain_text("experiment")

    # Sorted by the keyboard, by a click, and by neither.
    head = widget.locator("th", has_text="acc")
    head.get_by_role("button").focus()
    keys.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(rows.nth(0)).to_contain_text("0.81")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(rows.nth(0)).to_contain_text("0.95")
    expect(rows.nth(1)).to_contain_text("0.93457")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "none")

    search = widget.get_by_role("searchbox")
    search.click()
    keys.type("acc >= 0.9 mlp", delay=5)
    expect(rows).to_have_count(4)
    expect(search).to_have_value("acc >= 0.9 mlp")
    keys.press("Home")
    keys.type("x")
    expect(search).to_have_value("xacc >= 0.9 mlp")
    expect(widget.get_by_role("alert")).to_contain_text("there is no column “xacc”")
    search.fill("")
    expect(rows).to_have_count(8)

    _compare_workspace_and_experiment(widget, keys)
    drawn = widget.get_by_role("img", name="acc over versions, oldest first")
    expect(drawn.locator("circle")).to_have_count(5)
    expect(drawn.locator("circle.dvnb-picked")).to_have_count(2)
    widget.get_by_role("combobox", name="over").select_option(label="lr")
    drawn = widget.get_by_role("img", name="acc over lr")
    assert "lr = 0.001" in "".join(drawn.locator("circle title").all_text_contents())
    opened.look(f"metrics-{'lab' if lab else 'notebook'}-{'dark' if dark else 'light'}")

    widget.get_by_role("button", name="Columns").click()
    widget.get_by_label("model (param)").uncheck()
    expect(widget.locator("th", has_text="model")).to_have_count(0)
    (metrics_project / "metrics.json").write_text('{"acc": 0.5}')
    widget.get_by_role("button", name="Refresh").click()
    expect(rows.nth(0)).to_contain_text("0.5")
    widget.get_by_role("combobox", name="Versions").select_option(label="HEAD and its experiments")
    expect(rows).to_have_count(2)


def _compare_workspace_and_experiment(widget: Locator, keys: Keyboard):
    """Two rows, one chosen by keys, one by a click."""
    rows = widget.locator("table.dvnb-rows tbody tr[aria-selected]")
    grid = widget.get_by_role("grid", name="Versions")
    grid.focus()
    keys.press("Home")
    keys.press("Space")
    expect(rows.nth(0)).to_have_attribute("aria-selected", "true")
    widget.locator("tr", has_text="try-b").click()
    compared = widget.get_by_role("region", name="Comparison")
    expect(compared.locator("tr", has_text="acc").locator("mark")).to_have_text("0.93457")
    expect(compared.locator("tr", has_text="acc")).to_contain_text("▼ -0.015432")
    expect(compared.locator("tbody tr")).to_have_count(4)
    compared.get_by_label("Only what differs").check()
    expect(compared.locator("tbody tr")).to_have_count(3)


def test_ten_thousand_rows_scroll_quickly_and_a_saved_notebook_shows_the_first(
    lab_project: Path, notebook: Callable[..., Path], open_notebook: Callable[..., Any], new_page: Any
):
    opened = open_notebook(notebook(lab_project / "many.ipynb", SOURCES[0], MANY))
    opened.run(0)
    cell = opened.run(1)
    widget = cell.locator(".dvnb-widget")
    expect(widget).to_contain_text("10,000 rows")
    assert widget.locator("table.dvnb-rows tr").count() < 60
    milliseconds = widget.locator(".dvnb-scroll").first.evaluate(
        """async (node) => {
            const began = performance.now();
            for (let step = 1; step <= 50; step++) {
                node.scrollTop = (node.scrollHeight * step) / 50;
                await new Promise((done) => node.addEventListener("scroll", done, { once: true }));
            }
            return (performance.now() - began) / 50;
        }"""
    )
    assert milliseconds < 100, f"a step of scrolling took {milliseconds:.0f} ms"
    expect(widget.locator("tr", has_text="run-9999")).to_be_visible()
    expect(widget.locator("table.dvnb-rows tbody tr[aria-selected]").last).to_contain_text("0.9999")
    widget.locator("th", has_text="seed").get_by_role("button").click()
    widget.get_by_role("searchbox").fill("acc > 0.5 lr = 0.01")
    expect(widget).to_contain_text("1,000 of 10,000 rows")
    expect(widget.locator("table.dvnb-rows tbody tr[aria-selected]").first).to_contain_text("0.5002")
    opened.look("metrics-many")

    opened.save()
    shown = nbformat.read(opened.path, 4).cells[1].outputs
    still = next(output for output in shown if "dvnb-still" in output.data.get("text/html", ""))
    assert "run-0" in still.data["text/html"] and "9,900 more rows" in still.data["text/plain"]
    exported, _ = HTMLExporter(template_name="lab").from_filename(os.fspath(opened.path))
    page = new_page(foreign=True)
    page.set_content(exported, wait_until="domcontentloaded")
    expect(page.locator(".dvnb-still table")).to_contain_text("run-99")
