"""init, add, commit, checkout, status, data status, check-ignore, root: by the CLI and by the API."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import MissingObjectsError, TargetError, WorkspaceConflictError

ONE = "5bbf5a52328e7439ae6e719dfe712200"


@pytest.fixture
def trash(kept: Any) -> Any:
    """The texts of all files in the trash."""
    return lambda root: [path.read_text() for path in kept(root).values()]


def cached(root: Path, md5: str) -> Path:
    return root / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]


# ---- init, root


def test_init_makes_and_stages_dvc_s_files(empty_git: Path, dvnb: Any, git: Any) -> None:
    done = dvnb("init")
    assert done.code == 0 and done.out.startswith("Initialized")
    assert git("diff", "--cached", "--name-only").split() == [".dvc/.gitignore", ".dvc/config", ".dvcignore"]
    assert (empty_git / ".dvc" / ".gitignore").read_text() == "/config.local\n/tmp\n/cache\n"


def test_init_by_the_api_with_and_without_git(empty_git: Path, tmp_path: Path) -> None:
    assert Repo.init().to_json() == {"root": str(empty_git), "in_git": True}
    folder = tmp_path / "plain"
    folder.mkdir()
    result = Repo.init(folder, no_scm=True)
    assert (result.root, result.in_git) == (str(folder), False)
    assert (folder / ".dvc" / "config").read_text() == "[core]\n    no_scm = True\n"
    (folder / "f").write_text("f")
    assert Repo(folder).add("f").outs[0].path == "f"


def test_init_of_a_sub_folder(empty_git: Path, dvnb: Any) -> None:
    (empty_git / "sub").mkdir()
    assert dvnb("init", cwd="sub").code == 1
    assert dvnb("init", "--subdir", cwd="sub").code == 0
    assert (empty_git / "sub" / ".dvc" / "config").exists()


def test_root_is_relative_to_the_folder_asked_from(project: Path, dvnb: Any) -> None:
    assert dvnb("root").out == ".\n"
    assert dvnb("root", cwd="pictures/sub").out == "../..\n"
    assert Repo("pictures/sub").root == str(project)


# ---- add


def test_add_file_and_folder(project: Path, dvnb: Any, git: Any) -> None:
    (project / "new.txt").write_text("one\n")
    (project / "folder").mkdir()
    (project / "folder" / "x").write_text("x")
    done = dvnb("add", "new.txt", "folder")
    assert done.code == 0
    assert "git add" in done.out and "new.txt.dvc" in done.out
    assert (project / "new.txt.dvc").read_text() == f"outs:\n- md5: {ONE}\n  size: 4\n  hash: md5\n  path: new.txt\n"
    assert cached(project, ONE).stat().st_mode & 0o777 == 0o444
    assert git("check-ignore", "new.txt", "folder").split() == ["new.txt", "folder"]


def test_add_by_the_api_says_what_is_tracked(project: Path) -> None:
    (project / "new.txt").write_text("one\n")
    found = Repo().add("new.txt").to_json()
    assert found["outs"] == [{"path": "new.txt", "file": "new.txt.dvc", "hash": ONE, "size": 4, "nfiles": None}]
    assert set(found["to_stage"]) == {"new.txt.dvc", ".gitignore"}
    assert found["staged"] is False


def test_add_tells_git_with_autostage(project: Path, git: Any) -> None:
    Repo().config("core.autostage", "true")
    (project / "new.txt").write_text("one\n")
    assert Repo().add("new.txt").staged
    assert git("diff", "--cached", "--name-only").split() == [".gitignore", "new.txt.dvc"]


def test_add_glob_out_and_no_commit(project: Path) -> None:
    for name in ("g1.bin", "g2.bin"):
        (project / name).write_text(name)
    assert [out.path for out in Repo().add("*.bin", glob=True).outs] == ["g1.bin", "g2.bin"]
    (project.parent / "away.txt").write_text("away\n")
    assert Repo().add("../away.txt", out="here.txt").outs[0].path == "here.txt"
    assert (project / "here.txt").read_text() == "away\n"
    (project / "later.txt").write_text("later\n")
    later = Repo().add("later.txt", no_commit=True).outs[0].hash
    assert later and not cached(project, later).exists()
    assert Repo().commit("later.txt").stages == ["later.txt.dvc"]
    assert cached(project, later).exists()


def test_add_of_a_member_updates_its_folder(project: Path) -> None:
    (project / "pictures" / "three.txt").write_text("three\n")
    out = Repo().add("pictures/three.txt").outs[0]
    assert (out.path, out.nfiles, out.size) == ("pictures", 3, 14)
    assert Repo().status().clean


def test_killed_add_leaves_no_half_file_and_can_be_done_again(repo: Path, dvnb: Any, oracle: Any) -> None:
    folder = repo / "many"
    folder.mkdir()
    for number in range(1500):
        (folder / f"{number}.txt").write_text(f"{number}\n" * 50)
    killed = 0
    for delay in (0.12, 0.18, 0.25):
        process = subprocess.Popen([sys.executable, "-m", "dvnb", "add", "many"], stdout=subprocess.PIPE)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        assert not (repo / "many.dvc").exists() or (repo / "many.dvc").read_text().endswith("path: many\n")
        assert len(list(folder.iterdir())) >= 1500
        assert {p.read_text() for p in folder.glob("7.txt")} == {"7\n" * 50}
    assert killed
    assert dvnb("add", "many").code == 0
    for path in (repo / ".dvc" / "cache" / "files").rglob("*"):
        if path.is_file() and not path.name.endswith(".tmp") and len(path.name) == 30:
            assert hashlib.md5(path.read_bytes()).hexdigest() == path.parent.name + path.name
    assert sorted(p.name for p in folder.iterdir()) == sorted(f"{number}.txt" for number in range(1500))
    assert oracle("status", "--json")[:2] == (0, "{}\n")


# ---- commit


def test_commit_of_changed_data_needs_force(project: Path, dvnb: Any) -> None:
    (project / "data.txt").write_text("z\n")
    assert dvnb("commit", "data.txt").code == 1
    assert dvnb("commit", "-f", "data.txt").code == 0
    assert Repo().status("data.txt").clean


def test_commit_by_the_api(project: Path) -> None:
    (project / "pictures" / "one.txt").write_text("changed\n")
    result = Repo().commit("pictures", force=True)
    assert result.to_json() == {"stages": ["pictures.dvc"], "to_stage": ["pictures.dvc"], "staged": False}


# ---- checkout


def test_checkout_of_all_by_path_and_of_a_member(project: Path, dvnb: Any) -> None:
    for name in ("data.txt", "pictures/one.txt", "pictures/sub/two.txt"):
        (project / name).unlink()
    done = dvnb("checkout", "pictures/sub")
    assert (done.code, done.out) == (0, "M       pictures/\n")
    assert not (project / "pictures" / "one.txt").exists()
    result = Repo().checkout("data.txt")
    assert (result.added, result.files_added) == (["data.txt"], 1)
    done = dvnb("checkout", "--summary")
    assert (done.code, done.out) == (0, "1 file added\n")
    assert (project / "pictures" / "one.txt").read_text() == "one\n"
    assert dvnb("checkout").out == ""


def test_checkout_over_unsaved_data_is_refused_and_forced_into_the_trash(project: Path, dvnb: Any, trash: Any) -> None:
    (project / "data.txt").write_text("only copy\n")
    (project / "pictures" / "one.txt").write_text("only copy of one\n")
    with pytest.raises(WorkspaceConflictError) as caught:
        Repo().checkout()
    assert set(caught.value.paths) == {str(project / "data.txt"), str(project / "pictures" / "one.txt")}
    assert (project / "data.txt").read_text() == "only copy\n"
    done = dvnb("checkout", "--force")
    assert (done.code, done.out) == (0, "M       pictures/\nM       data.txt\n")
    assert (project / "data.txt").read_text() == "a\nb\nc\n"
    assert set(trash(project)) == {"only copy of one\n", "only copy\n"}


def test_a_missing_object_costs_nothing_else(project: Path, dvnb: Any, trash: Any) -> None:
    (project / "pictures" / "extra.txt").write_text("extra\n")
    (project / "pictures" / "sub" / "two.txt").unlink()
    (project / "pictures" / "one.txt").unlink()
    cached(project, ONE).unlink()
    done = dvnb("checkout", "pictures", "--force")
    assert done.code == 255
    assert "Checkout failed for following targets:\npictures" in done.err
    assert (project / "pictures" / "sub" / "two.txt").read_text() == "two\n"
    assert (project / "pictures" / "extra.txt").read_text() == "extra\n" or trash(project) == ["extra\n"]
    with pytest.raises(MissingObjectsError):
        Repo().checkout("pictures", force=True)
    assert Repo().checkout("pictures", force=True, allow_missing=True).missing == ["pictures"]


def test_checkout_relinks_after_the_link_type_changed(project: Path, dvnb: Any) -> None:
    Repo().config("cache.type", "hardlink")
    assert dvnb("checkout", "--relink").code == 0
    assert (project / "data.txt").stat().st_nlink == 2
    assert (project / "data.txt").stat().st_ino == cached(project, "40c53c58fdafacc83cfff6ee3d2f6d69").stat().st_ino


@pytest.fixture
def changed(project: Path, git: Any, commit_all: Any) -> Path:
    """The project with other data and other results in a second commit; the first is tag v1."""
    git("tag", "v1")
    (project / "data.txt").write_text("x\ny\nz\n")
    (project / "pictures" / "one.txt").write_text("uno\n")
    (project / "late.txt").write_text("late\n")
    Repo().add("data.txt", "pictures", "late.txt")
    Repo().repro()
    commit_all()
    return project


def test_data_of_another_rev_without_touching_git(changed: Path, dvnb: Any, git: Any) -> None:
    head, index = git("rev-parse", "HEAD"), git("ls-files", "-s")
    done = dvnb("checkout", "--rev", "v1", "data.txt")
    assert (done.code, done.out) == (0, "M       data.txt\n")
    assert (changed / "data.txt").read_text() == "a\nb\nc\n"
    assert (changed / "data.txt.dvc").read_text() == git("show", "v1:data.txt.dvc")
    assert (git("rev-parse", "HEAD"), git("ls-files", "-s")) == (head, index)
    assert git("status", "--porcelain") == " M data.txt.dvc\n"
    assert dvnb("checkout", "--rev", "HEAD", "data.txt").code == 0
    assert git("status", "--porcelain") == ""
    assert (changed / "data.txt").read_text() == "x\ny\nz\n"


def test_a_stage_s_out_of_another_rev_is_data_alone(changed: Path, git: Any) -> None:
    result = Repo().checkout("model.txt", rev="v1")
    assert result.modified == ["model.txt"]
    assert (changed / "model.txt").read_text() == "a\nb\n"
    assert git("status", "--porcelain") == ""
    assert Repo().status().stages == {"train": [{"changed outs": {"model.txt": "modified"}}]}


def test_a_member_and_a_folder_of_another_rev(changed: Path, git: Any) -> None:
    assert Repo().checkout("pictures/one.txt", rev="v1").files_modified == 1
    assert (changed / "pictures" / "one.txt").read_text() == "one\n"
    assert git("status", "--porcelain") == ""
    Repo().checkout("pictures", rev="v1", force=True)
    assert git("status", "--porcelain") == " M pictures.dvc\n"
    assert Repo().status("pictures").clean


def test_what_another_rev_cannot_give(changed: Path, dvnb: Any, git: Any, picture: Any) -> None:
    before = picture(changed)
    done = dvnb("checkout", "--rev", "v1", "params.yaml")
    assert done.code == 255
    assert "'params.yaml' is tracked by git" in done.err
    assert "git restore --source v1 --worktree params.yaml" in done.err
    with pytest.raises(TargetError, match="'late.txt' does not exist as an output in rev 'v1'"):
        Repo().checkout("late.txt", rev="v1")
    with pytest.raises(TargetError):
        Repo().checkout("data.txt", "late.txt", rev="v1")
    assert picture(changed) == before


def test_another_rev_over_unsaved_data_is_refused(changed: Path, trash: Any) -> None:
    (changed / "data.txt").write_text("unsaved\n")
    with pytest.raises(WorkspaceConflictError):
        Repo().checkout("data.txt", rev="v1")
    assert (changed / "data.txt").read_text() == "unsaved\n"
    Repo().checkout("data.txt", rev="v1", force=True)
    assert trash(changed) == ["unsaved\n"]


def test_another_rev_with_a_missing_object_keeps_the_pointer(changed: Path) -> None:
    pointer = (changed / "data.txt.dvc").read_text()
    cached(changed, "40c53c58fdafacc83cfff6ee3d2f6d69").unlink()
    with pytest.raises(MissingObjectsError):
        Repo().checkout("data.txt", rev="v1")
    assert (changed / "data.txt.dvc").read_text() == pointer
    assert (changed / "data.txt").read_text() == "x\ny\nz\n"


def test_checkout_follows_git(changed: Path, git: Any) -> None:
    git("checkout", "-q", "v1")
    result = Repo().checkout()
    assert (result.modified, result.deleted) == (["pictures/", "data.txt", "mid.txt", "model.txt"], ["late.txt"])
    assert Repo().status().clean


# ---- status


def test_status_in_words_json_and_exit_code(project: Path, dvnb: Any, oracle: Any) -> None:
    done = dvnb("status")
    assert (done.code, done.out) == (0, "Data and pipelines are up to date.\n")
    assert dvnb("status", "-q").code == 0
    (project / "data.txt").write_text("z\n")
    (project / "params.yaml").write_text("train:\n  lr: 0.2\n")
    (project / "pictures" / "one.txt").unlink()
    done = dvnb("status", "--json")
    assert done.code == 0
    expected = {
        "data.txt.dvc": [{"changed outs": {"data.txt": "modified"}}],
        "pictures.dvc": [{"changed outs": {"pictures": "modified"}}],
        "prepare": [{"changed deps": {"data.txt": "modified"}}],
        "train": [{"changed deps": {"params.yaml": {"train.lr": "modified"}}}],
    }
    assert json.loads(done.out) == json.loads(oracle("status", "--json")[1]) == Repo().status().to_json() == expected
    assert (dvnb("status", "-q").code, dvnb("status", "-q").out) == (1, "")
    assert sorted(dvnb("status").lines) == sorted(oracle("status")[1].splitlines())
    assert not Repo().status("train").clean
    assert list(Repo().status("train", with_deps=True).stages) == ["data.txt.dvc", "prepare", "train"]


def test_status_from_a_sub_folder(project: Path) -> None:
    (project / "data.txt").unlink()
    assert Repo("pictures").status().stages == {
        "../data.txt.dvc": [{"changed outs": {"../data.txt": "deleted"}}],
        "../dvc.yaml:prepare": [{"changed deps": {"../data.txt": "deleted"}}],
    }


def test_status_of_a_project_without_anything(repo: Path, dvnb: Any) -> None:
    assert Repo().status().empty
    assert dvnb("status").lines == [
        "There are no data or pipelines tracked in this project yet.",
        "See <https://dvc.org/doc/start> to get started!",
    ]


def test_cloud_status_and_its_exit_code(project: Path, dvnb: Any, oracle: Any) -> None:
    Repo().remote_add("r", "../remote", default=True)
    done = dvnb("status", "-c", "--json")
    assert json.loads(done.out) == Repo().cloud_status().to_json()
    assert Repo().cloud_status().paths["pictures/one.txt"] == "new"
    assert dvnb("status", "-c", "-q").code == oracle("status", "-c", "-q")[0] == 1
    Repo().push()
    assert Repo().cloud_status().paths == {}
    assert dvnb("status", "-c").out == "Cache and remote 'r' are in sync.\n"


def test_data_status(project: Path, dvnb: Any, oracle: Any) -> None:
    (project / "data.txt").write_text("z\n")
    (project / "pictures" / "new.txt").write_text("new\n")
    (project / "more.txt").write_text("more\n")
    Repo().add("more.txt")
    expected = {
        "committed": {"added": ["more.txt"]},
        "uncommitted": {"added": ["pictures/new.txt"], "modified": ["data.txt", "pictures/"]},
    }
    done = dvnb("data", "status", "--json", "--granular")
    theirs = json.loads(oracle("data", "status", "--json", "--granular")[1])
    # dvc lists the paths of a group in an order that changes from run to run.
    assert _in_order(json.loads(done.out)) == _in_order(theirs) == _in_order(expected)
    assert Repo().data_status(granular=True).to_json() == expected
    assert Repo().data_status(unchanged=True).groups["unchanged"] == ["mid.txt", "model.txt"]
    words = dvnb("data", "status").lines
    assert words[0] == "DVC committed changes:" and "        modified: data.txt" in words


# ---- check-ignore


def test_check_ignore(project: Path, dvnb: Any, oracle: Any) -> None:
    (project / ".dvcignore").write_text("# note\n*.tmp\n!keep.tmp\n")
    done = dvnb("check-ignore", "-d", "a.tmp", "keep.tmp", "b.txt")
    assert (done.code, done.out) == (0, ".dvcignore:2:*.tmp\ta.tmp\n.dvcignore:3:!keep.tmp\tkeep.tmp\n")
    assert oracle("check-ignore", "-d", "a.tmp", "keep.tmp", "b.txt")[:2] == (done.code, done.out)
    assert (dvnb("check-ignore", "b.txt").code, dvnb("check-ignore", "b.txt").out) == (1, "")
    found = Repo().check_ignore("a.tmp", "b.txt").to_json()["matches"]
    assert [(match["path"], match["ignored"], match["line"]) for match in found] == [
        ("a.tmp", True, 2),
        ("b.txt", False, None),
    ]
    assert dvnb("check-ignore", "--stdin", stdin="a.tmp\nb.txt\n").out == "a.tmp\n"


def test_check_ignore_all_names_the_pattern_that_decides_as_dvc_does(project: Path, dvnb: Any, oracle: Any) -> None:
    (project / ".dvcignore").write_text("*.tmp\na.*\n!keep.tmp\nx/\nx/*\n")
    done = dvnb("check-ignore", "-d", "-a", "a.tmp", "keep.tmp", "x/a.tmp")
    assert done.out == ".dvcignore:1:*.tmp\ta.tmp\n.dvcignore:3:!keep.tmp\tkeep.tmp\n.dvcignore:4:x/\tx/a.tmp\n"
    assert oracle("check-ignore", "-d", "-a", "a.tmp", "keep.tmp", "x/a.tmp")[:2] == (done.code, done.out)


def test_tracked_data_is_not_written_by_questions(project: Path) -> None:
    before = {path: os.stat(path).st_mtime_ns for path in ("data.txt", "dvc.lock", "data.txt.dvc", ".gitignore")}
    repo = Repo()
    repo.status()
    repo.data_status()
    repo.dag()
    repo.metrics_show()
    assert {path: os.stat(path).st_mtime_ns for path in before} == before


def _in_order(groups: dict[str, Any]) -> dict[str, Any]:
    """Groups of `data status` with their paths sorted."""
    return {
        name: sorted(group) if isinstance(group, list) else {kind: sorted(paths) for kind, paths in group.items()}
        for name, group in groups.items()
    }
