"""gc: through the command line, with stock dvc beside, and through the API."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
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
    assert (
        len(
            [
                path
                for path in trash.rglob("*")
                if path.is_file() and path.name != "journal.jsonl" and path.suffix != ".dvc"
            ]
        )
        == 3
    )
    Path("data.txt").write_text("version 4\n")
    Repo().add("data.txt")
    result = Repo().gc(workspace=True, purge=True)
    assert [(store.kind, store.removed, store.size) for store in result.stores] == [("repo", 1, 10), ("legacy", 0, 0)]
    assert (
        len(
            [
                path
                for path in trash.rglob("*")
                if path.is_file() and path.name != "journal.jsonl" and path.suffix != ".dvc"
            ]
        )
        == 3
    )


def test_dry_removes_nothing_and_counts_bytes(versions: Path, dvnb, picture: Picture) -> None:
    before = picture(versions)
    assert "28 bytes would be freed." in dvnb("gc", "-w", "--dry").err
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
    assert theirs.operations().rows[0].command == "gc"  # the filesystem is the same
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


def test_one_run_is_one_entry_in_the_trash_that_comes_back(versions: Path, kept) -> None:
    before = objects()
    result = Repo().gc(workspace=True)
    trash = Path(str(result.stores[0].trash))
    assert kept(versions)[str(versions / ".dvc" / "cache")] == trash
    assert len(objects()) == len(before) - 3
    Repo().undo()
    assert objects() == before
    assert not [path for path in trash.rglob("*") if path.is_file()]


def test_a_cache_of_dvc_2_is_collected_apart(versions: Path, dvnb, oracle) -> None:
    old = versions / ".dvc" / "cache" / "ab" / ("cd" * 15)
    old.parent.mkdir()
    old.write_text("old\n")
    told = oracle("gc", "-A", "-f", "--dry")[1].splitlines()
    done = dvnb("gc", "-A", "--dry")
    assert [line for line in done.lines if "bytes" not in line] == told
    assert "Removed 1 objects from legacy cache." in done.lines
    assert dvnb("gc", "-A", "-f").code == 0
    assert not old.exists()
    assert Repo().checkout(force=True).missing == []


def test_a_remote_behind_a_filesystem_of_python(versions: Path) -> None:
    from dvnb.objects.remotes import transfer
    from dvnb.objects.remotes.remote import all_hashes, open_remote
    from dvnb.project.project import Project
    from dvnb.repo.upkeep.gc import Removal

    project = Project.open(".")
    far = open_remote("memory://dvnb-gc-test", {})
    transfer.push([hash_info for hash_info in all_hashes(project.cache) if not hash_info.is_dir], project.cache, far)
    there = sorted(all_hashes(far), key=str)
    assert len(there) > 2
    done = Removal(project, 2, dry=True, purge=False).remove("remote", far, there[:2])
    assert (done.removed, done.size, len(done.paths)) == (2, None, 2)
    assert sorted(all_hashes(far), key=str) == there
    done = Removal(project, 2, dry=False, purge=False).remove("remote", far, there[:2])
    assert (done.removed, done.trash) == (2, None)
    assert sorted(all_hashes(far), key=str) == there[2:]


def test_a_shared_cache_keeps_what_named_projects_use(versions: Path, tmp_path: Path, dvnb, oracle) -> None:
    shared, other = tmp_path / "shared", tmp_path / "other"
    Repo().cache_dir(str(shared))
    Repo().commit(force=True)
    subprocess.run(["git", "init", "-q", other], check=True)
    Repo.init(other)
    Repo(other).cache_dir(str(shared))
    (other / "x").write_text("theirs\n")
    Repo(other).add("x")
    (other / "x").write_text("newer\n")
    Repo(other).add("x")
    told = {line for line in oracle("gc", "-w", "-f", "--dry", "-p", str(other))[1].splitlines() if "Removing" in line}
    done = dvnb("gc", "-w", "-f", "-p", str(other))
    assert f"Removed {len(told)} objects from repo cache." in done.lines
    assert md5("theirs\n")[2:] in str(told)
    assert md5("newer\n") in objects(shared)
    assert md5("theirs\n") not in objects(shared)
    assert not (shared / ".dvnb-trash").exists()


def test_a_cache_of_both_kinds_on_another_filesystem(versions: Path) -> None:
    """Its trash lies beside it, and takes objects of dvc 3 and of dvc 2 in one run."""
    far = Path(tempfile.mkdtemp(dir="/dev/shm"))
    try:
        Repo().cache_dir(str(far))
        Repo().commit(force=True)
        Path("data.txt").write_text("newer\n")
        Repo().add("data.txt")
        old = far / "ab" / ("cd" * 15)
        old.parent.mkdir()
        old.write_text("old\n")
        before = sorted(path for path in far.rglob("*") if path.is_file())
        result = Repo().gc(workspace=True)
        assert [(store.kind, store.removed > 0) for store in result.stores] == [("repo", True), ("legacy", True)]
        assert not old.exists()
        Repo().undo()
        assert sorted(path for path in far.rglob("*") if path.is_file()) == before
    finally:
        shutil.rmtree(far)
