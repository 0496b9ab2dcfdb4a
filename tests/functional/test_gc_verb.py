"""gc: through the command line, with stock dvc beside, and through the API."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dvnb.errors import DvnbError, MissingObjectsError
from dvnb.repo.facade import Repo

Picture = Callable[[Path], dict[str, tuple[int, str]]]


def objects(folder: str | Path = ".dvc/cache") -> set[str]:
    """The objects in a store."""
    return {path.parent.name + path.name for path in Path(folder, "files", "md5").rglob("*") if path.is_file()}


@pytest.fixture
def versions(project: Path, commit_all: Callable[..., None], git: Callable[..., str]) -> Path:
    """Three versions of data.txt: tagged v1, committed on main, in the workspace."""
    git("tag", "v1")
    for number in (2, 3):
        Path("data.txt").write_text(f"version {number}\n")
        Repo().add("data.txt")
        if number == 2:
            commit_all("two")
    return project


def md5(text: str) -> str:
    """The hash of a file's content."""
    import hashlib

    return hashlib.md5(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("flags", "first", "second"),
    [
        (["-w"], False, False),
        (["-a"], False, True),
        (["-T"], True, False),
        (["-A"], True, True),
        (["--rev", "main"], False, True),
        (["--rev", "main", "-n", "2"], True, True),
        (["-a", "-n", "2"], True, True),
        (["--date", "2000-01-01"], True, True),
        (["--date", "2999-01-01"], False, False),
    ],
)
def test_what_revs_use_stays(versions: Path, dvnb, oracle, flags: list[str], first: bool, second: bool) -> None:
    told = {line for line in oracle("gc", "-f", "--dry", *flags)[1].splitlines() if line.startswith("Removing")}
    ours = {line for line in dvnb("gc", "--dry", *flags).lines if line.startswith("Removing")}
    assert ours == told
    assert dvnb("gc", "-f", *flags).code == 0
    assert (md5("a\nb\nc\n") in objects(), md5("version 2\n") in objects()) == (first, second)
    assert md5("version 3\n") in objects()


def test_removed_objects_are_in_the_trash_unless_purged(versions: Path, dvnb) -> None:
    done = dvnb("gc", "-w", "-f")
    assert "Removed 3 objects from repo cache." in done.lines
    assert "No unused 'legacy' cache to remove." in done.lines
    trash = Path(".git/dvnb/trash")
    assert len([path for path in trash.rglob("*") if path.is_file() and path.name != "index.jsonl"]) == 3
    Path("data.txt").write_text("version 4\n")
    Repo().add("data.txt")
    result = Repo().gc(workspace=True, purge=True)
    assert [(store.kind, store.removed, store.size) for store in result.stores] == [("repo", 1, 10), ("legacy", 0, 0)]
    assert len([path for path in trash.rglob("*") if path.is_file() and path.name != "index.jsonl"]) == 3


def test_dry_removes_nothing_and_counts_bytes(versions: Path, dvnb, picture: Picture) -> None:
    before = picture(versions)
    assert "28 bytes would be freed." in dvnb("gc", "-w", "--dry").lines
    assert picture(versions) == before


def test_it_asks_first(versions: Path, dvnb, picture: Picture) -> None:
    before = picture(versions)
    for answer in ("", "n\n"):
        assert dvnb("gc", "-w", stdin=answer).code == 1
        assert picture(versions) == before
    assert dvnb("gc", "-w", stdin="y\n").code == 0
    assert picture(versions) != before


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["-w", "-r", "x"],
        ["-w", "-c", "--not-in-remote"],
        ["-T", "-n", "2"],
        ["--date", "soon"],
        ["--rev", "nope"],
        ["-w", "-p", "/nowhere"],
    ],
)
def test_wrong_flags_change_nothing(versions: Path, dvnb, picture: Picture, flags: list[str]) -> None:
    before = picture(versions)
    done = dvnb("gc", "-f", *flags)
    assert done.code in (253, 255)
    assert "ERROR: " in done.err
    assert picture(versions) == before


def test_without_a_remote_it_is_a_matter_of_configuration(versions: Path, dvnb) -> None:
    for flag in ("-c", "--not-in-remote"):
        assert dvnb("gc", "-wf", flag).code == 251


def test_the_remote_too(versions: Path, tmp_path: Path) -> None:
    repo = Repo()
    repo.remote_add("far", str(tmp_path / "far"), default=True)
    repo.push(all_commits=True)
    count = len(objects(tmp_path / "far"))
    repo.gc(workspace=True, cloud=True)
    assert len(objects(tmp_path / "far")) == count - 2
    repo.gc(workspace=True, not_in_remote=True)
    assert objects() == set()
    assert repo.pull().fetch.transferred == len(objects())


def test_other_projects_keep_theirs(versions: Path, tmp_path: Path) -> None:
    cache = versions / ".dvc" / "cache"
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", other], check=True)
    Repo.init(other)
    theirs = Repo(other)
    theirs.cache_dir(str(cache))
    (other / "x").write_text("theirs\n")
    theirs.add("x")
    Repo().gc(workspace=True, projects=(str(other),))
    assert md5("theirs\n") in objects()
    theirs.gc(workspace=True)
    assert objects() == {md5("theirs\n")}
    assert len(list((cache / ".dvnb-trash").iterdir())) == 1
    assert list(cache.joinpath("runs").rglob("*"))


def test_a_lost_listing_is_no_reason_to_drop_members(versions: Path, picture: Picture) -> None:
    (listing,) = Path(".dvc/cache").rglob("*.dir")
    listing.unlink()
    before = picture(versions)
    with pytest.raises(MissingObjectsError, match="without cache for directory 'pictures'"):
        Repo().gc(workspace=True)
    assert picture(versions) == before


def test_experiments_are_kept_when_asked_for(versions: Path, git: Callable[..., str]) -> None:
    git("update-ref", "refs/exps/ab/cd/one", "v1")
    Repo().gc(all_experiments=True)
    assert md5("a\nb\nc\n") in objects()
    with pytest.raises(DvnbError):
        Repo().gc()
