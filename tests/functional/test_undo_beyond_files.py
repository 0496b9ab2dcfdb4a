"""undo of what is no content: links, git's index, refs and options, and the project itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import NotARepoError
from dvnb.objects.hashing import md5_bytes


def all_files(root: Path) -> dict[str, bytes | str]:
    """All but git's own and what passes."""
    found: dict[str, bytes | str] = {}
    for path in sorted(root.rglob("*")):
        rel = path.relative_to(root).as_posix()
        if not rel.startswith((".git/", ".dvc/tmp")) and rel not in (".git", ".dvc/tmp"):
            found[rel] = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else ""
    return found


def kinds(root: Path, folder: str) -> dict[str, str]:
    """How each file below a folder hangs on the cache."""
    found: dict[str, str] = {}
    for path in (root / folder).rglob("*"):
        if path.is_symlink():
            found[path.name] = f"symlink {os.readlink(path)}"
        elif path.is_file():
            found[path.name] = "hardlink" if path.stat().st_nlink > 1 else "copy"
    return found


# ---- the project itself


def test_destroy_is_taken_back_and_repeated(project: Path, dvnb: Any, dvc: Any) -> None:
    assert dvnb("config", "cache.type", "symlink").code == 0
    assert dvnb("cache", "dir", "../elsewhere").code == 0  # only `.dvc`, which will be gone, says so
    shutil.move(project / ".dvc" / "cache", project.parent / "elsewhere")
    assert dvnb("checkout", "--relink").code == 0
    before, links = all_files(project), kinds(project, "pictures")
    assert all(kind.startswith("symlink") for kind in links.values())
    assert dvnb("destroy", "-f").code == 0
    after = all_files(project)
    assert not (project / ".dvc").exists() and kinds(project, "pictures").keys() == links.keys()
    assert "destroy" in dvnb("undo", "--list").out and "destroy" in dvnb("trash", "list").out
    done = dvnb("undo", cwd=project / "pictures")
    assert done.code == 0, done.err
    assert "../.dvc" in done.out
    assert all_files(project) == before and kinds(project, "pictures") == links
    assert dvc("status", "-q").code == dvnb("status", "-q").code == 0
    again = json.loads(dvnb("undo", "--list", "--json").out)["rows"][0]["id"]
    assert dvnb("undo", again).code == 0
    assert all_files(project) == after


def test_destroy_without_git(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dvnb: Any) -> None:
    root = tmp_path / "plain"
    root.mkdir()
    monkeypatch.chdir(root)
    (root / "data").write_text("data")
    assert dvnb("init", "--no-scm").code == dvnb("add", "data").code == 0
    before = all_files(root)
    repo = Repo()
    repo.destroy()
    assert not (root / ".dvc").exists()
    assert ".dvc" in repo.undo().restored
    assert all_files(root) == before
    assert dvnb("status", "-q").code == 0


def test_where_no_project_was_there_is_nothing_to_undo(empty_git: Path, dvnb: Any) -> None:
    done = dvnb("undo")
    assert done.code == 253 and "you are not inside of a DVC repository" in done.err
    assert dvnb("undo", "--list").code == 253


def test_init_is_taken_back_and_repeated(empty_git: Path, dvnb: Any, git: Any) -> None:
    before = all_files(empty_git)
    assert dvnb("init").code == 0
    after, staged = all_files(empty_git), git("ls-files", "-s")
    assert dvnb("undo").code == 0
    assert all_files(empty_git) == before and git("ls-files") == ""
    assert not (empty_git / ".dvc").exists()
    assert dvnb("undo").code == 0
    assert all_files(empty_git) == after and git("ls-files", "-s") == staged


def test_init_by_force_is_taken_back(project: Path, dvnb: Any) -> None:
    before = all_files(project)
    assert dvnb("init", "-f").code == 0
    assert all_files(project) != before
    assert dvnb("undo").code == 0
    assert all_files(project) == before


