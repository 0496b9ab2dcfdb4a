"""remove, move, unprotect, destroy: through the command line, with stock dvc beside, and through the API."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from dvnb.errors import DvnbError, OwnershipError, TargetError
from dvnb.repo.facade import Repo

Picture = Callable[[Path], dict[str, tuple[int, str]]]


@pytest.fixture
def trashed(kept) -> Callable[[Path], set[str]]:
    """Names of the files in a project's trash."""

    def names(root: Path) -> set[str]:
        stored = kept(root).values()
        below = [path for place in stored for path in place.rglob("*")]
        return {path.name for path in [*stored, *below] if path.is_file()}

    return names


@pytest.fixture
def linked(project: Path, request: pytest.FixtureRequest) -> Path:
    """The project, its data linked to the cache by the type that the test asks for."""
    repo = Repo()
    repo.config("cache.type", request.param)
    repo.checkout(relink=True)
    return project


@pytest.mark.parametrize("linked", ["copy", "hardlink", "symlink"], indirect=True)
def test_data_stays_as_a_copy_of_its_own(linked: Path, dvnb) -> None:
    done = dvnb("remove", "data.txt.dvc", "pictures.dvc")
    assert (done.code, done.out) == (0, "")
    for name in ("data.txt", "pictures/one.txt", "pictures/sub/two.txt"):
        status = Path(name).lstat()
        assert stat.S_ISREG(status.st_mode), name
        assert (status.st_nlink, stat.S_IMODE(status.st_mode)) == (1, 0o644), name
    assert Path("data.txt").read_text() == "a\nb\nc\n"
    assert not Path("data.txt.dvc").exists()
    assert "/data.txt\n" not in Path(".gitignore").read_text()
    assert "/mid.txt\n" in Path(".gitignore").read_text()


@pytest.mark.parametrize("linked", ["copy", "symlink"], indirect=True)
@pytest.mark.parametrize("flag", ["--outs", "-p"])
def test_outs_go_but_unsaved_content_is_kept(linked: Path, dvnb, flag: str, trashed) -> None:
    Path("pictures/new.txt").write_text("only here\n")
    assert dvnb("rm", flag, "pictures.dvc").code == 0
    assert not Path("pictures").exists()
    assert "new.txt" in trashed(linked)
    assert "one.txt" not in trashed(linked)


def test_stages_leave_dvc_yaml_and_the_lock(project: Path, dvnb, oracle, picture: Picture) -> None:
    before = picture(project)
    assert dvnb("remove", "train").code == 0
    ours = {name: value for name, value in picture(project).items() if ".dvc/cache" not in name}
    assert "train" not in Path("dvc.yaml").read_text() + Path("dvc.lock").read_text()
    assert ours != before
    Path("dvc.yaml").unlink()
    os.system("git checkout -q -- . ")
    assert oracle("remove", "train")[0] == 0
    assert {name: value for name, value in picture(project).items() if ".dvc/cache" not in name} == ours


def test_the_last_stage_takes_the_file_but_not_other_sections(project: Path, trashed) -> None:
    Repo().remove("train", "prepare")
    assert not Path("dvc.yaml").exists()
    assert not Path("dvc.lock").exists()
    assert {"dvc.yaml", "dvc.lock"} <= trashed(project)
    Path("dvc.yaml").write_text("vars:\n- x: 1\nstages:\n  a:\n    cmd: echo\n")
    Repo().remove("a")
    assert Path("dvc.yaml").read_text() == "vars:\n- x: 1\n"


def test_a_path_and_a_member_can_be_named(project: Path) -> None:
    result = Repo().remove("pictures/sub", "data.txt", outs=True)
    assert result.stages == ["data.txt.dvc"]
    assert result.members == ["pictures/sub"]
    assert not Path("pictures/sub").exists()
    assert Path("pictures/one.txt").exists()
    assert "nfiles: 1" in Path("pictures.dvc").read_text()
    assert Repo().status("pictures.dvc").clean


@pytest.mark.parametrize("target", ["nope.dvc", "nope", "code.py", "pictures/nope", "dvc.yaml:nope", "../x"])
def test_a_wrong_target_changes_nothing(project: Path, dvnb, picture: Picture, target: str) -> None:
    before = picture(project)
    done = dvnb("remove", "data.txt.dvc", target)
    assert done.code == 1
    assert done.err.startswith("ERROR: ")
    assert picture(project) == before


