"""push, fetch, pull with a local folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import DvnbError

ONE = "5bbf5a52328e7439ae6e719dfe712200"
TREE = "e5a47635a497bd928e34d1c3a2e85afb.dir"


@pytest.fixture
def shared(project: Path) -> Path:
    """The remote of the project, still empty."""
    Repo().remote_add("r", "../remote", default=True)
    return project.parent / "remote"


def names(remote: Path) -> set[str]:
    """MD5s of the objects there."""
    files = remote / "files" / "md5"
    return {path.parent.name + path.name for path in files.rglob("*") if path.is_file()} if files.exists() else set()


def forget_all(root: Path) -> None:
    """Remove the cache and all data."""
    shutil.rmtree(root / ".dvc" / "cache")
    shutil.rmtree(root / "pictures")
    for name in ("data.txt", "mid.txt", "model.txt"):
        (root / name).unlink()


def test_push_fresh_clone_and_pull(project: Path, shared: Path, dvnb: Any, git: Any, commit_all: Any) -> None:
    commit_all()
    done = dvnb("push")
    assert (done.code, done.out) == (0, "5 files pushed\n")
    assert dvnb("push").out == "Everything is up to date.\n"
    clone = project.parent / "clone"
    git("clone", "-q", str(project), str(clone))
    done = dvnb("pull", cwd=clone)
    assert done.code == 0
    assert done.lines[-1] == "5 files fetched and 5 files added"
    assert (clone / "pictures" / "sub" / "two.txt").read_text() == "two\n"
    assert Repo(clone).status().clean
    assert dvnb("pull", cwd=clone).out == "Everything is up to date.\n"


@pytest.mark.parametrize("option", ["version_aware", "worktree"])
def test_a_remote_that_keeps_versions_gets_no_objects_by_hash(
    project: Path, shared: Path, dvnb: Any, oracle: Any, option: str
) -> None:
    Repo().remote_modify("r", option, "true")
    asked = (["push"], ["status", "-c"], ["add", "--to-remote", str(project / "data.txt"), "-o", "x"])
    for args in asked:
        done = dvnb(*args)
        assert (done.code, "cloud versioned" in done.err) == (1, True)
    assert not shared.exists()
    assert all(oracle(*args)[0] != 0 for args in asked)


def test_runs_are_counted_as_by_dvc(project: Path, shared: Path, dvnb: Any, oracle: Any) -> None:
    Repo().push(run_cache=True)
    ours = dvnb("push", "--run-cache").out
    assert ours == "2 files pushed\n" == oracle("push", "--run-cache")[1]
    shutil.rmtree(project / ".dvc" / "cache" / "runs")
    assert dvnb("fetch", "--run-cache").out == "Everything is up to date.\n"
    assert list((project / ".dvc" / "cache" / "runs").rglob("*"))


def test_by_the_api(project: Path, shared: Path) -> None:
    assert Repo().push("pictures").to_json() == {"transferred": 3, "failed": [], "missing": []}
    assert TREE in names(shared)
    assert Repo().push().transferred == 2
    forget_all(project)
    assert Repo().fetch("data.txt").transferred == 1
    assert not (project / "data.txt").exists()
    result = Repo().pull()
    assert (result.fetch.transferred, result.checkout.files_added) == (4, 5)
    assert result.checkout.added == ["pictures/", "data.txt", "mid.txt", "model.txt"]
    assert set(result.to_json()) == {"fetch", "checkout"}


def test_a_listing_goes_up_only_with_all_its_members(project: Path, shared: Path, dvnb: Any) -> None:
    shutil.copytree(project / ".dvc" / "cache", project.parent / "kept")
    (project / ".dvc" / "cache" / "files" / "md5" / ONE[:2] / ONE[2:]).unlink()
    done = dvnb("push", "pictures")
    assert ONE in done.err
    assert TREE not in names(shared)
    assert "c193497a1a06b2c72230e6146ff47080" in names(shared)
    assert Repo().push("pictures").missing == [ONE]
    shutil.rmtree(project / ".dvc" / "cache")
    shutil.copytree(project.parent / "kept", project / ".dvc" / "cache")
    assert Repo().push("pictures").transferred == 2
    assert TREE in names(shared)


def test_a_member_pushed_alone_leaves_the_listing_here(project: Path, shared: Path) -> None:
    Repo().push("pictures/sub")
    assert names(shared) == {"c193497a1a06b2c72230e6146ff47080"}


def test_what_came_is_told_where_not_all_did(repo: Path, tmp_path: Path, dvnb: Any, dvc: Any) -> None:
    (repo / "dvc.yaml").write_text("stages:\n  never:\n    cmd: echo > o\n    outs: [o]\n")
    (repo / "a").write_text("1\n")
    assert dvnb("add", "-q", "a").code == dvnb("remote", "add", "-d", "r", str(tmp_path / "r")).code == 0
    assert dvnb("push").code == 0
    for words, code, told in (
        (("pull",), 1, ["A       a", "1 file fetched and 1 file added"]),
        (("pull",), 1, ["A       a", "1 file added"]),
        (("checkout", "--summary"), 255, ["1 file added"]),
        (("checkout",), 255, ["A       a"]),
    ):
        if "fetched" in told[-1]:
            shutil.rmtree(repo / ".dvc/cache")
        (repo / "a").unlink()
        done = dvnb(*words)
        assert (done.code, done.lines) == (code, told)
        assert "Checkout failed for following targets:\no\n" in done.err
    (repo / "a").unlink()
    assert dvc("pull").lines == ["A       a", "1 file added"]


def test_pull_of_one_target_and_over_unsaved_data(project: Path, shared: Path, dvnb: Any) -> None:
    Repo().push()
    shutil.rmtree(project / ".dvc" / "cache")
    (project / "data.txt").write_text("unsaved\n")
    done = dvnb("pull", "data.txt")
    assert done.code == 1
    assert (project / "data.txt").read_text() == "unsaved\n"
    assert dvnb("pull", "--force", "data.txt").code == 0
    assert (project / "data.txt").read_text() == "a\nb\nc\n"
    kept = [path.read_text() for path in (project / ".git" / "dvnb" / "trash").rglob("data.txt")]
    assert kept == ["unsaved\n"]


def test_a_file_that_neither_side_has(project: Path, shared: Path, dvnb: Any, oracle: Any) -> None:
    Repo().push()
    forget_all(project)
    (shared / "files" / "md5" / "40" / "c53c58fdafacc83cfff6ee3d2f6d69").unlink()
    done = dvnb("fetch")
    assert done.code == oracle("fetch")[0] == 0
    assert "md5: 40c53c58fdafacc83cfff6ee3d2f6d69" in done.err


def test_a_member_that_neither_side_has(project: Path, shared: Path, dvnb: Any) -> None:
    Repo().push()
    forget_all(project)
    (shared / "files" / "md5" / ONE[:2] / ONE[2:]).unlink()
    for verb in ("fetch", "pull"):  # the remote has the listing, so it is damaged, and nothing is checked out
        done = dvnb(verb)
        assert done.code == 1
        assert f"WARNING: failed to transfer '{ONE}'" in done.err
        assert f"failed to {verb} data from the cloud - 1 files failed to download" in done.err
        assert not (project / "data.txt").exists()
    assert dvnb("pull", "--allow-missing").code == 0
    assert (project / "data.txt").read_text() == "a\nb\nc\n"
    assert (project / "pictures" / "sub" / "two.txt").read_text() == "two\n"


def test_data_of_tags(project: Path, shared: Path, git: Any, commit_all: Any) -> None:
    git("tag", "v1")
    (project / "data.txt").write_text("new\n")
    Repo().add("data.txt")
    commit_all()
    assert Repo().push("data.txt").transferred == 1
    assert Repo().push(all_tags=True).transferred == 5
    forget_all(project)
    assert Repo().fetch(all_commits=True).transferred == 6
    git("checkout", "-q", "v1")
    Repo().checkout()
    assert (project / "data.txt").read_text() == "a\nb\nc\n"


def test_a_rev_that_cannot_be_read_is_skipped(
    project: Path, shared: Path, dvnb: Any, dvc: Any, git: Any, commit_all: Any
) -> None:
    good = (project / "dvc.yaml").read_text()
    (project / "dvc.yaml").write_text("stages: [")
    commit_all("broken")
    git("tag", "broken")
    (project / "dvc.yaml").write_text(good)
    commit_all("good again")
    for verb in ("push", "fetch"):
        ours, theirs = dvnb(verb, "-A", "-T"), dvc(verb, "-A", "-T")
        assert ours.code == theirs.code == 0
        assert "WARNING: failed to collect" in ours.err and ours.err.count("skipping") == theirs.err.count("skipping")


def test_the_run_cache_travels(project: Path, shared: Path) -> None:
    Repo().push(run_cache=True)
    assert (shared / "runs").is_dir()
    forget_all(project)
    (project / "dvc.lock").unlink()
    result = Repo().repro("prepare", pull=True)
    assert result.ran == [] and "prepare" in result.changed
    assert (project / "mid.txt").read_text() == "a\nb\n"


def test_an_out_that_is_not_pushed_and_one_with_a_remote_of_its_own(project: Path, shared: Path) -> None:
    Repo().remote_add("other", "../other")
    text = (project / "dvc.yaml").read_text()
    text = text.replace("    outs:\n    - mid.txt\n", "    outs:\n    - mid.txt:\n        push: false\n")
    text = text.replace("    outs:\n    - model.txt\n", "    outs:\n    - model.txt:\n        remote: other\n")
    (project / "dvc.yaml").write_text(text)
    (project / "model.txt").write_text("a model\n")
    Repo().commit("train", force=True)
    assert Repo().push().transferred == 5
    assert len(names(project.parent / "other")) == 1
    assert len(names(shared)) == 4


def test_what_arrives_damaged_is_not_taken(project: Path, shared: Path) -> None:
    Repo().push()
    forget_all(project)
    damaged = shared / "files" / "md5" / ONE[:2] / ONE[2:]
    os.chmod(damaged, 0o644)
    damaged.write_text("oops")
    Repo().config("remote.r.verify", "true")
    with pytest.raises(DvnbError):
        Repo().pull("pictures")
    assert not (project / "pictures" / "one.txt").exists()


def test_interop(project: Path, shared: Path, oracle: Any) -> None:
    assert oracle("push")[0] == 0
    forget_all(project)
    assert Repo().pull().checkout.files_added == 5
    shutil.rmtree(shared)
    assert Repo().push().transferred == 5
    forget_all(project)
    assert oracle("pull")[0] == 0
    assert Repo().status().clean


def test_with_a_named_remote_outs_of_others_stay_out(project: Path, shared: Path, oracle: Any) -> None:
    for name in ("one", "two"):
        Repo().remote_add(name, f"../{name}")
    text = (project / "data.txt.dvc").read_text()
    (project / "data.txt.dvc").write_text(text + "  remote: two\n")
    Repo().push(remote="one")
    here = names(project.parent / "one")
    shutil.rmtree(project.parent / "one")
    assert oracle("push", "-r", "one")[0] == 0
    assert names(project.parent / "one") == here
    assert not names(project.parent / "two")
    Repo().push()
    assert len(names(project.parent / "two")) == 1


def test_status_of_the_remote_is_that_of_dvc(project: Path, shared: Path, dvnb: Any, oracle: Any) -> None:
    import json

    def both() -> Any:
        ours = json.loads(dvnb("status", "-c", "--json").out)
        assert ours == json.loads(oracle("status", "-c", "--json")[1])
        return ours

    assert both()["pictures"] == "new"
    Repo().push("pictures")
    assert {"data.txt", "mid.txt"} <= set(both())
    assert "pictures" not in both()
    (project / ".dvc" / "cache" / "files" / "md5" / ONE[:2] / ONE[2:]).unlink()
    assert [path for path, state in both().items() if state == "deleted"] == ["pictures/one.txt"]
    shutil.rmtree(project / ".dvc" / "cache")
    assert both()["data.txt"] == "missing"
    (shared / "files" / "md5" / TREE[:2] / TREE[2:]).unlink()
    shutil.rmtree(project / ".dvc" / "cache")
    assert "pictures" not in both()
    assert TREE in dvnb("status", "-c").err
