"""diff, list, du, data status --not-in-remote, and reading another repo."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from dvnb import Repo
from dvnb.errors import ConfigError, GitError
from dvnb.repo.elsewhere.listing import disk_usage, list_contents
from dvnb.repo.elsewhere.repos import open_elsewhere


@pytest.fixture
def data(repo: Path, dvnb, commit_all) -> Path:
    """A project with a tracked folder, a tracked file in a plain folder, and a file of git's."""
    (repo / "d/sub").mkdir(parents=True)
    (repo / "d/one.txt").write_text("one\n")
    (repo / "d/sub/two.txt").write_text("two\n")
    (repo / "s").mkdir()
    (repo / "s/f.bin").write_text("file\n")
    (repo / "run.sh").write_text("echo\n")
    (repo / "run.sh").chmod(0o755)
    assert dvnb("add", "d", "s/f.bin").code == 0
    commit_all("data")
    return repo


def paths(done) -> list[str]:
    return [row["path"] for row in json.loads(done.out)]


def test_diff_tells_added_deleted_modified_and_renamed(data: Path, dvnb) -> None:
    (data / "d/one.txt").write_text("changed\n")
    (data / "d/sub/two.txt").rename(data / "d/moved.txt")
    (data / "s/f.bin").unlink()
    (data / "new").write_text("new\n")
    assert dvnb("add", "new").code == 0
    found = json.loads(dvnb("diff", "--json").out)
    assert found["added"] == [{"path": "new"}]
    assert found["deleted"] == [{"path": "s/f.bin"}]
    assert found["modified"] == [{"path": "d/"}, {"path": "d/one.txt"}]
    assert found["renamed"] == [{"path": {"old": "d/sub/two.txt", "new": "d/moved.txt"}}]
    assert found["not in cache"] == []
    text = dvnb("diff").out
    assert text.endswith("files summary: 1 added, 1 deleted, 1 renamed, 1 modified\n")
    assert "    d/sub/two.txt -> d/moved.txt\n" in text


def test_diff_of_targets_and_of_what_the_cache_lacks(data: Path, dvnb) -> None:
    (data / "d/one.txt").write_text("changed\n")
    (data / "s/f.bin").write_text("changed too\n")
    found = json.loads(dvnb("diff", "--json", "--targets", "s/f.bin").out)
    assert found["modified"] == [{"path": "s/f.bin"}]
    one = data / ".dvc/cache/files/md5/5b/bf5a52328e7439ae6e719dfe712200"
    one.unlink()
    found = Repo(data).diff(targets=["d/one.txt"], show_hash=True).to_json()
    assert [change["path"] for change in found["modified"]] == ["d/one.txt"]
    assert found["not in cache"] == [{"path": "d/one.txt", "hash": "5bbf5a52328e7439ae6e719dfe712200"}]
    assert "not in cache" not in json.loads(dvnb("diff", "--json", "--hide-missing").out)


def test_diff_refuses_what_is_not_there(data: Path, dvnb) -> None:
    done = dvnb("diff", "nosuch")
    assert (done.code, done.err) == (1, "ERROR: failed to get diff - unknown Git revision 'nosuch'\n")
    done = dvnb("diff", "--targets", "nosuch")
    assert done.code == 255
    assert done.err == "ERROR: 'nosuch' is not among the tracked data of either side\n"
    assert dvnb("diff", "HEAD", "HEAD", "--json").out == "{}\n"


def test_list_has_git_files_and_tracked_data(data: Path, dvnb) -> None:
    assert paths(dvnb("list", ".", "--json")) == [".dvcignore", ".gitignore", "d", "d.dvc", "run.sh", "s"]
    deep = [".dvcignore", ".gitignore", "d.dvc", "d/one.txt", "d/sub/two.txt", "run.sh"]
    assert dvnb("ls", "-R", ".").lines == [*deep, "s/.gitignore", "s/f.bin", "s/f.bin.dvc"]
    assert paths(dvnb("list", ".", "-R", "-L", "1", "--json", "--dvc-only")) == ["d", "s"]
    assert dvnb("list", ".", "d/one.txt").out == "one.txt\n"
    rows = {row["path"]: row for row in json.loads(dvnb("list", ".", "--json", "--rev", "HEAD").out)}
    assert rows["run.sh"]["isexec"]
    assert rows["run.sh"]["size"] == 5
    assert rows["d"]["isout"]
    assert rows["d"]["size"] == 8