def test_a_parametrized_stage_is_refused(project: Path, picture: Picture) -> None:
    Path("dvc.yaml").write_text("stages:\n  b:\n    foreach: [x]\n    do:\n      cmd: echo ${item}\n")
    before = picture(project)
    with pytest.raises(OwnershipError, match="cannot remove a parametrized stage: 'b@x'"):
        Repo().remove("b@x")
    assert picture(project) == before


def test_move_takes_the_dvc_file_along(project: Path, dvnb) -> None:
    text = Path("data.txt.dvc").read_text()
    Path("data.txt.dvc").write_text("# mine\n" + text)
    Path("sub").mkdir()
    done = dvnb("mv", "data.txt", "sub/")
    assert done.code == 0
    assert "git add" in done.out
    assert Path("sub/data.txt").read_text() == "a\nb\nc\n"
    assert Path("sub/data.txt.dvc").read_text() == "# mine\n" + text
    assert not Path("data.txt").exists()
    assert not Path("data.txt.dvc").exists()
    assert Path("sub/.gitignore").read_text() == "/data.txt\n"
    assert "/data.txt\n" not in Path(".gitignore").read_text()


def test_move_writes_what_dvc_writes(project: Path, dvnb, oracle, picture: Picture) -> None:
    Path("pictures/one.txt").write_text("changed\n")
    assert dvnb("move", "pictures", "images").code == 0
    ours = picture(project)
    assert dvnb("move", "images", "pictures").code == 0
    assert oracle("move", "pictures", "images")[0] == 0
    assert picture(project) == ours


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("nope", "x", "Unable to find DVC file with output 'nope'"),
        ("mid.txt", "x", "move is not permitted for stages that are not data sources"),
        ("data.txt", "code.py", "'code.py' already exists"),
        ("data.txt", "pictures", "overlapping"),
        ("data.txt", "gone/x", "directory 'gone' does not exist"),
        ("data.txt", "../x", "outside of DVC project"),
        ("pictures", "pictures/sub", "into itself"),
        ("data.txt", "x.dvc", "cannot be an output"),
    ],
)
def test_a_move_that_cannot_be_changes_nothing(
    project: Path, dvnb, picture: Picture, source: str, target: str, message: str
) -> None:
    before = picture(project)
    done = dvnb("move", source, target)
    assert done.code == 1
    assert f"failed to move '{source}' -> '{target}' - " in done.err
    assert message in done.err
    assert picture(project) == before


@pytest.mark.parametrize("linked", ["hardlink", "symlink"], indirect=True)
def test_unprotect_gives_writable_copies(linked: Path, dvnb) -> None:
    assert dvnb("unprotect", "data.txt", "pictures").code == 0
    for name in ("data.txt", "pictures/sub/two.txt"):
        status = Path(name).lstat()
        assert (status.st_nlink, stat.S_IMODE(status.st_mode)) == (1, 0o644)
    Path("data.txt").write_text("mine\n")
    assert Repo().status().stages
    assert dvnb("unprotect", "nope").code == 255  # as dvc
    with pytest.raises(TargetError, match="non-existing data 'nope'"):
        Repo().unprotect("data.txt", "nope")


@pytest.mark.parametrize("linked", ["copy", "symlink"], indirect=True)
def test_destroy_keeps_data_and_moves_the_rest(linked: Path, dvnb, picture: Picture, trashed) -> None:
    before = picture(linked)
    refused = dvnb("destroy", stdin="n\n")
    assert refused.code == 1
    assert "cannot destroy without a confirmation from the user. Use `-f` to force." in refused.err
    assert picture(linked) == before
    assert dvnb("destroy", stdin="y\n").code == 0
    assert not Path(".dvc").exists()
    assert not list(Path().glob("*.dvc"))
    assert not Path("dvc.yaml").exists()
    assert not Path("dvc.lock").exists()
    assert not Path("data.txt").is_symlink()
    assert Path("data.txt").read_text() == "a\nb\nc\n"
    assert {"data.txt.dvc", "dvc.yaml", "dvc.lock", "config"} <= trashed(linked)


def test_destroy_without_git(home: Path, tmp_path: Path) -> None:
    root = tmp_path / "plain"
    root.mkdir()
    Repo.init(root, no_scm=True)
    (root / "a").write_text("a")
    Repo(root).add("a")
    trash = Path(Repo(root).destroy().trash)
    assert sorted(path.name for path in root.iterdir()) == ["a"]
    assert any(path.name == "a.dvc" for path in trash.rglob("*"))
    with pytest.raises(DvnbError):
        Repo(root)