def test_a_project_in_use_is_not_taken_back(repo: Path, dvnb: Any) -> None:
    (repo / "data").write_text("data")
    assert dvnb("add", "data").code == 0
    first = json.loads(dvnb("undo", "--list", "--json").out)["rows"][-1]
    assert first["command"] == "init"
    done = dvnb("undo", first["id"])
    assert done.code == 1 and "Left    .dvc (changed since)" in done.out
    assert (repo / ".dvc" / "config").exists()


# ---- links


@pytest.mark.parametrize("old", ["copy", "hardlink", "symlink"])
@pytest.mark.parametrize("new", ["copy", "hardlink", "symlink"])
def test_relink_is_taken_back_link_by_link(project: Path, dvnb: Any, old: str, new: str) -> None:
    Repo().config("cache.type", old)
    Repo().checkout(relink=True)
    Repo().unprotect("pictures/one.txt")
    before = kinds(project, "pictures")
    assert before["one.txt"] == "copy"
    Repo().config("cache.type", new)
    assert dvnb("checkout", "--relink").code == 0
    after, content = kinds(project, "pictures"), all_files(project)
    if after == before:
        assert new == old == "copy"
        return
    assert dvnb("undo").code == 0
    assert kinds(project, "pictures") == before
    assert dvnb("undo", Repo().operations().rows[0].id).code == 0
    assert kinds(project, "pictures") == after and all_files(project) == content


@pytest.mark.parametrize("kind", ["hardlink", "symlink"])
def test_unprotect_is_taken_back_but_for_what_was_edited(project: Path, dvnb: Any, kind: str) -> None:
    Repo().config("cache.type", kind)
    Repo().checkout(relink=True)
    before = kinds(project, "pictures")
    assert dvnb("unprotect", "pictures").code == 0
    assert set(kinds(project, "pictures").values()) == {"copy"}
    assert dvnb("undo").code == 0
    assert kinds(project, "pictures") == before
    assert dvnb("unprotect", "pictures").code == 0
    (project / "pictures" / "one.txt").write_text("edited\n")
    done = dvnb("undo")
    assert done.code == 1 and "Left    pictures/one.txt (changed since)" in done.out
    assert (project / "pictures" / "one.txt").read_text() == "edited\n"
    assert {name: kind for name, kind in kinds(project, "pictures").items() if name != "one.txt"} == {
        name: kind for name, kind in before.items() if name != "one.txt"
    }


# ---- git


def test_the_index_is_taken_back_with_the_files(project: Path, dvnb: Any, git: Any) -> None:
    assert dvnb("config", "core.autostage", "true").code == 0
    (project / "new.txt").write_text("new\n")
    (project / "data.txt").unlink()
    (project / "data.txt").write_text("other\n")
    before = git("ls-files", "-s")
    assert dvnb("add", "new.txt", "data.txt").code == 0
    after = git("ls-files", "-s")
    assert "new.txt.dvc" in after and after != before
    assert dvnb("undo").code == 0
    assert git("ls-files", "-s") == before
    assert dvnb("undo", Repo().operations().rows[0].id).code == 0
    assert git("ls-files", "-s") == after


def test_what_was_staged_since_stays_staged(project: Path, dvnb: Any, git: Any) -> None:
    assert dvnb("config", "core.autostage", "true").code == 0
    (project / "new.txt").write_text("new\n")
    assert dvnb("add", "new.txt").code == 0
    with open("new.txt.dvc", "a") as file:
        file.write("desc: mine\n")
    git("add", "new.txt.dvc")
    staged = git("ls-files", "-s", "new.txt.dvc")
    done = dvnb("undo")
    assert done.code == 1 and "new.txt.dvc" in done.out
    assert git("ls-files", "-s", "new.txt.dvc") == staged


