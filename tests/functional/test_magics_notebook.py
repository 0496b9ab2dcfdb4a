"""A notebook that works with dvnb, run by nbclient in a real kernel."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import dvnb


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("DVC_STAGE", raising=False)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    dvnb.Repo.init(root)
    (root / "data.csv").write_text("x\n1\n2\n")
    (root / "params.yaml").write_text("factor: 3\n")
    return root


def execute(project: Path, *sources: str) -> list[list[dict[str, Any]]]:
    """The outputs of each cell."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": os.fspath(project)}})
    client.execute()
    return [cell.outputs for cell in notebook.cells]


def html(outputs: list[dict[str, Any]]) -> str:
    return "".join(output.get("data", {}).get("text/html", "") for output in outputs)


def stream(outputs: list[dict[str, Any]]) -> str:
    return "".join(output.get("text", "") for output in outputs if output["output_type"] == "stream")


def test_a_session_with_data_stages_and_metrics(project: Path):
    setup = "%%stage --setup\nimport csv, json"
    stage = (
        "%%stage total -d data.csv -p factor -M total.json\n"
        "rows = [int(row['x']) for row in csv.DictReader(open('data.csv'))]\n"
        "print('rows:', len(rows))\n"
        "json.dump({'total': sum(rows) * factor}, open('total.json', 'w'))"
    )
    outputs = execute(
        project,
        "%load_ext dvnb",
        "%dvc add data.csv",
        "%dvc status",
        setup,
        stage,
        stage,
        "%dvc dag",
        "%dvc metrics show",
        "shown = %dvc metrics show\nshown.revs",
        "%dvc status -q",
    )
    assert outputs[0] == []
    assert "data.csv.dvc" in html(outputs[1])
    assert "<table" in html(outputs[1])
    assert "up to date" in html(outputs[2])
    assert "rows: 2" in stream(outputs[4])
    assert "ran in" in html(outputs[4])
    assert "skipped" in html(outputs[5])
    # What it showed when it ran is shown again.
    assert "rows: 2" in stream(outputs[5])
    assert "<svg" in html(outputs[6])
    assert outputs[6][0]["data"]["text/plain"].startswith("+")
    assert "total" in html(outputs[7])
    assert "'total': 9" in outputs[8][0]["data"]["text/plain"]
    assert outputs[9] == []
    assert "stages/total.ipynb" in (project / "dvc.yaml").read_text()


def test_stages_at_once_and_their_logs(project: Path):
    (project / "dvc.yaml").write_text(
        "stages:\n"
        "  a:\n    cmd: sleep 0.3 && echo from a && echo 1 > a\n    outs: [a]\n"
        "  b:\n    cmd: echo from b && echo 1 > b\n    outs: [b]\n"
    )
    read = "log = %dvc logs b\nlog.runs[0].text"
    outputs = execute(project, "%load_ext dvnb", "%dvc repro -v -j 2", "%dvc logs a", read)
    told = stream(outputs[1])
    assert told.index("from b\n") < told.index("from a\n")  # stage by stage, as they end
    assert "stage: 'a' changed." in told
    assert "from a" in html(outputs[2]) + stream(outputs[2])
    assert outputs[3][-1]["data"]["text/plain"] == repr("from b\n")
    lock = (project / "dvc.lock").read_text()
    assert lock.index("  a:") < lock.index("  b:")


def test_pictures_of_a_stage_are_shown_in_its_cell(project: Path):
    stage = "%%stage picture -o p.txt\nfrom IPython.display import HTML, display\ndisplay(HTML('<b>made</b>'))\nopen('p.txt', 'w').close()"
    outputs = execute(project, "%load_ext dvnb", stage)
    assert "<b>made</b>" in html(outputs[1])


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%dvc add nosuch.csv", "output 'nosuch.csv' does not exist"),
        ("%dvc repro nosuch", "does not exist"),
        ("%%stage bad -o x.txt\nraise ValueError('no luck')", "failed to reproduce 'bad'"),
    ],
)
def test_a_failure_stops_the_notebook_in_a_line(project: Path, cell: str, message: str):
    with pytest.raises(CellExecutionError) as error:
        execute(project, "%load_ext dvnb", cell, "print('never')")
    assert error.value.ename == "DvcFailed"
    assert message in error.value.evalue
    assert "interactiveshell.py" not in error.value.traceback
