"""diff --content: what changed inside tracked files and git's files."""

from __future__ import annotations

import json
import sys
from hashlib import md5
from pathlib import Path

import pytest

from dvnb import Repo
from dvnb.errors import DvnbError, GitError, MissingObjectsError, TargetError
from dvnb.reports.content.found import TableDiff, TextDiff

OLD = "id,x\n1,1.5\n2,2.5\n"
NEW = "id,x\n1,1.5\n2,2.75\n3,3.5\n"


@pytest.fixture
def tables(repo: Path, git, commit_all) -> Path:
    """A tracked folder with a table, a tracked table, and a JSON file of git's: tag v1, then v2, then the workspace."""
    (repo / "data/sub").mkdir(parents=True)
    (repo / "data/t.csv").write_text(OLD)
    (repo / "data/sub/same.txt").write_text("same\n")
    (repo / "one.tsv").write_text("a\tb\n1\t2\n")
    (repo / "m.json").write_text('{"acc": 0.5}')
    Repo(repo).add("data", "one.tsv")
    commit_all("one")
    git("tag", "v1")
    (repo / "data/t.csv").write_text(NEW)
    (repo / "m.json").write_text('{"acc": 0.75}')
    Repo(repo).add("data")
    commit_all("two")
    git("tag", "v2")
    return repo


def test_a_member_of_a_folder_between_two_revs(tables: Path) -> None:
    result = Repo(tables).diff_content("data/t.csv", "v1", "v2")
    (found,) = result.files
    assert isinstance(found.detail, TableDiff)
    assert (found.path, found.state, found.old.where, found.new.where) == ("data/t.csv", "modified", "v1", "v2")
    assert (found.detail.matched, found.detail.added, found.detail.changed) == ("key", 1, 1)
    back = Repo(tables / "data").diff_content("t.csv", "v2", "v1", key=["id"], limit=1).files[0]
    assert isinstance(back.detail, TableDiff)
    assert (back.path, back.detail.removed, len(back.detail.rows)) == ("t.csv", 1, 1)
    none = Repo(tables).diff_content("data/t.csv", "v1", limit=-1).files[0].detail
    assert isinstance(none, TableDiff)
    assert (none.changed, none.rows) == (1, [])


def test_the_workspace_is_the_second_version_by_default(tables: Path) -> None:
    assert Repo(tables).diff_content("data/t.csv").files == []
    (tables / "data/t.csv").write_text(OLD)
    assert Repo(tables).diff_content("data/t.csv").files[0].new.where == "workspace"
    assert Repo(tables).diff_content("data/t.csv", "v1").files == []
    (tables / "one.tsv").unlink()
    assert Repo(tables).diff_content("one.tsv").files[0].state == "deleted"


def test_files_of_git(tables: Path, dvnb) -> None:
    leaves = json.loads(dvnb("diff", "--content", "v1", "m.json", "--json").out)["files"][0]["detail"]["leaves"]
    assert leaves == [{"path": "acc", "kind": "changed", "old": 0.5, "new": 0.75}]
    found = Repo(tables).diff_content("data.dvc", "v1").files[0]
    assert isinstance(found.detail, TextDiff)
    (tables / "untracked.txt").write_text("x\n")
    assert Repo(tables).diff_content("untracked.txt").files[0].state == "added"


def test_a_folder_is_summed_up_file_by_file(tables: Path, dvnb) -> None:
    (tables / "data/new.bin").write_bytes(b"\0")
    done = dvnb("diff", "--content", "v1", "data")
    assert done.lines == [
        "Change    Path          What",
        "added     data/new.bin  new: 1 bytes, md5 93b885adfe0da089cdf634904fd59f71",
        "modified  data/t.csv    rows: 2 -> 3 (1 added, 0 removed, 1 changed, matched by id)",
        "files: 1 added, 1 modified, 1 unchanged",
    ]
    result = Repo(tables).diff_content(".", "v1")
    assert [found.path for found in result.files] == ["data/new.bin", "data/t.csv", "m.json"]
    assert [found.path for found in Repo(tables).diff_content("data", "v1", key=["nosuch"]).files if found.note] == [
        "data/t.csv"
    ]


def test_the_words_of_a_table(tables: Path, dvnb) -> None:
    done = dvnb("diff", "--content", "v1", "v2", "data/t.csv")
    assert done.code == 0
    assert [" ".join(line.split()) for line in done.lines] == [
        "data/t.csv: modified (table, v1 -> v2, 17 -> 24 bytes)",
        "rows: 2 -> 3 (1 added, 0 removed, 1 changed, matched by id)",
        "",
        "Column Type Changed Old New Difference",
        "id BIGINT - 1 .. 2, mean 1.5 1 .. 3, mean 2",
        "x DOUBLE 1 1.5 .. 2.5, mean 2 1.5 .. 3.5, mean 2.58333 0.25 .. 0.25, mean 0.25",
        "",
        "Row id Values",
        "changed 2 x: 2.5 -> 2.75",
        "added 3 x=3.5",
    ]
    markdown = dvnb("diff", "--content", "v1", "v2", "data/t.csv", "--md").out
    assert "- rows: 2 -> 3" in markdown
    assert "| changed | 2    | x: 2.5 -> 2.75 |" in markdown
    assert dvnb("diff", "v1", "v2", "--content", "--targets", "data/t.csv", "--key", "id").out == done.out
    assert dvnb("diff", "--content", "v1", "v2", "data/sub").out == "No differences.\n"
    text = dvnb("diff", "--content", "v1", "v2", "data.dvc").out
    assert "--- v1\n+++ v2\n@@ -1,6 +1,6 @@\n" in text


