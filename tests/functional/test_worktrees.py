"""Linked git worktrees, submodules, and trees that cannot be written to."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo

# ---- linked worktrees


@pytest.fixture
def linked(project: Path, tmp_path: Path, git: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A second worktree of the project, which is the current folder; its remote has all data."""
    repo = Repo()
    repo.remote_add("far", str(tmp_path / "far"), default=True)
    repo.push()
    git("commit", "-aqm", "remote")
    other = tmp_path / "linked"
    git("worktree", "add", "-q", "-b", "side", str(other))
    monkeypatch.chdir(other)
    return other


def test_a_linked_worktree_is_a_project_of_its_own(linked: Path, project: Path, dvnb: Any) -> None:
    assert dvnb("root").out == ".\n"
    assert Repo().root == str(linked)
    assert (linked / ".git").is_file()


def test_pull_into_a_linked_worktree(linked: Path, project: Path, oracle: Any, git: Callable[..., str]) -> None:
    Repo().pull()
    assert Path("pictures/sub/two.txt").read_text() == "two\n"
    assert Repo().status().stages == {}
    assert json.loads(oracle("status", "--json")[1]) == {}
    assert git("status", "--short") == ""


def test_status_is_that_of_dvc(linked: Path, oracle: Any, dvnb: Any) -> None:
    for words in (["status"], ["diff"], ["data", "status"]):
        code, theirs, _ = oracle(*words, "--json")
        ours = dvnb(*words, "--json")
        assert ours.code == code
        assert _sorted(json.loads(ours.out)) == _sorted(json.loads(theirs)), words


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(inner) for key, inner in value.items()}
    return sorted((_sorted(inner) for inner in value), key=repr) if isinstance(value, list) else value


def test_adding_in_a_linked_worktree(linked: Path, project: Path, oracle: Any, git: Callable[..., str]) -> None:
    Repo().pull()
    before = (project / ".gitignore").read_text()
    Path("new.txt").write_text("new\n")
    result = Repo().add("new.txt")
    assert sorted(result.to_stage) == [".gitignore", "new.txt.dvc"]
    git("add", ".gitignore", "new.txt.dvc")
    git("commit", "-qm", "new")
    assert git("status", "--short") == ""
    assert (project / ".gitignore").read_text() == before
    assert json.loads(oracle("status", "--json")[1]) == {}
    assert Repo().diff("main", "side").groups["added"] == [{"path": "new.txt"}]


def test_revs_are_those_of_all_worktrees(linked: Path, project: Path) -> None:
    Repo().pull()
    Path("data.txt").write_text("other\n")
    Repo().add("data.txt")
    Repo().checkout("data.txt", rev="main")
    assert Path("data.txt").read_text() == "a\nb\nc\n"


def test_autostage_and_repro_in_a_linked_worktree(linked: Path, git: Callable[..., str]) -> None:
    repo = Repo()
    repo.pull()
    repo.config("core.autostage", "true", level="local")
    Path("data.txt").write_text("x\ny\nz\n")
    Repo().add("data.txt")
    Repo().repro("prepare")
    staged = git("diff", "--cached", "--name-only").split()
    assert {"data.txt.dvc", "dvc.lock"} <= set(staged)


def test_hooks_and_trash_are_those_of_the_repo(linked: Path, project: Path) -> None:
    Repo().install()
    assert (project / ".git" / "hooks" / "pre-push").exists()
    Repo().pull()
    Path("data.txt").write_text("unsaved\n")
    Repo().checkout("data.txt", force=True)
    kept = (project / ".git" / "dvnb" / "trash").rglob("data.txt")
    assert [path.read_text() for path in kept] == ["unsaved\n"]


# ---- submodules


