"""The verbs of notebooks as a notebook's user types them: one kernel, `%dvc notebook …`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

BODY = "rows = [int(line) for line in open('data.csv')]\nprint('rows', len(rows))\nopen('sum.txt', 'w').write(str(sum(rows) * factor))"


def run_cells(folder: Path, *sources: str) -> list[str]:
    """What each cell shows: its HTML, its text and what is printed."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    NotebookClient(notebook, timeout=180, resources={"metadata": {"path": os.fspath(folder)}}).execute()
    return ["".join(map(_text, cell.outputs)) for cell in notebook.cells]


def _text(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    return "".join(("".join(output.get("text", "")), data.get("text/html", ""), data.get("text/plain", "")))


def test_each_verb(repo: Path, write_notebook: Any, save_with_outputs: Any, commit_all: Any, git: Any) -> None:
    path = write_notebook(repo / "sum.ipynb", BODY, "factor = 2  # how much")
    (repo / "data.csv").write_text("1\n2\n")
    commit_all()
    git("tag", "v1")
    write_notebook(path, f"{BODY}\nprint('edited')", "factor = 2  # how much")
    save_with_outputs(path, "rows 2")
    shown = run_cells(
        repo,
        "%load_ext dvnb",
        "%dvc notebook params sum.ipynb",
        "%dvc notebook lint sum.ipynb",
        "%dvc notebook trace sum.ipynb --scratch",
        "%dvc notebook diff sum.ipynb v1",
        "%dvc notebook clean sum.ipynb",
        "%dvc notebook promote sum.ipynb -n sum -d data.csv -o sum.txt --yes",
        "%dvc notebook run sum.ipynb try.ipynb -p factor=5",
        "%dvc notebook export try.ipynb -o page.html",
        "%dvc status",
    )
    _, params, lint, trace, diff, clean, promote, run, export, status = shown
    assert "factor" in params
    assert "how much" in params
    assert "Nothing found" in lint
    assert "data.csv" in trace
    assert "sum.txt" in trace
    assert "print(&#x27;edited&#x27;)" in diff or "print('edited')" in diff
    assert "sum.ipynb" in clean
    assert all(not cell["outputs"] for cell in json.loads(path.read_text())["cells"])
    assert "sum.txt" in (repo / "dvc.yaml").read_text()
    assert "sum" in promote
    assert "rows 2" in run
    assert (repo / "sum.txt").read_text() == "15"
    assert "page.html" in export
    assert "rows 2" in (repo / "page.html").read_text()
    assert "sum.txt" in status  # the run by hand changed an out