def test_json_tells_nothing_of_this_machine(tables: Path, dvnb) -> None:
    done = dvnb("diff", "--content", "v1", "v2", "data/t.csv", "--json")
    assert str(tables) not in done.out
    (found,) = json.loads(done.out)["files"]
    assert found["old"] == {"size": 17, "md5": md5(OLD.encode()).hexdigest()}
    assert found["detail"]["rows"][1] == {"kind": "added", "place": {"id": 3}, "values": {"x": 3.5}}


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["nosuch.csv"], 1, "failed to get diff - 'nosuch.csv' exists neither in 'HEAD' nor in 'workspace'"),
        (["nosuch", "m.json"], 1, "failed to get diff - unknown Git revision 'nosuch'"),
        (["../x.csv"], 1, "failed to get diff - '../x.csv' is outside of the project"),
        (["v1", "data/t.csv", "--key", "q"], 1, "there is no column 'q' in both versions to be a key"),
        (["v1", "data/t.csv", "--no-header", "--key", "id"], 1, "common columns are 'column0', 'column1'"),
        ([], 254, "--content takes up to two revisions and one path"),
        (["v1", "v2", "--targets", "a", "b"], 254, "--content takes up to two revisions and one path"),
    ],
)
def test_bad_input_is_one_clear_error(tables: Path, dvnb, words: list[str], code: int, message: str) -> None:
    done = dvnb("diff", "--content", *words)
    assert done.code == code
    assert message in done.err
    assert done.out == ""


def test_a_third_word_is_for_content_only(tables: Path, dvnb) -> None:
    done = dvnb("diff", "v1", "v2", "data")
    assert (done.code, done.err) == (254, "ERROR: unrecognized arguments: data (paths go behind --targets)\n")


def test_options_of_content_need_it(tables: Path, dvnb) -> None:
    for words in (["--no-header"], ["--key", "id"]):
        done = dvnb("diff", "v1", *words)
        assert (done.code, done.err) == (254, "ERROR: --key and --no-header go with --content\n")


def test_tables_without_a_header(tables: Path, dvnb) -> None:
    done = dvnb("diff", "--content", "--no-header", "v1", "v2", "data/t.csv", "--json")
    (found,) = json.loads(done.out)["files"]
    assert (found["detail"]["rows_old"], found["detail"]["rows_new"]) == (3, 4)
    api = Repo(tables).diff_content("data/t.csv", "v1", "v2", header=False).files[0].detail
    assert isinstance(api, TableDiff)
    assert [column.name for column in api.columns] == ["column0", "column1"]


def test_a_version_that_is_not_in_the_cache(tables: Path, dvnb, git) -> None:
    repo = Repo(tables)
    for path in (tables / ".dvc/cache/files/md5").glob("*/*"):
        if path.read_text() == OLD:
            path.unlink()
    done = dvnb("diff", "--content", "v1", "data/t.csv")
    assert done.code == 1
    assert done.err == (
        "ERROR: failed to get diff - the content of 'data/t.csv' in 'v1' is not in the cache\n"
        "HINT: dvnb fetch --all-tags data/t.csv\n"
    )
    commit = git("rev-parse", "v1").strip()
    with pytest.raises(MissingObjectsError) as error:
        repo.diff_content("data", commit)
    assert error.value.hint and error.value.hint.args == ("--all-commits", "data")
    assert [found.state for found in repo.diff_content("m.json", "v1").files] == ["modified"]
    for path in (tables / ".dvc/cache/files/md5").glob("*/*.dir"):
        path.unlink()
    with pytest.raises(MissingObjectsError, match="the listing of 'data' in 'v1' is not in the cache"):
        repo.diff_content("data/t.csv", "v1")


def test_without_duckdb_the_extra_is_named(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(DvnbError, match=r"needs the package duckdb.*pip install 'dvnb\[content\]'"):
        Repo(tables).diff_content("data/t.csv", "v1")
    assert Repo(tables).diff_content("m.json", "v1").files[0].kind == "tree"


def test_the_same_errors_in_python(tables: Path) -> None:
    with pytest.raises(GitError, match="unknown Git revision 'nosuch'"):
        Repo(tables).diff_content("m.json", "nosuch")
    with pytest.raises(TargetError, match="'nosuch' exists neither in 'v1' nor in 'v2'"):
        Repo(tables).diff_content("nosuch", "v1", "v2")
