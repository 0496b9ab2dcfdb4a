"""The README's examples, taken from its text and run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
BIN = Path(sys.executable).parent


def block(section: str, language: str, number: int = 0) -> str:
    text = README.split(f"\n## {section}\n")[1].split("\n## ")[0]
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)[number]


def verbs() -> list[str]:
    """The verbs in the table of the CLI section: what stands in backquotes, without options."""
    rows = README.split("\n## The CLI\n")[1].split("\n|---|---|\n")[1].split("\n\n")[0]
    return list(re.findall(r"`([a-z]+(?: [a-z]+)?)(?: \[[^`]*\])?`", rows))


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "T")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "t@example.org")


@pytest.fixture
def project(tmp_path: Path, environment: None) -> Path:
    """What the CLI section presupposes: data, a parameterised notebook, params.yaml, a git repo."""
    root = tmp_path / "project"
    (root / "data").mkdir(parents=True)
    (root / "data/a.txt").write_text("1\n2\n")
    (root / "params.yaml").write_text("train: {lr: 0.1}\n")
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_code_cell("lr = 1.0", metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(
            "import json, pathlib\n"
            "pathlib.Path('model.txt').write_text(str(lr))\n"
            "pathlib.Path('metrics.json').write_text(json.dumps({'lr': lr}))"
        ),
    ]
    nbformat.write(notebook, root / "train.ipynb")
    subprocess.run(["git", "init", "--quiet", "-b", "main"], cwd=root, check=True)
    return root


def shell(script: str, cwd: Path) -> str:
    done = subprocess.run(["bash", "-ec", script], cwd=cwd, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_first_notebook(tmp_path: Path, environment: None) -> None:
    sources = re.split(r"^# cell\n", block("A first notebook in ten lines", "python"), flags=re.MULTILINE)[1:]
    lines = [line for source in sources for line in source.splitlines() if line.strip()]
    assert len(lines) == 10
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in [*sources, sources[1]]]

    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()

    assert json.loads((tmp_path / "total.json").read_text()) == {"total": 60}
    assert (tmp_path / "stages/total.ipynb").is_file()
    shown = json.dumps([cell.outputs for cell in notebook.cells])
    assert "text/html" in shown
    again = json.dumps(notebook.cells[-1].outputs)
    assert "skipp" in again, again


def test_the_cli_and_the_api(project: Path) -> None:
    shell(block("The CLI", "sh"), project)
    assert (project / "model.txt").read_text() == "0.1"
    assert shell("dvnb status", project).strip() == "Data and pipelines are up to date."
    assert (project.parent / "storage/files/md5").is_dir()

    status, skipped, edges, metrics, modified, transferred = values("The API", 0, project)
    assert (status, skipped, edges) == ({}, ["data.dvc", "train"], [["data.dvc", "train"]])
    assert metrics["data"]["metrics.json"]["data"] == {"lr": 0.1}
    assert (modified, transferred) == ([], 0)
    new, root, problems, rows, sizes, copy, again, entries = values("The API", 1, project)
    assert (new, root, problems) == (str(project / "new"), ".", [])
    assert [row["path"] for row in rows] == ["a.txt"]
    assert sizes[-1][0] == ""
    assert (copy, again) == ("copy", "again")
    assert [entry["path"] for entry in entries] == ["a.txt"]
    assert (project / "again/a.txt").read_text() == "1\n2\n"
    text, url, params, metrics, experiment, rows, *shapes = values("The API", 2, project)
    assert (text, params, metrics) == ("1\n2\n", {"train": {"lr": 0.1}}, {"lr": 0.1})
    assert Path(url).read_text() == "1\n2\n"
    assert shapes == [[2, 1]] * 3
    assert [row["rev"] for row in rows if row["Experiment"] == "first-try"] == [experiment[:7]]


def values(section: str, number: int, cwd: Path) -> list[Any]:
    """What each line of a block comes to."""
    statements = [line.split("  #")[0] for line in block(section, "python", number).splitlines() if line.strip()]
    lines = "\n".join(
        statement if "import" in statement or "=" in statement.split("(")[0] else f"values.append({statement})"
        for statement in statements
    )
    shown = "lambda value: value.to_json()"
    program = f"import json\nvalues = []\n{lines}\nprint(json.dumps(values, default={shown}))\n"
    done = subprocess.run([sys.executable, "-c", program], cwd=cwd, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_named_has_help_with_an_example(verb: str, environment: None, tmp_path: Path) -> None:
    assert "dvnb " + verb in shell(f"dvnb {verb} --help", tmp_path).partition("\nexample")[2]