def test_the_ref_of_an_experiment_is_taken_back_as_long_as_nobody_moved_it(project: Path, dvnb: Any, git: Any) -> None:
    def experiments() -> str:
        return git("for-each-ref", "refs/exps")

    assert dvnb("exp", "save", "-n", "first").code == 0
    saved = experiments()
    assert dvnb("undo").code == 0
    assert experiments() == ""
    assert dvnb("undo", Repo().operations().rows[0].id).code == 0
    assert experiments() == saved
    (project / "params.yaml").write_text("train:\n  lr: 7\n")
    assert dvnb("exp", "save", "-f", "-n", "first").code == 0
    assert experiments() != saved
    done = dvnb("undo")
    assert done.code == 0 and ".git/refs/exps/" in done.out
    assert experiments() == saved
    assert dvnb("exp", "save", "-f", "-n", "first").code == 0
    git("update-ref", saved.split("\t")[1].strip(), "HEAD")
    moved = experiments()
    done = dvnb("undo")
    assert done.code == 1 and "changed since" in done.out
    assert experiments() == moved


def test_install_is_taken_back(project: Path, dvnb: Any, git: Any) -> None:
    config = (project / ".git" / "config").read_bytes()
    hooks = sorted(os.listdir(project / ".git" / "hooks"))
    assert dvnb("install").code == 0
    assert "merge-driver" in git("config", "merge.dvc.driver")
    assert dvnb("undo").code == 0
    assert (project / ".git" / "config").read_bytes() == config
    assert sorted(os.listdir(project / ".git" / "hooks")) == hooks
    assert dvnb("undo", Repo().operations().rows[0].id).code == 0
    assert os.access(project / ".git" / "hooks" / "pre-push", os.X_OK)
    assert "merge-driver" in git("config", "merge.dvc.driver")


# ---- journals that were hurt


def journals(root: Path) -> list[Path]:
    return sorted((root / ".git" / "dvnb" / "trash").glob("*/journal.jsonl"))


@pytest.mark.parametrize("torn", [b'{"do":"fi', b"\0" * 40, b"\xff\xfe", b"[1]\n5\n"])
def test_a_torn_line_hurts_nothing(project: Path, dvnb: Any, torn: bytes) -> None:
    (project / "new.txt").write_text("new\n")
    before = all_files(project)
    assert dvnb("add", "new.txt").code == 0
    journal = journals(project)[-1]
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-1]) + torn)  # killed while it wrote that it ended
    assert dvnb("undo").code == 0
    assert {name: data for name, data in all_files(project).items() if ".dvc/cache" not in name} == {
        name: data for name, data in before.items() if ".dvc/cache" not in name
    }
    states = [row.state for row in Repo().operations().rows]
    assert states == ["done", "undone"]  # what was noted behind the torn line is read


def test_an_undo_of_an_undo_that_two_processes_made_repeats_the_whole(project: Path, dvnb: Any) -> None:
    for name in ("one", "two", "three"):
        (project / name).write_text(name)
    before = all_files(project)
    assert dvnb("add", "one", "two", "three").code == 0
    after = all_files(project)
    assert dvnb("undo").code == 0
    # The undo, as if it had been killed half-way: the rest of what it did is done again, nothing of it is noted.
    undo = journals(project)[-1]
    lines = undo.read_text().splitlines(keepends=True)
    records = [json.loads(line) for line in lines]
    moved = [number for number, record in enumerate(records) if record["do"] == "moved"]
    assert len(moved) == 3
    for record in (records[number] for number in moved[1:]):
        shutil.move(undo.parent / record["stored"], record["path"])
    wrote = [(number, record) for number, record in enumerate(records) if record["do"] == "file"]
    kept = lines[: moved[0] + 1]
    for number, record in wrote:
        if number > moved[0]:
            Path(record["path"]).write_bytes((undo.parent / record["stored"]).read_bytes())
    undo.write_text("".join(kept))
    first = journals(project)[0]
    first.write_text("".join(line for line in first.read_text().splitlines(keepends=True) if '"undone"' not in line))
    dead = subprocess.Popen(["true"])
    dead.wait()
    undo.write_text(undo.read_text().replace(f'"pid":{records[0]["pid"]}', f'"pid":{dead.pid}'))
    assert dvnb("undo").code == 0
    assert files_of_user(project) == {name: data for name, data in before.items() if ".dvc/cache" not in name}
    assert dvnb("undo", Repo().operations().rows[0].id).code == 0
    assert files_of_user(project) == {name: data for name, data in after.items() if ".dvc/cache" not in name}


