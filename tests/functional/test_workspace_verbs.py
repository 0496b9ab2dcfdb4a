"""What verbs do to the workspace in corners where stock dvc's behaviour is no obvious one: both run, side by side."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import GitError, TargetError

Picture = Callable[[Path], dict[str, tuple[int, str]]]
Prepare = Callable[[Path], None]


@pytest.fixture
def side_by_side(project: Path, tmp_path: Path, dvnb, oracle, picture: Picture, monkeypatch) -> Callable[..., Any]:
    """Run a command with dvnb here and with dvc in a copy, after `prepare(root)`; both answers and both pictures."""

    def run(*args: str, prepare: Prepare, within: str = ".") -> Any:
        twin = tmp_path / "twin" / "repo"
        shutil.copytree(project, twin, symlinks=True)
        for root in (project, twin):
            monkeypatch.chdir(root)
            prepare(root)
        monkeypatch.chdir(project / within)
        ours = dvnb(*args)
        monkeypatch.chdir(twin / within)
        theirs = oracle(*args)
        monkeypatch.chdir(project)
        return (ours.code, ours.out, ours.err), theirs, picture(project), picture(twin)

    return run


def in_order(value: Any) -> Any:
    """JSON with its lists sorted: dvc's order is that of a set."""
    if isinstance(value, dict):
        return {key: in_order(item) for key, item in value.items()}
    if isinstance(value, list):
        return sorted(map(in_order, value), key=json.dumps)
    return value


def file_for_folder(root: Path) -> None:
    """A tracked folder became a file, and a tracked file a folder."""
    shutil.rmtree(root / "pictures")
    (root / "pictures").write_text("no folder any more\n")
    (root / "data.txt").unlink()
    (root / "data.txt").mkdir()
    (root / "data.txt" / "part").write_text("1\n")


def renamed_member(root: Path) -> None:
    (root / "pictures" / "one.txt").rename(root / "pictures" / "uno.txt")


def hashed_only(root: Path) -> None:
    """A folder that was added, but is not in the cache."""
    (root / "late" / "deep" / "er").mkdir(parents=True)
    (root / "late" / "deep" / "er" / "c").write_text("c\n")
    (root / "late" / "b").write_text("b\n")
    Repo(root).add("late", no_commit=True)


def edited(root: Path) -> None:
    (root / "pictures" / "sub" / "two.txt").write_text("changed\n")
    (root / "data.txt").write_text("changed\n")
    (root / "loose").mkdir()
    (root / "loose" / "x").write_text("x\n")
    (root / "free").write_text("x\n")


QUESTIONS = [
    ["data", "status", "--json"],
    ["data", "status", "--json", "--granular", "--unchanged", "--untracked-files"],
    ["data", "status", "--json", "--granular", "pictures/sub"],
    ["diff", "--json", "--show-hash"],
]


@pytest.mark.parametrize("prepare", [file_for_folder, renamed_member, hashed_only, edited])
def test_changes_are_told_as_dvc_tells_them(project: Path, dvnb, oracle, prepare: Prepare) -> None:
    prepare(project)
    for question in QUESTIONS:
        ours, theirs = dvnb(*question), oracle(*question)
        assert ours.code == theirs[0] == 0
        assert in_order(json.loads(ours.out)) == in_order(json.loads(theirs[1])), question


def test_data_status_names_paths_from_the_root(side_by_side) -> None:
    ours, theirs, _, _ = side_by_side("data", "status", "--json", "--granular", prepare=edited, within="loose")
    assert in_order(json.loads(ours[1])) == in_order(json.loads(theirs[1]))
    assert "pictures/sub/two.txt" in json.loads(ours[1])["uncommitted"]["modified"]


def test_data_status_says_that_git_has_changes_of_its_own(project: Path, dvnb) -> None:
    assert "git status" not in dvnb("data", "status").out
    (project / "params.yaml").write_text("train:\n  lr: 0.2\n")
    hint = '(there are changes not tracked by dvc, use "git status" to see)'
    assert dvnb("data", "status").lines == ["No changes.", hint]


