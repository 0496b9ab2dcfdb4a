"""Symlinks that lead out of the project, or into git's folder: nothing is changed through them, by no verb."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import DvnbError

STAGE = "stages:\n  make:\n    cmd: mkdir -p o && echo made > o/f\n    outs:\n    - o/f\n"


@pytest.fixture
def outside(project: Path) -> Path:
    """A folder beside the project, with files of the names that the project tracks."""
    folder = project.parent / "outside"
    (folder / "sub").mkdir(parents=True)
    for name in ("one.txt", "two.txt", "sub/two.txt", "f"):
        (folder / name).write_text("mine\n")
    return folder


def whole(outside: Path, git: Any) -> str:
    """The tracked folder itself becomes a link."""
    shutil.rmtree("pictures")
    os.symlink(os.path.relpath(outside), "pictures")
    return "pictures"


def inner(outside: Path, git: Any) -> str:
    """A folder in the tracked folder becomes a link."""
    shutil.rmtree("pictures/sub")
    os.symlink(outside, "pictures/sub")
    return "pictures"


def above(outside: Path, git: Any) -> str:
    """The folder around a tracked file becomes a link."""
    text = Path("pictures.dvc").read_text().replace("path: pictures", "path: around/sub")
    Path("around.dvc").write_text(text)
    Path("pictures.dvc").unlink()
    os.symlink(outside, "around")
    return "around.dvc"


def hooks(outside: Path, git: Any) -> str:
    """The tracked folder becomes a link to git's hooks."""
    shutil.rmtree("pictures")
    os.symlink(".git/hooks", "pictures")
    return "pictures"


LINKS = [whole, inner, above, hooks]


def files(folder: Path) -> dict[str, str]:
    return {str(path): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize(
    "words",
    [["checkout"], ["checkout", "-f"], ["checkout", "--relink", "-f"], ["pull", "-f"], ["checkout", "-f", "TARGET"],
     ["remove", "--outs", "TARGET"], ["commit", "-f", "TARGET"]],
)  # fmt: skip
def test_nothing_is_changed_there(
    project: Path, outside: Path, git: Any, dvnb: Any, picture: Any, link: Callable[..., str], words: list[str]
) -> None:
    Repo().remote_add("store", str(project.parent / "remote"), default=True)
    Repo().push()
    target = link(outside, git)
    before, there, hooks_before = picture(project), files(outside), files(project / ".git/hooks")
    done = dvnb(*(target if word == "TARGET" else word for word in words))
    assert files(outside) == there and files(project / ".git/hooks") == hooks_before
    if (words[0] == "commit" and link is inner) or (words[0] == "remove" and link is inner):
        return  # members behind the link are no part of the folder
    assert done.code in (1, 255)
    assert done.err.count("ERROR: ") == 1 and "Traceback" not in done.err, done.err
    assert "leads out of the project" in done.err or "leads into '.git', which is no place for data" in done.err
    assert picture(project) == before


def test_tracking_can_be_given_up(project: Path, outside: Path, git: Any, dvnb: Any) -> None:
    there = files(outside)
    whole(outside, git)
    assert dvnb("remove", "pictures.dvc").code == 0
    assert not Path("pictures.dvc").exists() and Path("pictures").is_symlink()
    assert files(outside) == there


def test_stages_do_not_write_there(project: Path, outside: Path, dvnb: Any) -> None:
    Path("dvc.yaml").write_text(STAGE)
    assert dvnb("repro").code == 0
    shutil.rmtree("o")
    os.symlink(outside, "o")
    for words in (["repro"], ["repro", "-f"], ["repro", "--pull"], ["checkout", "-f"], ["commit", "-f"]):
        done = dvnb(*words)
        assert done.code in (1, 255), words
        assert "'o/f' leads out of the project" in done.err
        assert (outside / "f").read_text() == "mine\n"


def test_imports_do_not_go_there(project: Path, outside: Path, dvnb: Any, commit_all: Any) -> None:
    Path("got").mkdir()
    assert dvnb("import-url", str(project / "code.py"), "got/code.txt").code == 0
    Path("code.py").write_text("changed\n")
    shutil.move("got/code.txt.dvc", outside / "code.txt.dvc")
    shutil.rmtree("got")
    (outside / "code.txt").write_text("mine\n")
    os.symlink(outside, "got")
    done = dvnb("update", "got/code.txt.dvc")
    assert done.code == 1
    assert (outside / "code.txt").read_text() == "mine\n"


def test_links_within_the_project_are_followed_as_ever(project: Path, dvnb: Any) -> None:
    os.rename("pictures", "elsewhere")
    os.symlink("elsewhere", "pictures")
    Path("elsewhere/one.txt").unlink()
    done = dvnb("checkout", "pictures")
    assert done.code == 0, done.err
    assert Path("elsewhere/one.txt").read_text() == "one\n"


def test_the_core_raises_its_own_error(project: Path, outside: Path, git: Any) -> None:
    whole(outside, git)
    with pytest.raises(DvnbError, match="leads out of the project"):
        Repo().checkout(force=True)