def files_of_user(root: Path) -> dict[str, bytes | str]:
    return {name: data for name, data in all_files(root).items() if ".dvc/cache" not in name}


def test_ids_are_completed(project: Path, dvnb: Any) -> None:
    (project / "new.txt").write_text("new\n")
    assert dvnb("add", "new.txt").code == 0
    ids = [row.id for row in Repo().operations().rows]
    assert dvnb("completion", "--for", "undo").out.split() == ids
    assert dvnb("completion", "--for", "trash", "empty").out.split() == ids


# ---- symlinks


@pytest.mark.parametrize("name", ["dvc.yaml", "dvc.lock", ".gitignore", "data.txt.dvc", ".dvc/config"])
def test_metafiles_that_lead_out_of_the_project_are_not_written(project: Path, dvnb: Any, name: str) -> None:
    outside = project.parent / "outside"
    shutil.move(project / name, outside)
    (project / name).symlink_to(outside)
    data = outside.read_bytes()
    (project / "data.txt").write_text("other\n")
    (project / "params.yaml").write_text("train:\n  lr: 0.3\n")
    (project / "new.txt").write_text("new\n")
    for line in (("add", "data.txt", "new.txt"), ("repro",), ("freeze", "train"), ("config", "core.autostage", "true"),
                 ("stage", "add", "-n", "more", "-o", "more.txt", "true"), ("remove", "train")):  # fmt: skip
        done = dvnb(*line)
        assert "Traceback" not in done.err
        assert outside.read_bytes() == data, line


def test_a_link_to_another_file_of_the_project_is_kept(project: Path, dvnb: Any) -> None:
    (project / "settings").mkdir()
    shutil.move(project / "dvc.yaml", project / "settings" / "pipeline")
    (project / "dvc.yaml").symlink_to("settings/pipeline")
    before = (project / "settings" / "pipeline").read_bytes()
    assert dvnb("freeze", "train").code == 0
    assert os.readlink(project / "dvc.yaml") == "settings/pipeline"
    assert b"frozen" in (project / "settings" / "pipeline").read_bytes()
    assert dvnb("undo").code == 0
    assert os.readlink(project / "dvc.yaml") == "settings/pipeline"
    assert (project / "settings" / "pipeline").read_bytes() == before


def test_cache_migrate_gives_metafiles_back(repo: Path, dvnb: Any) -> None:
    content = b"old\r\n"
    value = md5_bytes(b"old\n")
    old = repo / ".dvc" / "cache" / value[:2] / value[2:]
    old.parent.mkdir(parents=True)
    old.write_bytes(content)
    old.chmod(0o444)
    (repo / "data").write_bytes(content)
    (repo / "data.dvc").write_text(f"outs:\n- md5: {value}\n  size: 5\n  path: data\n")
    before = files_of_user(repo)
    assert dvnb("cache", "migrate", "--dvc-files").code == 0
    assert "hash: md5" in (repo / "data.dvc").read_text()
    assert dvnb("undo").code == 0
    assert files_of_user(repo) == before


def test_a_repo_object_knows_that_its_project_is_gone(project: Path) -> None:
    repo = Repo()
    repo.destroy()
    with pytest.raises(NotARepoError):
        repo.status()
    assert ".dvc" in repo.undo().restored
    assert not repo.status().stages
