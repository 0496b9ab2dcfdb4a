"""`dvnb notebook run` from the command line: other kernels, time-outs, a full disk, progress, and dvnb inside papermill."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BASH_SPEC = {
    "argv": [sys.executable, "-m", "bash_kernel", "-f", "{connection_file}"],
    "display_name": "Bash",
    "language": "bash",
}


@pytest.fixture
def notebook(tmp_path: Path, write_notebook: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A notebook in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def write(body: str, parameters: str | None = None, kernel: str = "python3", language: str = "python") -> Path:
        path = write_notebook(tmp_path / "a.ipynb", body, parameters)
        data = json.loads(path.read_text())
        data["metadata"]["kernelspec"] = {"name": kernel, "display_name": kernel, "language": language}
        path.write_text(json.dumps(data))
        return path

    return write


def output_of(path: Path) -> str:
    cells = json.loads(path.read_text())["cells"]
    return "".join("".join(out.get("text", "")) for cell in cells for out in cell.get("outputs", []))


def test_a_notebook_in_bash(notebook: Any, tmp_path: Path, dvnb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = tmp_path / "jupyter" / "kernels" / "bash"
    spec.mkdir(parents=True)
    (spec / "kernel.json").write_text(json.dumps(BASH_SPEC))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    notebook('echo "lines: $lines"', "lines=1", "bash", "bash")
    done = dvnb("notebook", "run", "a.ipynb", "b.ipynb", "-p", "lines=7", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "lines: 7" in output_of(tmp_path / "b.ipynb")
    assert "lines: 7" in done.out


def test_time_outs_and_progress(notebook: Any, tmp_path: Path, dvnb: Any) -> None:
    notebook("import time\ntime.sleep(60)", "import time; time.sleep(1.1)\nlr = 1")
    done = dvnb("notebook", "run", "a.ipynb", "b.ipynb", "--notebook-timeout", "3", cwd=tmp_path)
    assert done.code == 1
    lines = done.err.splitlines()
    assert re.fullmatch(r"cell 1/2 done in [\d.]+ s \([\d.]+ s so far, about [\d.]+ s left\)", lines[0])
    assert lines[-1] == (
        "ERROR: 'a.ipynb' was stopped in cell 2: the notebook took longer than 3 s (`import time`); "
        "the copy up to there is 'b.ipynb'"
    )
    assert (tmp_path / "b.ipynb").exists()


def test_a_full_disk(notebook: Any, tmp_path: Path) -> None:
    notebook("print('x' * 300_000)", "print('kept')")
    done = subprocess.run(
        [sys.executable, "-m", "dvnb", "notebook", "run", "a.ipynb", "b.ipynb"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert done.stderr == "ERROR: cannot write the executed copy 'b.ipynb': File too large; it holds what ran before\n"
    assert "kept" in output_of(tmp_path / "b.ipynb")
    assert sorted(os.listdir(tmp_path)) == ["a.ipynb", "b.ipynb"]


def test_as_an_engine_of_papermill(notebook: Any, tmp_path: Path) -> None:
    import papermill
    from papermill.exceptions import PapermillExecutionError

    notebook("print(lr * 2)\n1 / (lr - 3)", "lr = 1")
    copy = tmp_path / "b.ipynb"
    papermill.execute_notebook("a.ipynb", str(copy), {"lr": 21}, engine_name="dvnb", progress_bar=False)
    assert output_of(copy) == "42\n"
    assert json.loads(copy.read_text())["metadata"]["papermill"]["parameters"] == {"lr": 21}
    with pytest.raises(PapermillExecutionError) as caught:
        papermill.execute_notebook("a.ipynb", str(copy), {"lr": 3}, engine_name="dvnb", progress_bar=False)
    assert str(caught.value) == (
        f"'a.ipynb' failed in cell 2, line 2: ZeroDivisionError: division by zero (`1 / (lr - 3)`); "
        f"the copy up to there is '{copy}'"
    )
    assert "6\n" in output_of(copy)
