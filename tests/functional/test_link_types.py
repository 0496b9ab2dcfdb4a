"""`cache.type`: how workspace files hang on the cache, for every verb, and that no link ever opens the cache to writes."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.objects.links import can_reflink

DATA = ("data.txt", "pictures/one.txt", "pictures/sub/two.txt")
LINKS = ("copy", "hardlink", "symlink")


def object_of(path: Path, cache: Path) -> Path:
    """The cache object that a workspace file is a link to, or a copy of."""
    content = path.read_bytes()
    return next(file for file in stored(cache) if file.read_bytes() == content)


def stored(cache: Path) -> list[Path]:
    """All objects of a cache."""
    return [file for file in cache.glob("files/md5/??/*") if file.is_file()]


def kind(path: Path, cache: Path) -> str:
    """How a file hangs on the cache."""
    if path.is_symlink():
        return "symlink" if path.resolve().is_relative_to(cache.resolve()) else "elsewhere"
    if path.stat().st_nlink > 1:
        return "hardlink" if path.samefile(object_of(path, cache)) else "elsewhere"
    return "copy"


def kinds(cache: Path, *names: str) -> set[str]:
    """The kinds of files; that of a copy only if it can be written."""
    for name in names:
        path = Path(name)
        if kind(path, cache) == "copy":
            assert stat.S_IMODE(path.stat().st_mode) == 0o644, name
    return {kind(Path(name), cache) for name in names}


@pytest.fixture
def cache(project: Path) -> Iterator[Path]:
    """The cache; whatever a test does, its objects stay read-only and what their names say."""
    folder = project / ".dvc" / "cache"
    yield folder
    for file in stored(folder):
        assert stat.S_IMODE(file.stat().st_mode) == 0o444, file
        from dvnb.objects.hashing import hash_file

        assert hash_file(str(file)) == (file.parent.name + file.name).removesuffix(".dir")


@pytest.fixture(params=LINKS)
def link(cache: Path, request: pytest.FixtureRequest) -> str:
    """A link type, by which the project's data is linked."""
    repo = Repo()
    repo.config("cache.type", request.param)
    repo.checkout(relink=True)
    assert kinds(cache, *DATA) == {request.param}
    return request.param


def test_add(link: str, cache: Path, dvnb: Any) -> None:
    Path("more").mkdir()
    Path("more/a").write_text("new\n")
    Path("single").write_text("single\n")
    assert dvnb("add", "more", "single").code == 0
    assert kinds(cache, "more/a", "single") == {link}
    assert Repo().status().stages == {}


def test_add_without_relinking(link: str, cache: Path) -> None:
    Path("single").write_text("single\n")
    Repo().add("single", relink=False)
    assert kinds(cache, "single") == {"copy"}


def test_an_executable_stays_one(link: str, cache: Path) -> None:
    Path("tool.sh").write_text("#!/bin/sh\n")
    Path("tool.sh").chmod(0o755)
    Repo().add("tool.sh")
    assert os.access("tool.sh", os.X_OK)
    assert stat.S_IMODE(object_of(Path("tool.sh"), cache).stat().st_mode) == 0o444


def test_an_empty_file(link: str, cache: Path) -> None:
    for name in ("empty", "void"):
        Path(name).touch()
    Repo().add("empty", "void")
    assert Repo().status().stages == {}
    assert kinds(cache, "empty") <= {link, "copy"}


def test_checkout(link: str, cache: Path) -> None:
    Path("data.txt").unlink()
    shutil.rmtree("pictures")
    Repo().checkout()
    assert kinds(cache, *DATA) == {link}
    assert Repo().status().stages == {}


@pytest.mark.parametrize("other", LINKS)
def test_relink_to_another_type(link: str, cache: Path, dvnb: Any, other: str) -> None:
    Repo().config("cache.type", other)
    done = dvnb("checkout", "--relink")
    assert (done.code, done.out) == (0, "Relinked successfully\n")
    assert kinds(cache, *DATA) == {other}


def test_relink_of_a_member_leaves_the_others(link: str, cache: Path) -> None:
    other = "symlink" if link != "symlink" else "copy"
    Repo().config("cache.type", other)
    Repo().checkout("pictures/one.txt", relink=True)
    assert kinds(cache, "pictures/one.txt") == {other}
    assert kinds(cache, "pictures/sub/two.txt", "data.txt") == {link}


def test_unprotect(link: str, cache: Path) -> None:
    Repo().unprotect("data.txt", "pictures")
    assert kinds(cache, *DATA) == {"copy"}
    assert Repo().status().stages == {}


@pytest.mark.parametrize("target", ["data.txt.dvc", "prepare", "dvc.yaml:prepare"])
def test_unprotect_what_a_metafile_stands_for(link: str, cache: Path, target: str) -> None:
    Repo().unprotect(target)
    assert kinds(cache, "data.txt" if target == "data.txt.dvc" else "mid.txt") == {"copy"}


def test_an_edit_in_place_of_the_usual_kind(link: str, cache: Path) -> None:
    """Editors write a new file and rename it: the cache keeps the old content."""
    Path("new").write_text("edited\n")
    os.replace("new", "data.txt")
    Repo().commit("data.txt", force=True)
    assert kinds(cache, "data.txt") == {link}
    assert Path("data.txt").read_text() == "edited\n"
    assert Repo().status("data.txt.dvc").stages == {}