def test_data_status_before_the_first_commit_and_without_git(
    empty_git: Path, tmp_path: Path, dvnb, monkeypatch
) -> None:
    assert dvnb("init", "-q").code == 0
    assert dvnb("data", "status").lines[0] == "No changes in an empty git repo."
    plain = tmp_path / "plain"
    plain.mkdir()
    Repo.init(plain, no_scm=True)
    monkeypatch.chdir(plain)
    (plain / "a").write_text("a")
    Repo().add("a")
    assert Repo().data_status().to_json() == {}
    with pytest.raises(GitError, match="Only supported for Git repositories"):
        Repo().diff()
    assert dvnb("diff").code == 1


def ignored(root: Path) -> None:
    (root / ".dvcignore").write_text("data.txt\n")


def broken_settings(root: Path) -> None:
    (root / ".dvc" / "config").write_text("[core]\nautostage = maybe\n")


def metafiles_ignored(root: Path) -> None:
    (root / "new").write_text("new\n")
    with (root / ".gitignore").open("a") as file:
        file.write("*.dvc\n")


def nothing(root: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("args", "prepare"),
    [
        (["add", "--glob", "nothing*"], nothing),
        (["add", "new"], metafiles_ignored),
        (["status"], ignored),
        (["checkout"], ignored),
        (["status"], broken_settings),
        (["status", "-a"], nothing),
        (["status", "-T", "-A"], nothing),
        (["status", "--json", "-j", "2"], nothing),
        (["move", "data.txt", "elsewhere/"], nothing),
        (["init", "--no-scm", "--subdir"], nothing),
        (["cache", "dir", "--project"], nothing),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value.__name__,
)
def test_bad_input_ends_as_with_dvc(side_by_side, args: list[str], prepare: Prepare) -> None:
    ours, theirs, here, there = side_by_side(*args, prepare=prepare)
    assert ours[0] == theirs[0] != 0
    assert len(ours[2].strip().splitlines()) in (1, 2)
    assert here == there


def without_lock(root: Path) -> None:
    (root / "dvc.lock").unlink()


@pytest.mark.parametrize(
    ("args", "prepare"),
    [(["checkout"], without_lock), (["move", "data.txt", "moved.txt"], edited)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_files_are_left_as_dvc_leaves_them(side_by_side, args: list[str], prepare: Prepare) -> None:
    ours, theirs, here, there = side_by_side(*args, prepare=prepare)
    assert ours[0] == theirs[0]
    assert here == there


def test_what_a_rev_never_made_stays_if_only_the_workspace_has_it(project: Path, dvnb) -> None:
    (project / "dvc.lock").unlink()
    (project / "mid.txt").write_text("by hand\n")
    done = dvnb("checkout")
    assert done.code == 255 and str(project / "mid.txt") in done.err
    assert (project / "mid.txt").read_text() == "by hand\n"
    assert (project / "model.txt").exists()


def test_a_second_init_puts_the_first_into_the_trash(project: Path, dvnb, git) -> None:
    (project / ".dvc" / "config.local").write_text("[core]\n    remote = mine\n")
    assert dvnb("init", "-f").code == 0
    assert git("status", "--porcelain") == ""
    assert not (project / ".dvc" / "cache").exists()
    kept = list((project / ".git" / "dvnb" / "trash").rglob("config.local"))
    assert [path.read_text() for path in kept] == ["[core]\n    remote = mine\n"]
    assert list((project / ".git" / "dvnb" / "trash").rglob("cache"))


def test_one_path_by_several_names_is_added_once(project: Path) -> None:
    (project / "new").write_text("new\n")
    result = Repo().add("new", "./new", "pictures/../new")
    assert [out.path for out in result.outs] == ["new"]
    assert (project / ".gitignore").read_text().count("/new\n") == 1
    with pytest.raises(TargetError, match="has no matches"):
        Repo().add("*.nothing", glob=True)


def test_checkout_tells_of_a_path_once(project: Path, dvnb) -> None:
    (project / "data.txt").unlink()
    assert dvnb("checkout", "data.txt", "data.txt.dvc").lines == ["A       data.txt"]


def test_commit_leaves_staging_to_its_user(side_by_side) -> None:
    def prepare(root: Path) -> None:
        (root / ".dvc" / "config").write_text("[core]\n    autostage = true\n")
        edited(root)

    ours, theirs, here, there = side_by_side("commit", "-f", "data.txt.dvc", prepare=prepare)
    assert ours[0] == theirs[0] == 0
    assert here["ls-files -s"] == there["ls-files -s"]


@pytest.mark.parametrize(
    "args", [["freeze", "train"], ["freeze", "data.txt.dvc"], ["plots", "modify", "p.csv", "-x", "a"]]
)
def test_what_dvc_does_not_stage_with_autostage(side_by_side, args: list[str]) -> None:
    def prepare(root: Path) -> None:
        (root / ".dvc" / "config").write_text("[core]\n    autostage = true\n")
        with (root / "dvc.yaml").open("a") as file:
            file.write("  p:\n    cmd: echo\n    plots: [p.csv]\n")

    ours, theirs, here, there = side_by_side(*args, prepare=prepare)
    assert ours[0] == theirs[0] == 0
    assert here["ls-files -s"] == there["ls-files -s"]


def test_commit_of_what_is_unchanged_adds_no_size(side_by_side) -> None:
    def prepare(root: Path) -> None:
        pointer = root / "data.txt.dvc"
        pointer.write_text("".join(line for line in pointer.read_text().splitlines(True) if "size" not in line))

    ours, theirs, here, there = side_by_side("commit", "data.txt.dvc", prepare=prepare)
    assert ours[0] == theirs[0] == 0
    assert here == there


def odd_modes(root: Path) -> None:
    for name, mode in {"run.sh": 0o755, "secret": 0o600, "fixed": 0o444}.items():
        (root / name).write_text(f"{name}\n")
        (root / name).chmod(mode)


def test_a_single_file_that_is_added_gets_the_mode_of_a_copy(side_by_side) -> None:
    ours, theirs, here, there = side_by_side("add", "run.sh", "secret", "fixed", prepare=odd_modes)
    assert ours[0] == theirs[0] == 0
    assert here == there
    assert [here[name][0] & 0o777 for name in ("run.sh", "secret", "fixed")] == [0o744, 0o644, 0o644]


def test_without_relinking_modes_stay(side_by_side) -> None:
    ours, theirs, here, there = side_by_side("add", "--no-relink", "run.sh", "secret", "fixed", prepare=odd_modes)
    assert ours[0] == theirs[0] == 0
    assert here == there


def test_checkout_tells_of_a_file_that_becomes_executable_again(project: Path, dvnb) -> None:
    odd_modes(project)
    Repo().add("run.sh")
    (project / "run.sh").chmod(0o644)
    assert dvnb("checkout").lines == ["M       run.sh"]
    assert os.access("run.sh", os.X_OK)
    assert dvnb("checkout").lines == []


def test_data_status_has_the_order_of_dvc_where_dvc_has_one(project: Path, dvnb, oracle) -> None:
    for name in ("a", "b", "c"):
        (project / "pictures" / name).write_text("same\n")
    Repo().add("pictures")
    (project / "pictures" / "a").rename(project / "pictures" / "0")
    (project / "pictures" / "b").unlink()
    (project / "pictures" / "c").unlink()
    (project / "pictures" / "1").write_text("new\n")
    args = ("data", "status", "--granular")
    ours, theirs = dvnb(*args).lines, oracle(*args)[1].splitlines()
    assert [line for line in ours if "(use" not in line] == [line for line in theirs if "(use" not in line]
    assert json.loads(dvnb(*args, "--json").out) == json.loads(oracle(*args, "--json")[1])


def test_cache_dir_of_one_level(project: Path, dvnb) -> None:
    assert dvnb("cache", "dir", "--local", "../here").code == 0
    assert dvnb("cache", "dir", "../there").code == 0
    for level, name in (("--project", "there"), ("--local", "here")):
        assert dvnb("cache", "dir", level).out == f"{os.path.dirname(project)}/{name}\n"
    assert dvnb("cache", "dir").out == f"{os.path.dirname(project)}/here\n"
