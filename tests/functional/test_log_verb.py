"""log: the history of tracked data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dvnb import Repo
from dvnb.errors import GitError, TargetError
from dvnb.repo.results import LogResult


@pytest.fixture
def history(project: Path, dvnb, git, commit_all) -> Path:
    """The project of `project` (commit one), then two: a member changed, one came; noise; three: a file changed."""
    git("tag", "v1")
    (project / "pictures/one.txt").write_text("one!\n")
    (project / "pictures/three.txt").write_text("three\n")
    repo = Repo(project)
    repo.add("pictures")
    commit_all("two")
    (project / "notes.md").write_text("notes\n")
    commit_all("noise")
    (project / "data.txt").write_text("a\nB\n")
    repo.add("data.txt")
    repo.repro()
    commit_all("three")
    return project


def told(result: LogResult) -> list[tuple]:
    return [(row.subject or row.rev, row.added, row.modified, row.deleted) for row in result.rows]


def test_versions_of_a_folder(history: Path) -> None:
    result = Repo(history).log("pictures", files=True)
    assert told(result) == [("two", 1, 1, 0), ("one", 2, 0, 0)]
    new, old = result.rows
    assert (new.size, new.nfiles, old.size, old.nfiles) == (15, 3, 8, 2)
    assert new.files == {"added": ["pictures/three.txt"], "modified": ["pictures/one.txt"]}
    assert (old.refs, new.refs, old.author) == (["v1"], [], "T")
    assert new.commit and new.commit.startswith(new.rev)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("pictures.dvc", ["two", "one"]),
        ("pictures/one.txt", ["two", "one"]),
        ("pictures/three.txt", ["two"]),
        ("pictures/sub", ["one"]),
        ("data.txt", ["three", "one"]),
        ("mid.txt", ["three", "one"]),
        ("prepare", ["three", "one"]),
        ("metrics.json", ["one"]),
        ("dvc.yaml", ["three", "one"]),
        (".", ["three", "two", "one"]),
    ],
)
def test_what_a_target_may_be(history: Path, target: str, expected: list[str]) -> None:
    assert [row.subject for row in Repo(history).log(target).rows] == expected


def test_paths_are_those_of_the_current_folder(history: Path) -> None:
    rows = Repo(history / "pictures").log("one.txt", files=True).rows
    assert [(row.size, row.nfiles, row.files) for row in rows] == [
        (5, 1, {"modified": ["one.txt"]}),
        (4, 1, {"added": ["one.txt"]}),
    ]


def test_the_workspace_comes_first_where_it_differs(history: Path) -> None:
    (history / "pictures/sub/two.txt").unlink()
    (history / "pictures/new.txt").write_text("new\n")
    repo = Repo(history)
    assert told(repo.log("pictures", limit=1)) == [("workspace", 1, 0, 1)]
    assert repo.log("data.txt").rows[0].subject == "three"
    repo.add("pictures")
    assert told(repo.log("pictures"))[0] == ("workspace", 1, 0, 1)
    shutil.rmtree(history / "pictures")
    assert told(repo.log("pictures"))[0] == ("workspace", 1, 0, 1), "what is not here is as its metafile says"


def test_data_that_was_moved_and_removed(history: Path, commit_all) -> None:
    repo = Repo(history)
    repo.move("data.txt", "raw.txt")
    commit_all("move")
    repo.remove("pictures.dvc")
    commit_all("remove")
    assert told(repo.log("data.txt"))[0] == ("move", 0, 0, 1)
    assert told(repo.log("raw.txt")) == [("move", 1, 0, 0)]
    assert told(repo.log("pictures"))[0] == ("remove", 0, 0, 3)
    assert told(repo.log("."))[:2] == [("remove", 0, 0, 3), ("move", 1, 0, 1)]


def test_ranges_and_limits(history: Path) -> None:
    repo = Repo(history)
    assert [row.subject for row in repo.log(since="v1").rows] == ["three", "two"]
    assert [row.subject for row in repo.log(since="v1..HEAD~1").rows] == ["two"]
    assert repo.log("metrics.json", since="v1").rows == []
    assert [row.subject for row in repo.log(limit=2).rows] == ["three", "two"]
    assert len(repo.log(limit=-1).rows) == 3
    with pytest.raises(GitError, match="unknown Git revision 'nosuch'"):
        repo.log(since="nosuch")


def test_branches_and_merges(history: Path, git, commit_all) -> None:
    repo = Repo(history)
    git("checkout", "-q", "-b", "side", "v1")
    repo.checkout()
    (history / "pictures/side.txt").write_text("side\n")
    repo.add("pictures")
    commit_all("side")
    git("checkout", "-q", "main")
    repo.checkout()
    assert [row.subject for row in repo.log("pictures").rows] == ["two", "one"]
    shown = repo.log("pictures", all_branches=True).rows
    assert {row.subject for row in shown} == {"two", "side", "one"}
    assert next(row for row in shown if row.subject == "side").refs == ["side"]
    git("merge", "-q", "-s", "ours", "-m", "same", "side")
    assert [row.subject for row in repo.log("pictures").rows] == ["two", "one"]
    git("reset", "-q", "--hard", "HEAD~1")
    git("merge", "-q", "--no-commit", "-s", "ours", "side")
    (history / "pictures/merged.txt").write_text("merged\n")
    repo.add("pictures")
    commit_all("merge")
    rows = repo.log("pictures", files=True).rows
    assert rows[0].subject == "merge"
    assert rows[0].files == {"added": ["pictures/merged.txt"]}
    assert {row.subject for row in rows} == {"merge", "two", "side", "one"}


def test_a_listing_that_is_not_in_the_cache(history: Path, dvnb) -> None:
    for path in (history / ".dvc/cache/files/md5").glob("*/*.dir"):
        path.unlink()
    rows = Repo(history).log("pictures").rows
    assert [(row.subject, row.added, row.size, row.nfiles) for row in rows] == [("two", None, 15, 3), ("one", 2, 8, 2)]
    assert [row.added for row in Repo(history).log("pictures/one.txt").rows] == [None, None]
    assert "members not in cache" in dvnb("log", "pictures").out


def test_a_commit_that_broke_a_metafile_tells_nothing(history: Path, commit_all) -> None:
    text = (history / "pictures.dvc").read_text()
    (history / "pictures.dvc").write_text("<<<<<<< conflict\n" + text)
    commit_all("broken")
    (history / "pictures.dvc").write_text(text)
    commit_all("mended")
    assert [row.subject for row in Repo(history).log("pictures").rows] == ["two", "one"]


def test_a_project_below_the_top_of_git_and_odd_names(empty_git: Path, commit_all) -> None:
    below = empty_git / "a b" / "[x]"
    below.mkdir(parents=True)
    Repo.init(below, subdir=True)
    (below / "d*").mkdir()
    (below / "d*" / "f é.txt").write_text("1\n")
    Repo(below).add("d*/f é.txt")
    commit_all("odd")
    assert [row.subject for row in Repo(below).log("d*/f é.txt").rows] == ["odd"]
    assert [row.subject for row in Repo(below).log("d*").rows] == ["odd"]


def test_what_no_version_knows(history: Path, dvnb) -> None:
    for target in ("nosuch", "pictures/nosuch", "notes.md"):
        with pytest.raises(TargetError, match=f"no version of '{target}' is recorded"):
            Repo(history).log(target)
    done = dvnb("log", "../elsewhere")
    assert (done.code, done.err) == (
        255,
        "ERROR: failed to show the history - '../elsewhere' is outside of the project\n",
    )


def test_before_the_first_commit(empty_git: Path, dvnb) -> None:
    Repo.init(empty_git)
    assert dvnb("log").out == "No version of tracked data is recorded.\n"
    (empty_git / "data").write_text("x\n")
    Repo(empty_git).add("data")
    assert told(Repo(empty_git).log("data")) == [("workspace", 1, 0, 0)]


def test_the_command_line(history: Path, dvnb) -> None:
    done = dvnb("log", "pictures", "--files")
    assert done.code == 0
    assert done.lines[0].split() == ["Rev", "Refs", "Date", "Author", "Size", "Files", "Changes", "Subject"]
    assert "1 added, 1 modified" in done.lines[1]
    assert done.lines[2:4] == ["    A pictures/three.txt", "    M pictures/one.txt"]
    assert dvnb("log", "pictures", "-v").out == done.out
    rows = json.loads(dvnb("log", "pictures", "-n", "1", "--json").out)
    assert [row["subject"] for row in rows] == ["two"]
    assert "files" not in rows[0]
    assert dvnb("log", "pictures", "--md").lines[2].startswith(f"| {rows[0]['rev']} ")
    assert "| A pictures/three.txt<br>M pictures/one.txt " in dvnb("log", "pictures", "--md", "--files").out
    assert "dvnb log data" in dvnb("log", "--help").out
