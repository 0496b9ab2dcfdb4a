"""undo and trash: every verb that changes files is taken back whole."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from dvnb.errors import DvnbError, TargetError
from dvnb.repo.facade import Repo

Files = dict[str, tuple[str, str]]


def files(root: Path) -> Files:
    """Kind and content of all that is in the workspace and the settings; not the cache, and nothing of git."""
    found: Files = {}
    for folder, dirs, names in os.walk(root):
        dirs[:] = [name for name in dirs if name not in (".git", "tmp", "cache")]
        for name in [*dirs, *names]:
            path = Path(folder, name)
            if name == "runs.log":  # what a command does beside its outputs
                continue
            if path.is_symlink() and not path.exists():
                found[str(path.relative_to(root))] = ("link", os.readlink(path))
            elif path.is_dir():
                found[str(path.relative_to(root))] = ("dir", "")
            else:
                kind = "executable" if path.stat().st_mode & stat.S_IXUSR else "file"
                found[str(path.relative_to(root))] = (kind, path.read_bytes().hex())
    return found


def second_version(root: Path) -> None:
    """Another version of all data, recorded; tag v1 is the one before."""
    Path("pictures/one.txt").write_text("ONE\n")
    Path("pictures/three.txt").write_text("three\n")
    shutil.rmtree("pictures/sub")
    Repo().add("pictures")


CASES: dict[str, tuple[list[str], Callable[[], object] | None]] = {
    "add a file": (["add", "new.txt"], lambda: Path("new.txt").write_text("new\n")),
    "add again": (["add", "pictures"], lambda: Path("pictures/four.txt").write_text("4\n")),
    "add a member": (["add", "pictures/four.txt"], lambda: Path("pictures/four.txt").write_text("4\n")),
    "commit": (["commit", "-f", "pictures.dvc"], lambda: Path("pictures/one.txt").write_text("1!\n")),
    "checkout": (["checkout", "pictures.dvc"], lambda: shutil.rmtree("pictures")),
    "checkout by force": (["checkout", "-f"], lambda: Path("pictures/one.txt").write_text("unsaved\n")),
    "checkout over an extra file": (["checkout", "-f"], lambda: Path("pictures/extra").write_text("unsaved\n")),
    "checkout of a rev": (["checkout", "--rev", "HEAD", "pictures"], lambda: second_version(Path.cwd())),
    "a file in place of a folder": (
        ["checkout", "-f", "pictures.dvc"],
        lambda: (shutil.rmtree("pictures"), Path("pictures").write_text("a file\n")),
    ),
    "remove": (["remove", "data.txt.dvc"], None),
    "remove with outs": (["remove", "--outs", "pictures.dvc"], lambda: Path("pictures/new").write_text("unsaved\n")),
    "remove a stage": (["remove", "train"], None),
    "move": (["move", "pictures", "images"], None),
    "move into a folder": (["move", "data.txt", "sub/"], lambda: Path("sub").mkdir()),
    "repro": (["repro"], lambda: Path("params.yaml").write_text("train:\n  lr: 0.2\n")),
    "repro by force": (["repro", "-f"], None),
    "repro over changed outs": (["repro", "-f"], lambda: Path("model.txt").write_text("by hand\n")),
    "stage add": (["stage", "add", "-n", "more", "-o", "more.txt", "echo more > more.txt"], None),
    "run": (["run", "-n", "more", "-o", "more.txt", "echo more > more.txt"], None),
    "freeze": (["freeze", "train"], None),
    "a remote": (["remote", "add", "-d", "storage", "../storage"], None),
    "a setting": (["config", "core.autostage", "true"], None),
    "gc": (["gc", "-f", "-w"], lambda: second_version(Path.cwd())),
    "import-url": (["import-url", "../elsewhere.txt", "here.txt"], lambda: Path("../elsewhere.txt").write_text("e\n")),
}


@pytest.mark.parametrize("link", ["copy", "symlink", "hardlink"])
@pytest.mark.parametrize("case", CASES)
def test_an_operation_is_taken_back_whole_and_again(project: Path, dvnb, case: str, link: str):
    if link != "copy":
        Repo().config("cache.type", link)
        Repo().checkout(relink=True)
    words, prepare = CASES[case]
    if prepare:
        if link != "copy":
            Repo().unprotect("pictures", "model.txt", "mid.txt")
        prepare()
    before, cached = files(project), files(project / ".dvc" / "cache")
    done = dvnb(*words)
    assert done.code == 0, done.err
    after = files(project)
    assert after != before or case in {"gc", "repro by force"}
    undone = dvnb("undo")
    assert undone.code == 0, undone.err + undone.out
    assert files(project) == before
    assert files(project / ".dvc" / "cache").items() >= cached.items()
    if case != "gc":
        again = dvnb("undo", json.loads(dvnb("undo", "--list", "--json").out)["rows"][0]["id"])
        assert again.code == 0, again.err + again.out
        assert files(project) == after


def test_what_changed_since_is_left_and_said(project: Path, dvnb):
    Path("new.txt").write_text("new\n")
    assert dvnb("add", "new.txt").code == 0
    with open("new.txt.dvc", "a") as file:
        file.write("desc: mine\n")
    done = dvnb("undo")
    assert done.code == 1
    assert "Left    new.txt.dvc (changed since)" in done.out
    assert "desc: mine" in Path("new.txt.dvc").read_text()


def test_operations_are_undone_one_after_the_other(project: Path):
    repo = Repo()
    start = files(project)
    for name in ("a", "b"):
        Path(name).write_text(name)
        repo.add(name)
    assert [row.command for row in repo.operations().rows] == ["add", "add"]
    repo.undo()
    assert sorted(path.name for path in project.glob("?.dvc")) == ["a.dvc"]
    repo.undo()
    assert files(project).keys() - start.keys() == {"a", "b"}
    with pytest.raises(TargetError, match="there is nothing to undo"):
        repo.undo()


def test_an_older_operation_by_its_id(project: Path):
    repo = Repo()
    for name in ("x/a", "y/b"):
        Path(name).parent.mkdir()
        Path(name).write_text(name)
        repo.add(name)
    first = repo.operations().rows[-1].id
    repo.undo(first)
    assert sorted(path.name for path in project.glob("?/*.dvc")) == ["b.dvc"]
    with pytest.raises(DvnbError, match="was undone"):
        repo.undo(first)
    with pytest.raises(TargetError, match="no operation 'nonsense'"):
        repo.undo("nonsense")


def test_reading_verbs_leave_no_operation(project: Path, dvnb):
    for words in (["status"], ["diff"], ["metrics", "show"], ["checkout"], ["repro"], ["add", "data.txt"]):
        assert dvnb(*words).code == 0
    assert Repo().operations().rows == []


def test_the_trash_is_listed_and_emptied(project: Path, dvnb):
    Path("pictures/one.txt").write_text("unsaved\n")
    assert dvnb("checkout", "-f").code == 0
    listed = dvnb("trash", "list")
    assert "checkout" in listed.out and "done" in listed.out
    kept = list((project / ".git" / "dvnb" / "trash").rglob("one.txt"))
    assert [path.read_text() for path in kept] == ["unsaved\n"]
    assert dvnb("trash", "empty").code == 255  # nobody there to ask
    assert kept[0].exists()
    assert dvnb("trash", "empty", "-f").code == 0
    assert not kept[0].exists()
    assert "No operation is kept." in dvnb("trash", "list").out


def test_old_operations_only(project: Path):
    repo = Repo()
    Path("a").write_text("a")
    repo.add("a")
    assert repo.trash_empty(older_than=1).operations == []
    assert len(repo.trash_empty(older_than=0).operations) == 1


def age(project: Path, days: int) -> None:
    """Make all operations older, as their ids tell it."""
    for folder in (project / ".git" / "dvnb" / "trash").iterdir():
        folder.rename(folder.with_name(f"{int(folder.name[:8]) - 10000 * (days // 365)}{folder.name[8:]}"))


def test_old_operations_go_by_themselves(project: Path, dvnb):
    Path("a").write_text("a")
    assert dvnb("add", "a").code == 0
    age(project, 365)
    assert dvnb("config", "dvnb.trash.max_age", "1000").code == 0
    assert [row.command for row in Repo().operations().rows] == ["config dvnb.trash.max_age 1000", "add a"]
    assert dvnb("config", "dvnb.trash.max_age", "30").code == 0
    assert "add a" not in [row.command for row in Repo().operations().rows]
    assert dvnb("config", "dvnb.trash.max_age").out == "30\n"
    assert dvnb("config", "--list", "--project").out.endswith("dvnb.trash.max_age=30\n")


def test_the_trash_keeps_to_its_size(project: Path, dvnb):
    assert dvnb("config", "dvnb.trash.max_size", "0.000001").code == 0
    for content in ("1" * 900, "2" * 900):
        Path("pictures/one.txt").write_text(content)
        assert dvnb("checkout", "-f").code == 0
    kept = [path.read_text()[:1] for path in (project / ".git" / "dvnb" / "trash").rglob("one.txt")]
    assert kept == ["2"]


def test_stock_dvc_is_not_troubled_by_settings(project: Path, dvnb, oracle):
    assert dvnb("config", "dvnb.trash.max_age", "7").code == 0
    assert oracle("status")[0] == 0
    assert oracle("config", "--list")[0] == 0
