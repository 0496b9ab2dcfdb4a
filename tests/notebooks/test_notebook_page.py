"""A notebook's page opens in a browser that may ask for nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, sync_playwright

from dvnb import Repo

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture
def executed(repo: Path, write_notebook: Any) -> Path:
    path = write_notebook(repo / "report.run.ipynb", "show()", "secret_code = 1")
    notebook = json.loads(path.read_text())
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": ["IntSlider(value=7)"]}
    notebook["cells"][1]["outputs"] = [
        {"output_type": "display_data", "metadata": {}, "data": {"image/png": PNG, "text/plain": ["<Figure>"]}},
        {"output_type": "display_data", "metadata": {}, "data": widget},
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {"text/html": ["<script src='https://cdn.example.org/x.js'></script><b>bold output</b>"]},
        },
    ]
    source = "# Title\n$x^2$ ![far](https://far.example.org/a.png)\n\n```mermaid\ngraph TD\n```"
    notebook["cells"].append({"cell_type": "markdown", "id": "m", "metadata": {}, "source": source})
    notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    path.write_text(json.dumps(notebook))
    return repo


def test_the_page_needs_no_network(executed: Path, dvnb: Any) -> None:
    done = dvnb("notebook", "export", "report.run.ipynb")
    assert (done.code, done.out) == (0, "Wrote 'report.run.html'\n"), done.err
    repo = Repo(executed)
    (executed / "out.html").write_text("mine")
    result = repo.notebook_export("report.run.ipynb", "out.html", with_input=False)
    assert (executed / result.kept).read_text() == "mine"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        try:
            page = browser.new_page()
            asked: list[str] = []

            def answer(route: Route) -> None:  # what the page's policy forbids does not even come here
                asked.append(route.request.url)
                route.continue_() if route.request.url.startswith("file:") else route.abort()

            page.route("**/*", answer)
            page.goto((executed / "report.run.html").as_uri())
            text = page.inner_text("body")
            assert all(word in text for word in ("secret_code", "IntSlider(value=7)", "bold output", "Title", "x^2"))
            assert page.evaluate("document.querySelector('.jp-OutputArea img').naturalWidth") == 1
            assert page.evaluate("getComputedStyle(document.querySelector('.jp-Cell')).paddingLeft") != "0px"
            page.goto((executed / "out.html").as_uri())
            assert "bold output" in page.inner_text("body") and "secret_code" not in page.inner_text("body")
            assert [url for url in asked if not url.startswith("file:")] == [] and len(asked) == 2
        finally:
            browser.close()
    assert repo.undo() is not None
    assert (executed / "out.html").read_text() == "mine"