def test_edit_after_unprotect(link: str, cache: Path) -> None:
    Repo().unprotect("pictures/one.txt")
    Path("pictures/one.txt").write_text("edited\n")
    Repo().add("pictures/one.txt")
    assert kinds(cache, "pictures/one.txt") == {link}
    assert kinds(cache, "pictures/sub/two.txt") == {link}


def test_remove_leaves_copies(link: str, cache: Path) -> None:
    Repo().remove("data.txt.dvc", "pictures.dvc")
    assert kinds(cache, *DATA) == {"copy"}
    Path("data.txt").write_text("free\n")


def test_remove_of_a_member_leaves_a_copy(link: str, cache: Path) -> None:
    Repo().remove("pictures/one.txt")
    assert kinds(cache, "pictures/one.txt") == {"copy"}
    assert kinds(cache, "pictures/sub/two.txt") == {link}


def test_remove_with_outs(link: str, cache: Path) -> None:
    before = {file.name for file in stored(cache)}
    Repo().remove("data.txt.dvc", "pictures.dvc", outs=True)
    assert not any(Path(name).exists() or Path(name).is_symlink() for name in DATA)
    assert {file.name for file in stored(cache)} == before


def test_move(link: str, cache: Path) -> None:
    Repo().move("pictures", "images")
    assert kinds(cache, "images/one.txt", "images/sub/two.txt") == {link}
    assert Repo().status("images.dvc").stages == {}


def test_repro_writes_no_link(link: str, cache: Path) -> None:
    """A stage that reads and writes its data must not write through a link."""
    Repo().unprotect("data.txt")
    Path("data.txt").write_text("x\ny\nz\n")
    Repo().add("data.txt")
    Repo().repro()
    assert Path("mid.txt").read_text() == "x\ny\n"
    assert kinds(cache, "mid.txt") == {link}


def test_a_link_into_a_cache_that_is_gone(project: Path, dvnb: Any) -> None:
    repo = Repo()
    repo.config("cache.type", "symlink")
    repo.checkout(relink=True)
    shutil.rmtree(project / ".dvc" / "cache")
    assert dvnb("status").code == 0
    assert dvnb("checkout").code == 255
    assert dvnb("unprotect", "pictures").code == 0
    assert Path("pictures/one.txt").is_symlink()


def test_the_first_type_that_works(cache: Path) -> None:
    first = "reflink" if can_reflink(str(cache), str(Path.cwd())) else "hardlink"
    Repo().config("cache.type", "reflink,hardlink,copy")
    Repo().checkout(relink=True)
    assert kinds(cache, *DATA) == {"copy" if first == "reflink" else "hardlink"}


# ---- a cache on another file system


@pytest.fixture
def elsewhere(project: Path) -> Iterator[Path]:
    """A cache on another file system than the project."""
    shared = Path("/dev/shm")
    if not shared.is_dir() or shared.stat().st_dev == project.stat().st_dev:
        pytest.fail("these tests need /dev/shm on a file system of its own")
    folder = shared / f"dvnb-test-{os.getpid()}"
    shutil.move(project / ".dvc" / "cache", folder)
    Repo().cache_dir(str(folder))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("types", "expected"),
    [("hardlink,copy", "copy"), ("reflink,copy", "copy"), ("hardlink,symlink", "symlink"), ("symlink", "symlink")],
)
def test_the_types_that_work_between_file_systems(elsewhere: Path, types: str, expected: str) -> None:
    repo = Repo()
    repo.config("cache.type", types)
    repo.checkout(relink=True)
    Path("single").write_text("single\n")
    repo.add("single")
    assert kinds(elsewhere, *DATA, "single") == {expected}
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o444 for file in stored(elsewhere))


def test_no_type_works_between_file_systems(elsewhere: Path, dvnb: Any) -> None:
    Repo().config("cache.type", "hardlink")
    Path("single").write_text("single\n")
    added = dvnb("add", "single")
    assert added.code == 0  # as dvc: it is in the cache, and the file stays as it was
    assert "could not be linked" in added.err
    assert "hardlink" in added.err
    assert kinds(elsewhere, "single") == {"copy"}
    Path("single").unlink()
    done = dvnb("checkout", "single")
    assert done.code == 255
    assert "cache.type (hardlink)" in done.err


def test_the_trash_keeps_what_another_file_system_held(elsewhere: Path, kept: Any) -> None:
    Path("data.txt").write_text("unsaved\n")
    Repo().checkout("data.txt", force=True)
    contents = [path.read_text() for path in kept(Path.cwd()).values()]
    assert contents == ["unsaved\n"]


# ---- cache.shared


def modes(cache: Path) -> set[tuple[bool, int]]:
    """Modes of a cache's folders and files."""
    return {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in cache.rglob("*") if "runs" not in path.parts}


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_a_shared_cache_has_dvcs_modes(repo: Path, oracle: Any, mask: int, commit_all: Callable[..., None]) -> None:
    old = os.umask(mask)
    try:
        found = []
        for verb in (lambda *words: Repo().add(*words[1:]), oracle):
            Repo().config("cache.shared", "group")
            Path("folder").mkdir(exist_ok=True)
            Path("folder/a").write_text("a\n")
            Path("single").write_text("single\n")
            verb("add", "folder", "single")
            found.append(modes(repo / ".dvc" / "cache"))
            shutil.rmtree(repo / ".dvc" / "cache")
            for name in ("folder.dvc", "single.dvc"):
                Path(name).unlink()
        assert found[0] == found[1]
        assert (True, 0o2775) in found[0]
        assert (False, 0o444) in found[0]
    finally:
        os.umask(old)
