"""Lint, trace and promote of notebooks, as commands, as methods and in a notebook."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import NotebookError

BODY = """\
import json, os, sqlite3
import scale
rows = [int(line) for number in range(1, 6) for line in open(f"data/{number}.txt")]
os.makedirs("parts", exist_ok=True)
for number, row in enumerate(rows):
    open(f"parts/{number}.txt", "w").write(str(row))
open("parts/tmp.tmp", "w").write("x")
json.dump({"total": sum(rows) * factor * scale.UNIT}, open("metrics.json", "w"))
store = sqlite3.connect("rows.sqlite")
store.executescript("drop table if exists r; create table r(x); insert into r values (1);")
store.close()
print("total", sum(rows))
"""


@pytest.fixture
def traced(repo: Path, write_notebook: Callable[..., Path], commit_all: Callable[..., None]) -> Path:
    """A project with a notebook that nobody declared: five files and a module are read, a few files written."""
    (repo / "data").mkdir()
    for number in range(1, 6):
        (repo / "data" / f"{number}.txt").write_text(f"{number}\n")
    (repo / "scale.py").write_text("UNIT = 2\n")
    (repo / "params.yaml").write_text("factor: 3\n")
    (repo / "metrics.json").write_text('{"total": 90}')
    write_notebook(repo / "sum.ipynb", BODY, "factor = 1")
    commit_all()
    return repo


def _by_hand(path: Path, text: str) -> None:
    """Save the notebook as its author does after a run."""
    notebook = json.loads(path.read_text())
    for number, cell in enumerate(notebook["cells"], 1):
        cell["execution_count"] = number
    notebook["cells"][-1]["outputs"] = [{"name": "stdout", "output_type": "stream", "text": [text]}]
    path.write_text(json.dumps(notebook))


def test_trace_suggests_what_a_run_read_and_wrote_and_can_be_undone(traced: Path, dvnb: Any, git: Any):
    (traced / "metrics.json").write_text("mine")
    result = Repo(traced).notebook_trace("sum.ipynb")
    assert result.deps == ["data", "scale.py"]
    assert result.outs == [["-M", "metrics.json"], ["-o", "parts"], ["-o", "rows.sqlite"]]
    expected = "notebook stage sum.ipynb -d data -d scale.py -M metrics.json -o parts -o rows.sqlite"
    assert result.command == expected.split()
    assert json.loads((traced / "metrics.json").read_text()) == {"total": 90}
    assert (traced / result.kept["metrics.json"]).read_text() == "mine"
    assert not (traced / "dvc.yaml").exists()

    lint = Repo(traced).notebook_lint("sum.ipynb")
    assert lint.findings == []  # no stage, so nothing to declare
    assert dvnb("undo").code == 0
    assert (traced / "metrics.json").read_text() == "mine"
    assert not (traced / "parts" / "0.txt").exists()
    assert not (traced / "rows.sqlite").exists()


def test_trace_by_python_alone_says_what_it_does_not_see_and_scratch_leaves_nothing(traced: Path, dvnb: Any, git: Any):
    done = dvnb("notebook", "trace", "sum.ipynb", "--watch", "python", "--scratch", "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out[done.out.index("{") :])
    assert told["deps"] == ["data", "scale.py"]
    assert [path for _, path in told["outs"]] == ["metrics.json", "parts", "rows.sqlite"]
    assert "without strace" in told["notes"][0]
    assert told["placed"] == []
    assert git("status", "--porcelain") == ""


def test_the_hook_leaves_the_notebook_as_it_is(repo: Path, write_notebook: Any):
    body = (
        "import sys, os, __main__\nprint(sorted(set(dir()) - {'_i', '_ii'})[:0], sys.argv[0].endswith('launcher.py'))\n"
    )
    body += "print('' in sys.path or os.getcwd() in sys.path, __main__.__name__, 'audithook' in str(sys.modules))\n"
    body += "open('seen.txt', 'w').write(repr(sorted(n for n in globals() if 'hook' in n or 'log' == n)))"
    write_notebook(repo / "n.ipynb", body)
    result = Repo(repo).notebook_trace("n.ipynb", watcher="python")
    outputs = json.loads((repo / result.copy).read_text())["cells"][0]["outputs"]
    assert "".join(outputs[0]["text"]) == "[] True\nTrue __main__ False\n"
    assert (repo / "seen.txt").read_text() == "[]"


def test_trace_of_another_kernel_needs_strace(repo: Path, write_notebook: Any):
    path = write_notebook(repo / "n.ipynb", "cat in.txt > out.txt")
    notebook = json.loads(path.read_text())
    notebook["metadata"]["kernelspec"] = {"name": "bash", "display_name": "bash", "language": "bash"}
    path.write_text(json.dumps(notebook))
    (repo / "in.txt").write_text("x\n")
    with pytest.raises(NotebookError, match="strace"):
        Repo(repo).notebook_trace("n.ipynb", watcher="python")
    assert not (repo / "out.txt").exists()


def test_trace_sees_other_kernels_and_readers_in_c(
    repo: Path, write_notebook: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    spec = tmp_path / "jupyter" / "kernels" / "bash"
    spec.mkdir(parents=True)
    argv = [sys.executable, "-m", "bash_kernel", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "Bash", "language": "bash"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    path = write_notebook(repo / "n.ipynb", "cat in.txt > out.txt")
    notebook = json.loads(path.read_text())
    notebook["metadata"]["kernelspec"] = {"name": "bash", "display_name": "bash", "language": "bash"}
    path.write_text(json.dumps(notebook))
    (repo / "in.txt").write_text("x\n")
    result = Repo(repo).notebook_trace("n.ipynb")
    assert (result.watcher, result.deps, result.outs) == ("strace", ["in.txt"], [["-o", "out.txt"]])

    (repo / "rows.csv").write_text("a,b\n1,2\n")
    copy = "import duckdb\nduckdb.sql(\"copy (from 'rows.csv') to 'rows.parquet'\")"
    write_notebook(repo / "c.ipynb", copy)
    result = Repo(repo).notebook_trace("c.ipynb")
    assert (result.deps, result.outs) == (["rows.csv"], [["-o", "rows.parquet"]])


def test_trace_and_lint_know_what_a_stage_does_not_declare(traced: Path, dvnb: Any):
    repo = Repo(traced)
    repo.notebook_stage("sum.ipynb", deps=["data", "data/1.txt"][:1], metrics_no_cache=["metrics.json"])
    result = repo.notebook_trace("sum.ipynb", scratch=True)
    assert result.stage == "sum"
    assert result.missing == ["scale.py", "parts", "rows.sqlite"]
    assert result.command[:5] == ["stage", "add", "--force", "-n", "sum"]
    done = dvnb("notebook", "lint", "--json")
    found = json.loads(done.out)["findings"]
    assert done.code == 1
    assert {"scale.py", "rows.sqlite"} <= {one["message"].split("'")[1] for one in found}
    assert {one["code"] for one in found} == {"NB601", "NB602"}
    assert dvnb("notebook", "lint", "--ignore", "NB6").code == 0
    assert dvnb(*result.command).code == 0
    assert dvnb("notebook", "lint", "--select", "NB6").code == 0
    assert dvnb("notebook", "lint", "--select", "XX").code != 0


def test_promote_records_a_stage_that_gives_the_same(traced: Path, dvnb: Any, status: Any):
    _by_hand(traced / "sum.ipynb", "total 15\n")
    result = Repo(traced).notebook_promote("sum.ipynb")
    assert result.recorded
    assert result.differences == []
    assert "cell 2" in result.same
    assert "metrics.json" in result.same
    assert {"parts", "rows.sqlite", "sum.run.ipynb", "metrics.json"} == set(result.outs)
    assert status(dvnb) == {}
    assert dvnb("undo").code == 0
    assert not (traced / "dvc.yaml").exists()
    assert not (traced / "dvc.lock").exists()
    assert (traced / "metrics.json").read_text() == '{"total": 90}'


def test_promote_completes_a_folder_of_which_a_part_is_declared(traced: Path):
    result = Repo(traced).notebook_promote("sum.ipynb", deps=["data/1.txt"], outs=["parts/0.txt"])
    assert result.recorded
    assert {"data/1.txt", "data"} < set(result.deps)
    parts = {f"parts/{number}.txt" for number in range(5)}
    assert set(result.outs) == {*parts, "rows.sqlite", "sum.run.ipynb", "metrics.json"}


def test_a_text_notebook_is_traced(repo: Path):
    (repo / "job.py").write_text("# %%\nopen('out.txt', 'w').write(open('in.txt').read())\n")
    (repo / "in.txt").write_text("x\n")
    result = Repo(repo).notebook_trace("job.py")
    assert (result.deps, result.outs) == (["in.txt"], [["-o", "out.txt"]])
    Repo(repo).notebook_stage("job.py", name="job")
    assert {"NB601", "NB602"} <= {one.code for one in Repo(repo).notebook_lint("job.py").findings}
    assert Repo(repo).notebook_clean("job.py").unchanged == ["job.py"]


def test_promote_of_other_results_changes_nothing_until_it_is_told(
    traced: Path, dvnb: Any, state_of: Callable[[Path], dict[str, bytes]], status: Any
):
    _by_hand(traced / "sum.ipynb", "total 15.001\n")
    (traced / "metrics.json").write_text('{"total": 90.001}')
    before = state_of(traced)
    done = dvnb("notebook", "promote", "sum.ipynb")
    assert done.code == 1
    assert "metrics.json:total: 90.001 -> 90" in done.out
    assert "-total 15.001" in done.out
    assert state_of(traced) == before
    kept = Path(done.out.split("The new results are in '")[1].split("'")[0])
    assert json.loads((traced / kept / "metrics.json").read_text()) == {"total": 90}

    close = Repo(traced).notebook_promote("sum.ipynb", tolerance=0.01)
    assert close.recorded
    assert status(dvnb) == {}
    assert dvnb("undo").code == 0
    told = dvnb("notebook", "promote", "sum.ipynb", "--yes", "-n", "named")
    assert told.code == 0, told.err
    assert "Recorded stage 'named'" in told.out


def test_a_notebook_that_names_the_project_is_not_run(traced: Path, write_notebook: Any, dvnb: Any):
    write_notebook(traced / "n.ipynb", f"open('{traced}/metrics.json', 'w')")
    done = dvnb("notebook", "trace", "n.ipynb")
    assert done.code == 1
    assert "absolute" in done.err
    assert (traced / "metrics.json").read_text() == '{"total": 90}'


def test_a_failing_notebook_changes_nothing(traced: Path, write_notebook: Any, dvnb: Any, git: Any):
    write_notebook(traced / "sum.ipynb", "open('metrics.json', 'w').write('new')\n1 / 0")
    for verb in ("trace", "promote"):
        done = dvnb("notebook", verb, "sum.ipynb")
        assert done.code == 1
        assert "'sum.ipynb' failed in cell 1, line 2" in done.err
    assert (traced / "metrics.json").read_text() == '{"total": 90}'


def test_lint_compares_the_environment_file(repo: Path, write_notebook: Any, dvnb: Any):
    write_notebook(repo / "n.ipynb", "x = 1")
    (repo / "requirements.txt").write_text("nbclient<0.1\nno-such-package-here==1.0\n")
    Repo(repo).notebook_stage("n.ipynb", deps=["requirements.txt"])
    found = Repo(repo).notebook_lint().findings
    assert [one.code for one in found] == ["NB701", "NB701"]
    assert "no-such-package-here==1.0" in found[1].message


def test_lint_outside_of_a_project(home: Path, tmp_path: Path, write_notebook: Any, dvnb: Any):
    write_notebook(tmp_path / "plain" / "n.ipynb", "print(x)")
    done = dvnb("notebook", "lint", cwd=tmp_path / "plain")
    assert done.code == 1
    assert "n.ipynb, cell 1 (cell-0), line 1: NB201" in done.out


def test_the_magics(traced: Path):
    from IPython.testing.globalipapp import start_ipython

    shell = start_ipython()
    shell = shell if shell is not None else __import__("IPython").get_ipython()
    shell.run_line_magic("load_ext", "dvnb")
    result = shell.run_line_magic("dvc", "notebook lint sum.ipynb")
    assert result.findings == []
    assert "Nothing found" in result._repr_mimebundle_()["text/html"]


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The notebooks of example_notebooks/studies in a repo of their own."""
    root = tmp_path_factory.mktemp("studies") / "repo"
    shutil.copytree(
        Path(__file__).parents[2] / "example_notebooks" / "studies",
        root,
        ignore=shutil.ignore_patterns(".gitignore", "*.run.ipynb", "metrics", "plots", "tables"),
    )
    subprocess.run(["git", "init", "-q", root], check=True)
    Repo.init(root)
    return root


def test_real_notebooks_run_as_stages_and_both_tools_agree(home: Path, studies: Path, dvnb: Any, dvc: Any, status: Any):
    names = {path.stem for path in studies.glob("*.ipynb")}
    assert len(names) == 5
    for path in studies.glob("*.ipynb"):
        assert 30 <= len(json.loads(path.read_text())["cells"]) <= 100
    lint = dvnb("notebook", "lint", cwd=studies)
    assert (lint.code, lint.out.strip()) == (0, "Nothing found in 5 notebooks.")
    done = dvnb("repro", cwd=studies)
    assert done.code == 0, done.err
    assert {line.split("'")[1] for line in done.lines if line.startswith("Running stage")} == names
    assert status(dvnb, cwd=studies) == {}
    assert status(dvc, cwd=studies) == {}
    assert dvnb("notebook", "lint", cwd=studies).code == 0
    for name, key, least in (("iris", "accuracy", 0.9), ("wine", "agreement", 0.8), ("breast_cancer", "auc", 0.98)):
        assert json.loads((studies / "metrics" / f"{name}.json").read_text())[key] >= least
