"""add, import-url and update with --to-remote, and add --out: content that lies elsewhere, compared to stock dvc."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.events import Event

Dvnb = Callable[..., Any]


@pytest.fixture
def source(repo: Path, tmp_path: Path, dvnb: Dvnb) -> Path:
    """A file and a folder outside of the project, whose default remote `loc` is a folder; `src` is this one."""
    there = tmp_path / "src"
    (there / "d/sub").mkdir(parents=True)
    (there / "f.txt").write_text("f\n")
    (there / "d/x").write_text("x\n")
    (there / "d/sub/y").write_text("y\n")
    assert dvnb("remote", "add", "-q", "-d", "loc", str(tmp_path / "remote")).code == 0
    assert dvnb("remote", "add", "-q", "src", str(there)).code == 0
    return there


def _objects(root: Path) -> set[str]:
    files = root / "files/md5"
    return {path.relative_to(files).as_posix() for path in files.rglob("*/*") if path.is_file()}


def _metafiles(root: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in [*root.glob("*.dvc"), root / ".gitignore"] if path.is_file()}


@pytest.mark.parametrize(
    "words",
    [
        ["add", "--to-remote", "../src/f.txt"],
        ["add", "--to-remote", "../src/d", "-o", "dd"],
        ["add", "--to-remote", "-r", "loc", "--remote-jobs", "2", "remote://src/d"],
        ["add", "--to-remote", "inside.txt"],
        ["add", "-o", "copy", "../src/d"],
        ["add", "-o", "run.sh", "../src/run.sh"],
        ["import-url", "--to-remote", "../src/d", "di"],
        ["import-url", "--to-remote", "remote://src/f.txt"],
        ["import-url", "remote://src/d", "rd"],
        ["import-url", "../src/run.sh"],
        ["import-url", "--no-download", "../src/d", "nd"],
        ["import-url", "--no-exec", "../src/f.txt", "ne"],
        ["import-url", "--version-aware", "../src/f.txt", "va"],
    ],
    ids=" ".join,
)
def test_what_is_written_is_what_dvc_writes(
    words: list[str], source: Path, repo: Path, tmp_path: Path, oracle: Any, monkeypatch: pytest.MonkeyPatch, dvnb: Dvnb
) -> None:
    (repo / "inside.txt").write_text("inside\n")
    (source / "run.sh").write_text("true\n")
    (source / "run.sh").chmod(0o755)
    twin = tmp_path / "twin"
    shutil.copytree(repo, twin)
    done = dvnb(*words)
    assert done.code == 0, done.err
    mine, uploaded = _metafiles(repo), _objects(tmp_path / "remote")
    here = sorted(path.name for path in repo.iterdir())
    shutil.rmtree(tmp_path / "remote", ignore_errors=True)
    monkeypatch.chdir(twin)
    code, out, err = oracle(*words)
    assert code == 0, err
    assert mine == _metafiles(twin)
    assert uploaded == _objects(tmp_path / "remote")
    assert here == sorted(path.name for path in twin.iterdir())
    first = [line for line in out.splitlines() if line.startswith("Importing")]
    assert [line for line in done.lines if line.startswith("Importing")] == [
        line.replace(str(twin), str(repo)) for line in first
    ]


def test_nothing_stays_here_and_pull_brings_it(source: Path, repo: Path, dvnb: Dvnb) -> None:
    assert dvnb("add", "--to-remote", "../src/d").code == 0
    assert not (repo / "d").exists()
    assert not (repo / ".dvc/cache").exists()
    assert dvnb("pull").code == 0
    assert (repo / "d/sub/y").read_text() == "y\n"
    assert dvnb("status", "--json").out.strip() == "{}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["add", "--to-remote", "a", "b"], "multiple targets can't be used with --to-remote"),
        (["add", "--to-remote", "--glob", "*"], "--glob option can't be used with --to-remote"),
        (["add", "--to-remote", "--no-commit", "a"], "--no-commit option can't be used with --to-remote"),
        (["add", "-r", "loc", "a"], "--remote can't be used without --to-remote"),
        (["add", "--remote-jobs", "2", "a"], "--remote-jobs can't be used without --to-remote"),
        (["add", "--to-remote", "-r", "nope", "../src/f.txt"], "config file error: remote 'nope' doesn't exist"),
        (["add", "--to-remote", "../src/nosuch"], "nosuch"),
        (["import-url", "--to-remote", "--no-download", "../src/d"], "cannot be combined with --to-remote"),
        (["import-url", "--to-remote", "--version-aware", "../src/d"], "cannot be combined with --to-remote"),
        (["import-url", "-r", "loc", "../src/d"], "--remote can't be used without --to-remote"),
        (["import-url", "remote://nope/d"], "config file error: remote 'nope' doesn't exist"),
        (["import-url", "../src/d", "x", "--fs-config", "bad=1"], "extra keys not allowed @ data['bad']"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_refusals_change_nothing(
    words: list[str], message: str, source: Path, repo: Path, dvnb: Dvnb, oracle: Any, picture: Callable[[Path], Any]
) -> None:
    before = picture(repo)
    done = dvnb(*words)
    assert message in done.err
    assert len(done.err.splitlines()) == 1
    assert picture(repo) == before
    code, _, err = oracle(*words)
    assert done.code == code
    assert message in err


def test_add_refuses_what_others_own(source: Path, repo: Path, dvnb: Dvnb, git: Callable[..., str]) -> None:
    (repo / "f.txt").write_text("mine\n")
    git("add", "f.txt")
    refused = dvnb("add", "--to-remote", "../src/f.txt")
    assert refused.code == 1
    assert "already tracked by SCM" in refused.err
    assert dvnb("add", "-o", "d", "../src/d").code == 0
    recorded = (repo / "d.dvc").read_text()
    assert dvnb("add", "-o", "d/f.txt", "../src/f.txt").code == 1
    assert dvnb("add", "--to-remote", "-o", "d/f.txt", "../src/f.txt").code == 1
    assert (repo / "d.dvc").read_text() == recorded


def test_out_keeps_the_name_in_a_folder_and_force_the_old_in_the_trash(source: Path, repo: Path, dvnb: Dvnb) -> None:
    assert dvnb("add", "../src/f.txt", "-o", "new/").code == 0
    assert (repo / "new/f.txt").read_text() == "f\n"
    assert (repo / "new/f.txt.dvc").exists()
    (repo / "mine").write_text("precious")
    refused = dvnb("add", "../src/f.txt", "-o", "mine")
    assert refused.code == 1
    assert "already exists locally" in refused.err
    assert dvnb("add", "-f", "../src/f.txt", "-o", "mine").code == 0
    kept = [path for path in (repo / ".git/dvnb/trash").rglob("*") if path.is_file()]
    assert any(path.read_text() == "precious" for path in kept)


def test_update_to_remote(source: Path, repo: Path, tmp_path: Path, dvnb: Dvnb, oracle: Any) -> None:
    assert dvnb("import-url", "--to-remote", "../src/d", "di").code == 0
    (source / "d/z").write_text("z\n")
    twin = (repo / "di.dvc").read_text()
    assert dvnb("update", "--to-remote", "di.dvc").code == 0
    mine = (repo / "di.dvc").read_text()
    (repo / "di.dvc").write_text(twin)
    assert oracle("update", "--to-remote", "di.dvc")[0] == 0
    assert (repo / "di.dvc").read_text() == mine
    assert not (repo / "di").exists()
    wrong = dvnb("update", "--to-remote", "--no-download", "di.dvc")
    assert (wrong.code, wrong.err) == (1, "ERROR: failed update data - --to-remote can't be used with --no-download\n")
    assert dvnb("update", "-r", "loc", "di.dvc").code == 1
    assert dvnb("pull").code == 0
    assert (repo / "di/z").read_text() == "z\n"


def test_pull_brings_what_was_not_downloaded(source: Path, repo: Path, dvnb: Dvnb) -> None:
    assert dvnb("import-url", "--no-download", "../src/d", "nd").code == 0
    recorded = (repo / "nd.dvc").read_text()
    assert "nfiles" in recorded
    done = dvnb("pull")
    assert "A       nd/" in done.lines
    assert (repo / "nd/sub/y").read_text() == "y\n"
    assert (repo / "nd.dvc").read_text() == recorded
    (repo / "nd/x").unlink()
    assert dvnb("update", "nd.dvc").code == 0
    assert (repo / "nd/x").read_text() == "x\n"
    assert "nfiles: 2\n" in (repo / "nd.dvc").read_text()


def test_api(source: Path, repo: Path) -> None:
    told: list[Event] = []
    added = Repo(repo, listener=told.append).add("../src/d", to_remote=True, remote="loc")
    assert [(out.path, out.nfiles) for out in added.outs] == [("d", 2)]
    imported = Repo(repo).import_url("../src/f.txt", mode="to-remote").imported
    assert imported == [(str(source / "f.txt"), "f.txt")]
    (source / "f.txt").write_text("new\n")
    assert Repo(repo).update("f.txt.dvc", to_remote=True).unchanged == []


def test_in_a_notebook(source: Path, repo: Path) -> None:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config)
    shell.run_line_magic("load_ext", "dvnb")
    for line in ("%dvc add --to-remote ../src/d", "%dvc import-url --to-remote ../src/f.txt"):
        shell.run_cell(line).raise_error()
    done = shell.run_cell("%dvc update f.txt.dvc --to-remote")
    done.raise_error()
    assert done.result.imported == [(str(source / "f.txt"), "f.txt")]
    assert not (repo / "f.txt").exists()
    assert (repo / "d.dvc").exists()