def test_list_as_a_tree(data: Path, dvnb) -> None:
    assert dvnb("list", "-T", ".", "d").lines == ["d", "├── one.txt", "└── sub", "    └── two.txt"]
    assert dvnb("list", "-T", "-L", "1", "--show-hash", ".", "d").lines[1:] == [
        "5bbf5a52328e7439ae6e719dfe712200      ├── one.txt",
        "-                                     └── sub",
    ]


def test_list_refuses_what_is_not_there(data: Path, dvnb) -> None:
    done = dvnb("list", ".", "nosuch")
    assert (done.code, done.err) == (1, f"ERROR: [Errno 2] No such file or directory: '{data}/nosuch'\n")
    done = dvnb("list", ".", "--rev", "nosuch")
    assert (done.code, done.err) == (1, "ERROR: failed to list '.' - unknown Git revision 'nosuch'\n")
    done = dvnb("list", "/nosuch/repo")
    assert done.code == 1
    assert done.err.startswith("ERROR: failed to list '/nosuch/repo' - SCM error: Failed to clone repo '/nosuch/repo'")
    assert len(done.err.splitlines()) == 1
    assert dvnb("list", ".", "-T", "--json").code == 255


def test_a_url_is_cloned_and_fetched_again(data: Path, dvnb, commit_all, tmp_path: Path) -> None:
    url = data.as_uri()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert "run.sh" in dvnb("list", url, cwd=elsewhere).lines
    (data / "later.txt").write_text("later\n")
    commit_all()
    assert "later.txt" in dvnb("list", url, cwd=elsewhere).lines
    assert "later.txt" not in dvnb("list", url, "--rev", "HEAD~1", cwd=elsewhere).lines
    with open_elsewhere(url, "main") as other:
        assert other.cloned
        assert other.commit is not None
        assert other.tree.read("later.txt") == b"later\n"
        assert len(other.index.stages) == 2


def test_a_plain_git_repo_can_be_read(empty_git: Path, commit_all, dvnb) -> None:
    (empty_git / "a.txt").write_text("a\n")
    commit_all()
    assert dvnb("list", ".").out == "a.txt\n"
    assert [row.path for row in list_contents(str(empty_git), rev="HEAD").rows] == ["a.txt"]
    with open_elsewhere(str(empty_git)) as other:
        assert (other.index.stages, other.commit) == ([], None)
        assert other.tree.read("a.txt") == b"a\n"
    with pytest.raises(GitError, match="unknown Git revision"), open_elsewhere(str(empty_git), "nosuch"):
        pass


def test_du_counts_data_and_files_but_no_metafiles(data: Path, dvnb) -> None:
    assert dvnb("du", ".", "d").lines == ["4  d/one.txt", "4  d/sub", "8  d"]
    assert disk_usage(".", "s", rev="HEAD").sizes == [("s/.gitignore", 7), ("s/f.bin", 5), ("s", 12)]
    assert dvnb("du", "-s", ".", "s").out == "12  s\n"
    assert dvnb("du", ".", "nosuch").code == 255


def test_data_status_names_what_the_remote_lacks(data: Path, dvnb) -> None:
    assert json.loads(dvnb("data", "status", "--json", "--not-in-remote").out) == {}
    assert dvnb("remote", "add", "-d", "store", str(data.parent / "store")).code == 0
    wanted = {"not_in_remote": ["d/", f"s{os.sep}f.bin"]}
    assert json.loads(dvnb("data", "status", "--json", "--not-in-remote").out) == wanted
    assert dvnb("push", "-q").code == 0
    assert Repo(data).data_status(not_in_remote=True).to_json() == {}
    assert dvnb("data", "status", "--not-in-remote", "-r", "nosuch").code == 251


def test_methods_of_repo_take_settings_as_the_functions_do(data: Path, tmp_path: Path) -> None:
    Repo().remote_add("store", str(tmp_path / "remote"), default=True)
    Repo().push()
    Repo().remote_modify("store", "url", str(tmp_path / "nowhere"))
    shutil.rmtree(data / "d")
    shutil.rmtree(data / ".dvc" / "cache")
    given = {"remote": "store", "remote_config": {"url": str(tmp_path / "remote")}}
    assert {row.path for row in Repo().list("d", **given).rows} == {"one.txt", "sub"}
    assert {path for path, _ in Repo().du("d", **given).sizes} >= {"d/one.txt", "d/sub"}
    (data / "own.config").write_text(f"['remote \"store\"']\n    url = {tmp_path / 'remote'}\n")
    shutil.rmtree(data / ".dvc" / "cache", ignore_errors=True)
    assert {row.path for row in Repo().list("d", config="own.config").rows} == {"one.txt", "sub"}
    with pytest.raises(ConfigError, match="remote 'nope' doesn't exist"):
        Repo().du("d", remote="nope")
