"""Notebooks for the tests of notebook stages: written clean, or saved the way JupyterLab saves them after a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Write = Callable[..., Path]


def write_notebook(path: Path, body: str, parameters: str | None = None) -> Path:
    """A clean notebook: a cell tagged `parameters` where they are given, then the body."""
    sources = [(parameters, ["parameters"])] if parameters is not None else []
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"cell-{number}",
            "metadata": {"tags": tags} if tags else {},
            "outputs": [],
            "source": source.splitlines(keepends=True),
        }
        for number, (source, tags) in enumerate([*sources, (body, [])])
    ]
    spec = {"display_name": "python3", "language": "python", "name": "python3"}
    notebook = {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook, sort_keys=True, indent=1, ensure_ascii=False) + "\n")
    return path


def save_with_outputs(path: Path, text: str = "out") -> None:
    """Change the file as JupyterLab does when the notebook is run and saved there: nothing of it is source."""
    notebook = json.loads(path.read_text())
    for number, cell in enumerate(notebook["cells"], 1):
        cell["execution_count"] = number
        cell["metadata"]["execution"] = {"iopub.execute_input": "2024-01-01T00:00:00.000000Z"}
        cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": [f"{text}\n"]}]
    notebook["metadata"]["kernelspec"]["display_name"] = "Python 3 (ipykernel)"
    notebook["metadata"]["language_info"] = {"name": "python", "version": "3.11.0"}
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


def state_of(root: Path) -> dict[str, bytes]:
    """All files of a project but git's and what tools note for themselves."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.relative_to(root).as_posix().startswith((".git/", ".dvc/tmp/"))
    }


@pytest.fixture(name="write_notebook")
def _write_notebook() -> Write:
    return write_notebook


@pytest.fixture(name="save_with_outputs")
def _save_with_outputs() -> Callable[..., None]:
    return save_with_outputs


@pytest.fixture(name="state_of")
def _state_of() -> Callable[[Path], dict[str, bytes]]:
    return state_of


@pytest.fixture
def status() -> Callable[[Any], Any]:
    """What `status` of a tool says, as data."""

    def ask(tool: Any, **options: Any) -> Any:
        done = tool("status", "--json", **options)
        assert done.code == 0, done.err
        return json.loads(done.out)

    return ask
