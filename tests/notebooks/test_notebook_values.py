"""Values of parameters on their way into a kernel: by `-p`, by params.yaml, in Python, bash, R and Julia."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from papermill.translators import papermill_translators

from dvnb import Repo

VALUES: dict[str, Any] = {
    "items": [1, "two", None, {"deep": [True, 0.5]}],
    "table": {"a": {"b": [1, 2]}, "x y": "z"},
    "nothing": None,
    "yes": True,
    "top": math.inf,
    "low": -math.inf,
    "gap": math.nan,
    "word": "Grüße 'and' \"more\" \\ $HOME `x` 日本",
    "digits": "007",
    "looks": "1e5",
    "truth": "true",
    "lines": "a\nb\n",
    "long": 123456789012345678901234567890,
    "small": 1e-300,
    "negative": -3,
    "empty": "",
}


def same(one: Any, other: Any) -> bool:
    return repr(one) == repr(other)


def as_yaml(value: Any) -> str:
    """YAML 1.2, as dvc reads it: JSON but for what JSON has no number for."""
    special = {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}
    return special.get(repr(value)) or json.dumps(value, ensure_ascii=False)


@pytest.fixture
def project(repo: Path, write_notebook: Any) -> Path:
    names = ", ".join([*VALUES, "day"])
    cell = "\n".join(f"{name} = 0" for name in [*VALUES, "day"])
    write_notebook(repo / "n.ipynb", f"open('said', 'w').write(repr(({names})))", cell)
    return repo


def said(project: Path) -> dict[str, Any]:
    found = eval((project / "said").read_text(), {"nan": math.nan, "inf": math.inf})
    return dict(zip([*VALUES, "day"], found, strict=True))


def test_python_by_option_and_by_file(project: Path) -> None:
    repo = Repo(project, capture=True)
    texts = [f"{name}={as_yaml(value)}" for name, value in VALUES.items()]
    repo.notebook_run("n.ipynb", "a.ipynb", parameters=[*texts, "day=2024-02-29"])
    found = said(project)
    assert found.pop("day") == "2024-02-29"
    assert {name: value for name, value in found.items() if not same(value, VALUES[name])} == {}
    lines = [*(f"{name}: {as_yaml(value)}" for name, value in VALUES.items()), "day: 2024-02-29"]
    (project / "params.yaml").write_text("\n".join(lines))
    repo.notebook_stage("n.ipynb", run=True)
    found = said(project)
    assert found.pop("day") == "2024-02-29"
    assert same(found, VALUES)
    # not a number equals nothing, not even itself: as in stock dvc
    assert repo.status().to_json() == {"n": [{"changed deps": {"params.yaml": {"gap": "modified"}}}]}
    json.loads((project / "n.run.ipynb").read_text(), parse_constant=pytest.fail)


def test_bash(repo: Path, monkeypatch: pytest.MonkeyPatch, write_notebook: Any) -> None:
    spec = repo.parent / "jupyter" / "kernels" / "bash"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", "bash_kernel", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Bash", "language": "bash"}))
    monkeypatch.setenv("JUPYTER_PATH", str(spec.parent.parent))
    path = write_notebook(
        repo / "n.ipynb", 'printf "%s|" "$word" "$digits" "$yes" "$small" "$long" > said', "word=x\ndigits=1"
    )
    notebook = json.loads(path.read_text())
    notebook["metadata"]["kernelspec"] = {"name": "bash", "display_name": "bash", "language": "bash"}
    path.write_text(json.dumps(notebook))
    words = {name: VALUES[name] for name in ("word", "digits", "yes", "small", "long")}
    (repo / "params.yaml").write_text(yaml.safe_dump(words))
    Repo(repo, capture=True).notebook_stage("n.ipynb", params=[",".join(words)], run=True)
    assert (repo / "said").read_text() == f"{words['word']}|007|true|1e-300|{words['long']}|"


@pytest.mark.parametrize(
    ("kernel", "language", "expected"),
    [
        ("ir", "R", ['items = list(1, "two", NULL)', "yes = TRUE", 'digits = "007"']),
        ("julia-1.10", "julia", ['items = [1, "two", nothing]', "yes = true", 'digits = "007"']),
    ],
)
def test_code_for_other_languages(kernel: str, language: str, expected: list[str]) -> None:
    translator = papermill_translators.find_translator(kernel, language)
    values = {"items": [1, "two", None], "yes": True, "digits": "007"}
    lines = translator.codify(values).splitlines()
    assert lines[1:] == expected