@pytest.fixture
def outer(project: Path, tmp_path: Path, git: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of which the folder `inner` is a submodule that is a project too; it is the current folder."""
    repo = Repo()
    repo.remote_add("far", str(tmp_path / "far"), default=True)
    repo.push()
    git("commit", "-aqm", "remote")
    root = tmp_path / "outer"
    root.mkdir()
    monkeypatch.chdir(root)
    git("init", "-q")
    Repo.init(".")
    git("submodule", "--quiet", "add", str(project), "inner")
    Path("mine.txt").write_text("mine\n")
    Repo().add("mine.txt")
    git("add", "-A")
    git("commit", "-qm", "outer")
    return root


def test_a_project_in_a_submodule(outer: Path, git: Callable[..., str], oracle: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir("inner")
    assert Repo().root == str(outer / "inner")
    Repo().pull()
    assert Repo().status().stages == {}
    assert json.loads(oracle("status", "--json")[1]) == {}
    Path("new.txt").write_text("new\n")
    Repo().add("new.txt")
    assert sorted(git("status", "--short").split()) == sorted(["M", ".gitignore", "??", "new.txt.dvc"])
    Path("data.txt").write_text("unsaved\n")
    Repo().checkout("data.txt", force=True)
    assert list((outer / ".git" / "modules" / "inner" / "dvnb" / "trash").rglob("data.txt"))


def test_a_project_around_a_submodule(outer: Path, dvnb: Any) -> None:
    assert Repo().status().stages == {}
    assert [stage.stage for stage in Repo().stage_list(all=True).stages] == ["mine.txt.dvc"]
    before = Path("inner/.gitignore").read_text()
    done = dvnb("add", "inner/code.py")
    assert done.code == 1
    assert "inner/code.py" in done.err
    assert Path("inner/.gitignore").read_text() == before
    assert not Path("inner/code.py.dvc").exists()


def test_diff_of_a_project_with_a_submodule(outer: Path, git: Callable[..., str]) -> None:
    Path("mine.txt").write_text("changed\n")
    Repo().add("mine.txt")
    git("add", "-A")
    git("commit", "-qm", "two")
    assert Repo().diff("HEAD~1", "HEAD").groups["modified"] == [{"path": "mine.txt"}]


# ---- trees that cannot be written to


READING = [
    ["status"],
    ["status", "--json"],
    ["data", "status", "--granular", "--json"],
    ["diff", "--json"],
    ["diff", "--targets", "pictures/one.txt"],
    ["list", "."],
    ["list", ".", "-R"],
    ["du", "."],
    ["metrics", "show"],
    ["metrics", "diff"],
    ["params", "diff"],
    ["stage", "list"],
    ["dag"],
    ["check-ignore", "data.txt"],
    ["config", "--list"],
    ["remote", "list"],
    ["cache", "dir"],
    ["root"],
    ["doctor"],
    ["version"],
]


@pytest.fixture
def readable(project: Path, tmp_path: Path) -> Iterator[Path]:
    """The project, changed a little, and now without write rights for anybody."""
    Path("data.txt").write_text("changed\n")
    shutil.rmtree(".dvc/tmp", ignore_errors=True)
    (tmp_path / "nobody").mkdir()
    folders = [Path(folder) for top in (project, tmp_path / "nobody") for folder, _, _ in os.walk(top)]
    for folder in folders:
        folder.chmod(0o555)
    yield project
    for folder in folders:
        folder.chmod(0o755)


def as_reader(*words: str) -> subprocess.CompletedProcess[str]:
    """Run dvnb as a user for whom the rights of files count, with a home that cannot be written to."""
    home = str(Path("../nobody").resolve())
    env = os.environ | {"HOME": home, "XDG_CACHE_HOME": f"{home}/cache", "PYTHONDONTWRITEBYTECODE": "1"}
    # root may write anywhere, unless it lets go of that capability
    mortal = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", "--"] if os.geteuid() == 0 else []
    command = [*mortal, sys.executable, "-m", "dvnb", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def everything(root: Path) -> dict[str, bytes]:
    """All files of a project."""
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_a_read_only_checkout_can_be_read(readable: Path, words: list[str], dvnb: Any) -> None:
    done = as_reader(*words)
    assert "ERROR" not in done.stderr
    assert not Path(".dvc/tmp").exists()
    wanted = dvnb(*words)
    assert done.returncode == wanted.code, done.stderr
    if words != ["doctor"]:  # which tells of the user's own folders
        assert done.stdout == wanted.out


@pytest.mark.parametrize("words", [["add", "data.txt"], ["commit", "-f"], ["checkout", "-f"], ["repro"], ["gc", "-wf"]])
def test_a_read_only_checkout_refuses_to_be_written(readable: Path, words: list[str]) -> None:
    before = everything(readable)
    done = as_reader(*words)
    assert done.returncode in (1, 255)
    assert "ermission denied" in done.stderr
    assert everything(readable) == before
