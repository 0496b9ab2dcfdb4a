"""Notebooks as files: params, clean and git's filter, diff, grids, environments."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from dvnb import Repo
from dvnb.errors import GitError, TargetError

PARAMETERS = "lr = 0.5  # rate\nkind = 'a'  # choices: a, b"
BODY = "open(f'model-{lr}-{kind}.txt', 'w').write(repr((lr, kind)))"


@pytest.fixture
def project(repo: Path, write_notebook: Any, commit_all: Any) -> Path:
    write_notebook(repo / "train.ipynb", BODY, PARAMETERS)
    commit_all()
    return repo


def tag(path: Path, number: int, *tags: str) -> None:
    notebook = json.loads(path.read_text())
    notebook["cells"][number]["metadata"]["tags"] = list(tags)
    path.write_text(json.dumps(notebook, sort_keys=True, indent=1, ensure_ascii=False) + "\n")


def test_params(project: Path, dvnb: Any) -> None:
    done = dvnb("notebook", "params", "train.ipynb")
    assert done.lines[1].split() == ["lr", "float", "0.5", "rate"]
    said = json.loads(dvnb("notebook", "params", "train.ipynb", "--json").out)
    assert (said["kernel"], said["language"], said["cell"]) == ("python3", "python", 1)
    assert said["parameters"][1]["choices"] == ["a", "b"]
    assert [item.name for item in Repo(project).notebook_params("train.ipynb").parameters] == ["lr", "kind"]
    missing = dvnb("notebook", "params", "no.ipynb")
    assert (missing.code, missing.err) == (1, "ERROR: notebook 'no.ipynb' does not exist\n")


def test_check_and_outputs_that_stay(project: Path, dvnb: Any, save_with_outputs: Any) -> None:
    path = project / "train.ipynb"
    clean = path.read_bytes()
    assert dvnb("notebook", "clean", "--check", "train.ipynb").code == 0
    save_with_outputs(path)
    saved = path.read_bytes()
    done = dvnb("notebook", "clean", "--check", "train.ipynb")
    assert (done.code, done.out) == (1, "Not clean: 'train.ipynb'\n")
    assert path.read_bytes() == saved
    filtered = subprocess.run(
        [sys.executable, "-m", "dvnb", "notebook", "clean", "--filter"], input=saved, capture_output=True, check=True
    )
    assert filtered.stdout == clean

    assert dvnb("notebook", "clean", "train.ipynb").code == 0
    tag(path, 1, "keep_output")
    tag(path, 0, "mine", "parameters")
    save_with_outputs(path)
    assert dvnb("notebook", "clean", "train.ipynb", "--keep-output-tag", "mine").code == 0
    outputs = [cell["outputs"] for cell in json.loads(path.read_text())["cells"]]
    assert all(outputs)
    assert dvnb("notebook", "clean", "--check", "--keep-output-tag", "mine", "train.ipynb").code == 0
    assert dvnb("notebook", "clean", "train.ipynb").code == 0
    assert [bool(cell["outputs"]) for cell in json.loads(path.read_text())["cells"]] == [False, True]
    # kept outputs do not count
    repo = Repo(project)
    assert repo.project.canonical is not None
    before = repo.project.canonical.hash(str(path))
    path.write_text(path.read_text().replace("out\\n", "other\\n"))
    assert repo.project.canonical.hash(str(path)) == before
    assert repo.notebook_clean("train.ipynb", check=True).cleaned == []


def test_clones_with_the_filter_and_both_tools(
    project: Path, dvnb: Any, dvc: Any, git: Any, commit_all: Any, status: Any, save_with_outputs: Any, tmp_path: Path
) -> None:
    (project / "dvc.yaml").write_text(
        "stages:\n  s:\n    cmd: echo made > made\n    deps: [train.ipynb]\n    outs: [{made: {cache: false}}]\n"
    )
    modified = {"s": [{"changed deps": {"train.ipynb": "modified"}}]}
    clones = 0

    def in_a_clone() -> tuple[Path, Any, Any]:
        nonlocal clones
        clones += 1
        clone = tmp_path / f"clone{clones}"
        commit_all()
        git("clone", "-q", str(project), str(clone))
        return clone, status(dvnb, cwd=clone), status(dvc, cwd=clone)

    assert dvnb("notebook", "clean", "--install-filter").code == 0
    save_with_outputs(project / "train.ipynb")
    assert dvnb("repro").code == 0
    assert (status(dvnb), status(dvc)) == ({}, modified)
    assert in_a_clone()[1:] == ({}, {})

    assert dvc("repro").code == 0
    assert status(dvnb) == status(dvc) == {}
    clone, *said = in_a_clone()
    assert said == [modified, modified]
    assert dvnb("commit", "-f", cwd=clone).code == 0
    assert status(dvnb, cwd=clone) == status(dvc, cwd=clone) == {}

    assert dvnb("notebook", "clean", "train.ipynb").code == 0
    assert status(dvnb) == status(dvc) == {}
    assert in_a_clone()[1:] == ({}, {})


@pytest.mark.parametrize("other", [None, ".gitattributes", ".git/info/attributes"])
def test_the_filter_comes_and_goes_beside_others(
    project: Path, other: str | None, dvnb: Any, git: Any, commit_all: Any, save_with_outputs: Any, tmp_path: Path
) -> None:
    line = "*.ipynb filter=nbstripout\n"
    if other:
        Path(project, other).write_text(line)
    done = dvnb("notebook", "clean", "--install-filter")
    assert done.code == 0, done.err
    assert dvnb("notebook", "clean", "--install-filter").code == 0
    save_with_outputs(project / "train.ipynb")
    saved = (project / "train.ipynb").read_bytes()
    before = git("rev-parse", "HEAD:train.ipynb")
    commit_all()
    assert git("rev-parse", "HEAD:train.ipynb") == before
    assert git("status", "--short") == ""
    assert (project / "train.ipynb").read_bytes() == saved
    # an executed copy that git has is no source
    Path("dvc.yaml").write_text(
        "stages:\n  s:\n    cmd: cp train.ipynb copy.ipynb\n    deps: [train.ipynb]\n    outs: [{copy.ipynb: {cache: false}}]\n"
    )
    assert dvnb("repro").code == 0
    commit_all()
    assert git("show", "HEAD:copy.ipynb").encode() == saved

    clone = tmp_path / "clone"
    git("clone", "-q", str(project), str(clone))
    assert dvnb("status", "--json", cwd=clone).out in (
        "{}\n",
        '{"s": [{"changed deps": {"train.ipynb": "modified"}}]}\n',
    )
    assert git("status", "--short", cwd=clone) == ""
    assert dvnb("notebook", "clean", "--install-filter", cwd=clone).code == 0
    save_with_outputs(clone / "train.ipynb")
    git("add", "-A", cwd=clone)
    assert git("diff", "--cached", "--name-only", cwd=clone) == ""

    assert dvnb("notebook", "clean", "--remove-filter").code == 0
    assert "dvnb" not in git("config", "--list", "--local")
    plain = git("hash-object", "--no-filters", "train.ipynb")
    assert git("hash-object", "train.ipynb") == plain != before
    if other:
        assert Path(project, other).read_text() == line
    else:
        assert not (project / ".gitattributes").exists()


def test_diff(project: Path, dvnb: Any, commit_all: Any, save_with_outputs: Any, write_notebook: Any) -> None:
    path = project / "train.ipynb"
    save_with_outputs(path)
    assert Repo(project).notebook_diff("train.ipynb").cells == []
    commit_all("outputs")
    write_notebook(path, BODY, PARAMETERS.replace("0.5", "0.7"))
    notebook = json.loads(path.read_text())
    new = {"cell_type": "markdown", "id": "new", "metadata": {}, "source": ["# Title"]}
    notebook["cells"].insert(0, new)
    notebook["metadata"]["kernelspec"]["name"] = "ir"
    path.write_text(json.dumps(notebook))
    done = dvnb("notebook", "diff", "train.ipynb", "HEAD~1")
    assert done.lines == [
        "train.ipynb: HEAD~1 -> workspace",
        "",
        "cell 1 (markdown) added",
        "  +# Title",
        "",
        "cell 2 (code) changed (was cell 1)",
        "  -lr = 0.5  # rate",
        "  +lr = 0.7  # rate",
        "   kind = 'a'  # choices: a, b",
        "",
        "metadata of the notebook",
        '  kernelspec.display_name: "python3" -> "ir"',
        '  kernelspec.name: "python3" -> "ir"',
    ]
    said = Repo(project).notebook_diff("train.ipynb").to_json()
    assert [(cell["kind"], cell["old"], cell["new"]) for cell in said["cells"]] == [
        ("added", None, 1),
        ("changed", 1, 2),
    ]
    back = Repo(project).notebook_diff("train.ipynb", "workspace", "HEAD")
    assert [(cell.kind, cell.old, cell.new) for cell in back.cells] == [("removed", 1, None), ("changed", 2, 1)]
    with pytest.raises(TargetError, match="'train.ipynb' is not in 'HEAD~2'"):
        Repo(project).notebook_diff("train.ipynb", "HEAD~2")
    with pytest.raises(GitError):
        Repo(project).notebook_diff("train.ipynb", "nothing")


def test_without_the_extra_a_hint_says_what_to_install(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dvnb.errors import NotebookError

    for package in ("nbdime", "nbconvert.exporters", "jupytext"):
        monkeypatch.setitem(sys.modules, package, None)  # the documented way to make an import fail
    (project / "text.py").write_text("# %%\n1\n")
    repo = Repo(project)
    for call in (
        lambda: repo.notebook_diff("train.ipynb"),
        lambda: repo.notebook_export("train.ipynb"),
        lambda: repo.notebook_params("text.py"),
    ):
        with pytest.raises(NotebookError, match=r"pip install 'dvnb\[notebooks\]'"):
            call()


def test_a_grid_is_a_matrix_that_both_tools_run(project: Path, dvnb: Any, dvc: Any) -> None:
    (project / "requirements.txt").write_text("pyyaml\n")
    done = dvnb(
        "notebook", "stage", "train.ipynb", "-S", "train.lr=0.1,0.2", "-S", "kind='1'",
        "-o", "model-${item.lr}-${item.kind}.txt", "--env", "requirements.txt",
    )  # fmt: skip
    assert done.code == 0, done.err
    stage = yaml.safe_load(Path("dvc.yaml").read_text())["stages"]["train"]
    assert stage["matrix"] == {"lr": [0.1, 0.2], "kind": ["1"]}
    assert "requirements.txt" in stage["deps"]
    assert dvc("repro", "train@0.1-1").code == 0
    assert dvnb("repro", "train@0.2-1").code == 0
    assert [Path(f"model-{lr}-1.txt").read_text() for lr in (0.1, 0.2)] == ["(0.1, '1')", "(0.2, '1')"]
    assert Path("train-0.1-1.run.ipynb").exists()
    assert dvc("status", "--json").out == dvnb("status", "--json").out == "{}\n"
    before = Path("dvc.yaml").read_bytes()
    clash = dvnb("notebook", "stage", "train.ipynb", "-n", "x", "-S", "lr=1,2", "-o", "model.txt")
    assert clash.err == "ERROR: every combination would write 'model.txt': let its path hold ${key} or ${item.NAME}\n"
    again = dvnb("notebook", "stage", "train.ipynb", "-S", "lr=1,2")
    assert "already exists" in again.err
    assert Path("dvc.yaml").read_bytes() == before
