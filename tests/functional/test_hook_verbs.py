"""install, git-hook, the merge driver, cache migrate, completion: as git, a shell and a person call them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from dvnb import Repo
from dvnb.errors import MergeConflictError
from tests.conftest import Run

LEGACY = "dd8c6a395b5dd36c56d23275028f526c"


def test_install_writes_hooks_and_driver_once(repo: Path, dvnb: Run, git: Callable[..., str]):
    done = dvnb("install")
    assert (done.code, done.out) == (0, "")
    hook = repo / ".git/hooks/pre-push"
    assert hook.read_text().splitlines()[-1] == "exec dvnb git-hook pre-push $@"
    assert hook.stat().st_mode & 0o777 == 0o777
    assert "dvnb git-hook merge-driver --ancestor %O" in git("config", "merge.dvc.driver")
    (repo / ".git/hooks/post-checkout").unlink()
    again = dvnb("install")
    assert again.code == 1
    assert "failed to install DVC Git hooks - Hook 'pre-commit' already exists" in again.err
    assert not (repo / ".git/hooks/post-checkout").exists()


def test_install_for_pre_commit_keeps_what_is_there(repo: Path, dvnb: Run):
    path = repo / ".pre-commit-config.yaml"
    path.write_text("# mine\nrepos:\n- repo: https://example.org/x\n  rev: v1\n  hooks:\n  - id: x\n")
    assert dvnb("install", "--use-pre-commit-tool").code == 0
    text = path.read_text()
    assert text.startswith("# mine\nrepos:\n- repo: https://example.org/x")
    assert "entry: dvnb git-hook post-checkout" in text
    assert dvnb("install", "--use-pre-commit-tool").code == 0
    assert path.read_text() == text


def test_install_respects_a_hooks_path(repo: Path, dvnb: Run, git: Callable[..., str]):
    git("config", "core.hooksPath", "my/hooks")
    assert dvnb("install").code == 0
    assert (repo / "my/hooks/pre-commit").exists()
    assert not (repo / ".git/hooks/pre-commit").exists()


def test_git_runs_the_hooks(repo: Path, dvnb: Run, git: Callable[..., str], commit_all: Callable[..., None]):
    (repo / "f.txt").write_text("one\n")
    dvnb("add", "f.txt")
    commit_all()
    assert dvnb("install").code == 0
    git("checkout", "-qb", "other")
    (repo / "f.txt").write_text("two\n")
    dvnb("add", "f.txt")
    commit_all()
    git("checkout", "-q", "main")
    assert (repo / "f.txt").read_text() == "one\n"
    git("checkout", "-q", "other")
    assert (repo / "f.txt").read_text() == "two\n"


def test_hooks_outside_of_a_project_do_nothing(empty_git: Path, dvnb: Run):
    for hook in ("pre-commit", "post-checkout", "pre-push"):
        assert (dvnb("git-hook", hook, "a", "b", "1").code, os.listdir(empty_git)) == (0, [".git"])


def test_post_checkout_of_a_file_or_in_a_rebase_does_nothing(repo: Path, dvnb: Run):
    (repo / "f.txt").write_text("one\n")
    dvnb("add", "f.txt")
    (repo / "f.txt").unlink()
    assert dvnb("git-hook", "post-checkout", "a", "b", "0").code == 0
    (repo / ".git/rebase-merge").mkdir()
    assert dvnb("git-hook", "post-checkout", "a", "b", "1").code == 0
    assert not (repo / "f.txt").exists()
    (repo / ".git/rebase-merge").rmdir()
    assert dvnb("git-hook", "post-checkout", "a", "b", "1").out == "A       f.txt\n"


def test_pre_push_without_a_remote_says_so(repo: Path, dvnb: Run):
    (repo / "f.txt").write_text("one\n")
    dvnb("add", "f.txt")
    done = dvnb("git-hook", "pre-push", "origin")
    assert done.code != 0
    assert "failed to push data to the cloud" in done.err


@pytest.fixture
def branches(repo: Path, dvnb: Run, git: Callable[..., str], commit_all: Callable[..., None]) -> Path:
    """A folder `d` with members a, b, c; git merges metafiles by dvnb."""
    (repo / "d").mkdir()
    for name in "abc":
        (repo / "d" / name).write_text(name)
    dvnb("add", "d")
    (repo / ".gitattributes").write_text("*.dvc merge=dvc\ndvc.lock merge=dvc\n")
    commit_all("base")
    assert dvnb("install").code == 0
    return repo


def _diverge(there: Callable[[], object], here: Callable[[], object]) -> subprocess.CompletedProcess[str]:
    """Do `there` on a branch and `here` on main, then merge."""
    for branch, change in (("other", there), ("main", here)):
        subprocess.run(["git", "checkout", "-q", *(["-b"] if branch == "other" else []), branch], check=True)
        change()
        subprocess.run(["git", "add", "-A"], check=True)
        subprocess.run(["git", "commit", "-qm", branch], check=True)
    return subprocess.run(["git", "merge", "-m", "merged", "other"], capture_output=True, text=True, check=False)


def test_folders_are_merged_by_member(branches: Path, dvnb: Run):
    folder = branches / "d"

    def there() -> None:
        (folder / "a").write_text("theirs")
        (folder / "b").unlink()
        (folder / "same").write_text("same")
        dvnb("add", "d")

    def here() -> None:
        (folder / "new").write_text("ours")
        (folder / "same").write_text("same")
        (folder / "b").unlink()
        dvnb("add", "d")

    done = _diverge(there, here)
    assert done.returncode == 0, done.stdout + done.stderr
    assert dvnb("checkout").code == 0
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "a": "theirs",
        "c": "c",
        "new": "ours",
        "same": "same",
    }
    assert dvnb("status").out == "Data and pipelines are up to date.\n"


def test_members_changed_on_both_sides_are_a_conflict_of_git(branches: Path, dvnb: Run, git: Callable[..., str]):
    done = _diverge(
        lambda: ((branches / "d/a").write_text("theirs"), dvnb("add", "d")),
        lambda: ((branches / "d/a").write_text("ours"), dvnb("add", "d")),
    )
    assert done.returncode == 1
    assert "ERROR: 'd.dvc' cannot be merged, both sides changed:\nd/a" in done.stderr
    assert "UU d.dvc" in git("status", "--porcelain")
    assert (branches / "d.dvc").read_text() == git("show", "main:d.dvc")


def test_a_file_where_the_other_has_a_folder_is_a_conflict(branches: Path, dvnb: Run):
    def there() -> None:
        (branches / "d/x").mkdir()
        (branches / "d/x/y").write_text("y")
        dvnb("add", "d")

    done = _diverge(there, lambda: ((branches / "d/x").write_text("x"), dvnb("add", "d")))
    assert done.returncode == 1
    assert "d/x/y" in done.stderr


def test_a_listing_that_only_the_remote_has_is_read_there(
    branches: Path, dvnb: Run, tmp_path: Path, commit_all: Callable[..., None]
):
    dvnb("remote", "add", "-d", "r", str(tmp_path / "remote"))
    commit_all()

    def there() -> None:
        (branches / "d/z").write_text("z")
        dvnb("add", "d")
        dvnb("push")
        value = (branches / "d.dvc").read_text().split("md5: ")[1].split()[0]
        (branches / ".dvc/cache/files/md5" / value[:2] / value[2:]).unlink()

    done = _diverge(there, lambda: ((branches / "d/n").write_text("n"), dvnb("add", "d")))
    assert done.returncode == 0, done.stderr
    assert dvnb("pull").code == 0
    assert sorted(os.listdir(branches / "d")) == ["a", "b", "c", "n", "z"]


def test_lock_files_are_merged_by_stage(branches: Path, dvnb: Run, commit_all: Callable[..., None]):
    for name in ("one", "two"):
        (branches / f"{name}.in").write_text("base\n")
        dvnb("run", "-n", name, "-d", f"{name}.in", "-o", f"{name}.out", f"cp {name}.in {name}.out")
    commit_all()

    def rerun(name: str, word: str) -> None:
        (branches / f"{name}.in").write_text(f"{word}\n")
        assert dvnb("repro").code == 0

    done = _diverge(lambda: rerun("one", "theirs"), lambda: rerun("two", "ours"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert dvnb("checkout").code == 0
    assert [(branches / f"{name}.out").read_text() for name in ("one", "two")] == ["theirs\n", "ours\n"]
    assert dvnb("status").out == "Data and pipelines are up to date.\n"


LOCK = "schema: '2.0'\nstages:\n"


def _three(folder: Path, *texts: str) -> list[str]:
    names = ["base", "mine", "yours"]
    for name, text in zip(names, texts, strict=True):
        (folder / name).write_text(text)
    return names


def test_a_stage_changed_on_both_sides_is_named(repo: Path):
    texts = [f"{LOCK}  a:\n    cmd: a\n  b:\n    cmd: {cmd}\n" for cmd in ("b", "b1", "b2")]
    names = _three(repo, *texts)
    with pytest.raises(MergeConflictError) as error:
        Repo(repo).merge_metafile(*names, path="dvc.lock")
    assert error.value.paths == ["b"]
    assert (repo / "mine").read_text() == texts[1]


def test_stages_added_removed_and_written_as_numbers(repo: Path):
    base = f"{LOCK}  a:\n    cmd: a\n  b:\n    cmd: b\n"
    mine = f"{LOCK}  a:\n    cmd: a\n  b:\n    cmd: b\n  c:\n    cmd: c\n"
    yours = f"{LOCK}  a:\n    cmd: a\n    params:\n      params.yaml:\n        lr: 1e-05\n  d:\n    cmd: d\n"
    result = Repo(repo).merge_metafile(*_three(repo, base, mine, yours), path="dvc.lock")
    assert (repo / "mine").read_text() == (
        f"{LOCK}  a:\n    cmd: a\n    params:\n      params.yaml:\n        lr: 1e-05\n  c:\n    cmd: c\n"
        "  d:\n    cmd: d\n"
    )
    assert sorted(result.merged) == ["a", "b", "d"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("stages:\n  a:\n    cmd: x\n", "only .dvc files and dvc.lock"),
        ("outs: [\n", "YAML file structure is corrupted"),
        ("", "one side is empty"),
    ],
)
def test_what_cannot_be_merged_is_a_conflict_never_a_broken_merge(repo: Path, dvnb: Run, text: str, complaint: str):
    names = _three(repo, text, text, text)
    done = dvnb("git-hook", "merge-driver", "--ancestor", names[0], "--our", names[1], "--their", names[2])
    assert (done.code, done.out) == (1, "")
    assert complaint in done.err
    assert (repo / "mine").read_text() == text


def test_no_project_and_no_file_are_conflicts_too(empty_git: Path, dvnb: Run):
    assert dvnb("git-hook", "merge-driver", "--ancestor", "a", "--our", "b", "--their", "c").code == 1


def test_annotations_of_both_sides_stay(repo: Path):
    entry = "outs:\n- md5: d41d8cd98f00b204e9800998ecf8427e\n  hash: md5\n  path: f\n"
    names = _three(repo, entry, f"# mine\n{entry}desc: ours\n", f"{entry}  type: model\n")
    Repo(repo).merge_metafile(*names, path="f.dvc")
    text = (repo / "mine").read_text()
    assert text.startswith("# mine\n")
    assert "desc: ours" in text
    assert "type: model" in text


def _legacy_project(repo: Path) -> Path:
    (repo / "f.txt").write_bytes(b"a\r\nb\r\n")
    (repo / "f.txt.dvc").write_text(f"outs:\n- md5: {LEGACY}\n  size: 6\n  path: f.txt\n")
    stored = repo / ".dvc/cache" / LEGACY[:2] / LEGACY[2:]
    stored.parent.mkdir(parents=True)
    stored.write_bytes(b"a\r\nb\r\n")
    return stored


def test_migrate_links_objects_and_rewrites_metafiles(repo: Path, dvnb: Run):
    stored = _legacy_project(repo)
    dry = dvnb("cache", "migrate", "--dry", "--dvc-files")
    assert dry.lines == [
        "1 files will be re-hashed and migrated to the DVC 3.0 cache location.",
        "Entries in following DVC files will be migrated to the 3.0 format:",
        "\tf.txt.dvc",
    ]
    assert not (repo / ".dvc/cache/files").exists()
    done = dvnb("cache", "migrate", "--dvc-files")
    assert done.lines[:2] == ["Migrated 1 files to DVC 3.0 cache location.", "Updating DVC file 'f.txt.dvc'"]
    assert "hash: md5" in (repo / "f.txt.dvc").read_text()
    assert LEGACY not in (repo / "f.txt.dvc").read_text()
    assert stored.stat().st_nlink == 2
    assert dvnb("status").out == "Data and pipelines are up to date.\n"
    again = dvnb("cache", "migrate", "--dvc-files").lines
    assert again == [
        "Migrated 0 files to DVC 3.0 cache location.",
        "No DVC files in the repo to migrate to the 3.0 format.",
    ]


def test_migrate_keeps_uncommitted_changes_uncommitted(repo: Path, dvnb: Run):
    _legacy_project(repo)
    (repo / "f.txt").write_text("changed\n")
    assert dvnb("cache", "migrate", "--dvc-files").code == 0
    assert "modified" in dvnb("status").out
    assert dvnb("checkout", "-f").code == 0
    assert (repo / "f.txt").read_bytes() == b"a\r\nb\r\n"


def test_migrate_takes_what_only_the_workspace_has_and_leaves_what_nobody_has(repo: Path, dvnb: Run):
    stored = _legacy_project(repo)
    (repo / "g.txt.dvc").write_text(f"outs:\n- md5: {'f' * 32}\n  size: 6\n  path: g.txt\n")
    stored.unlink()
    done = dvnb("cache", "migrate", "--dvc-files")
    assert done.code == 0
    assert "'g.txt' keeps its DVC 2 hash" in done.err
    assert "hash: md5" in (repo / "f.txt.dvc").read_text()
    assert "hash" not in (repo / "g.txt.dvc").read_text()
    (repo / "f.txt").unlink()
    dvnb("checkout", "f.txt.dvc")
    assert (repo / "f.txt").read_bytes() == b"a\r\nb\r\n"


def test_a_list_of_members_stays_one(repo: Path, dvnb: Run):
    (repo / "d").mkdir()
    (repo / "d/a").write_text("a\n")
    (repo / "d.dvc").write_text(
        "outs:\n- path: d\n  hash: md5\n  files:\n  - relpath: a\n"
        "    md5: 60b725f10c9c85c70d97880dfe8191b3\n    size: 2\n"
    )
    (repo / "d/b").write_text("bb\n")
    (repo / "d/b").chmod(0o755)
    assert dvnb("commit", "-f").code == 0
    assert (repo / "d.dvc").read_text() == (
        "outs:\n- path: d\n  hash: md5\n  files:\n  - relpath: a\n"
        "    md5: 60b725f10c9c85c70d97880dfe8191b3\n    size: 2\n"
        "  - relpath: b\n    md5: bfcc9da4f2e1d313c63cd0a4ee7604e9\n    size: 3\n    isexec: true\n"
    )


COMPLETE = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(( $# - 1 ))
_dvnb
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["ch"], ["check-ignore", "checkout"]),
        (["stage", ""], ["add", "list"]),
        (["-q", "stage", "l"], ["list"]),
        (["add", "--no-c"], ["--no-commit"]),
        (["doctor", "--j"], ["--json"]),
        (["completion", "-s", ""], ["bash", "zsh", "fish"]),
        (["add", "my f"], ["my file"]),
        (["--cd", "my"], ["my file"]),
        (["nothing", "-"], [""]),
    ],
)
def test_bash_completes(repo: Path, dvnb: Run, words: list[str], answer: list[str]):
    script = repo / "completion.bash"
    script.write_text(dvnb("completion", "-s", "bash").out)
    (repo / "my file").touch()
    done = subprocess.run(
        ["bash", "-c", COMPLETE, "-", script, "dvnb", *words], capture_output=True, text=True, check=False
    )
    assert (done.stdout.splitlines(), done.stderr) == (answer, "")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_every_verb(repo: Path, dvnb: Run, shell: str):
    done = dvnb("completion", "-s", shell)
    assert done.code == 0
    for word in ("repro", "stage add", "no-commit", "git-hook merge-driver"):
        assert word in done.out


def test_an_unknown_shell_is_refused(repo: Path, dvnb: Run):
    assert dvnb("completion", "-s", "csh").code == 254


def test_doctor_tells_of_filesystems_and_links(repo: Path, dvnb: Run):
    assert "Cache types: not known before there is a cache" in dvnb("doctor").out
    (repo / "f.txt").write_text("one\n")
    dvnb("add", "f.txt")
    done = dvnb("doctor")
    assert "hardlink, symlink" in done.out
    assert "Workspace directory: " in done.out
    assert "Problem" not in done.out


def _program(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_doctor_tells_of_another_dvnb_and_of_none(
    repo: Path, tmp_path: Path, dvnb: Run, monkeypatch: pytest.MonkeyPatch
):
    other = _program(tmp_path / "elsewhere/dvnb", "exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'elsewhere'}:/usr/bin:/bin")
    assert f"Problem: the 'dvnb' on PATH is '{other}'" in dvnb("doctor").out
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert "Problem: there is no 'dvnb' on PATH" in dvnb("doctor").out


def test_doctor_tells_of_a_kernel_on_another_python(
    repo: Path, tmp_path: Path, dvnb: Run, monkeypatch: pytest.MonkeyPatch
):
    python = _program(tmp_path / "otherenv/bin/python", "exit 1")
    spec = tmp_path / "jupyter/kernels/python3"
    spec.mkdir(parents=True)
    argv = f'["{python}", "-m", "ipykernel_launcher", "-f", "{{connection_file}}"]'
    (spec / "kernel.json").write_text(f'{{"argv": {argv}, "display_name": "x", "language": "python"}}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    done = dvnb("doctor", "--json")
    assert [problem for problem in json.loads(done.out)["problems"] if f"run on '{python}'" in problem]


def test_doctor_tells_of_a_server_on_another_python(repo: Path, dvnb: Run, monkeypatch: pytest.MonkeyPatch):
    with subprocess.Popen(["/bin/sleep", "60"]) as server:
        monkeypatch.setenv("JPY_PARENT_PID", str(server.pid))
        out = dvnb("doctor").out
        server.kill()
    assert "Problem: the Jupyter server runs on '/bin/sleep'" in out
    assert "Problem" not in dvnb("doctor").out


def test_hooks_and_driver_work_where_git_finds_no_dvnb(
    repo: Path, dvnb: Run, git: Callable[..., str], commit_all: Callable[..., None], monkeypatch: pytest.MonkeyPatch
):
    places = [place for place in os.environ["PATH"].split(os.pathsep) if not os.path.exists(f"{place}/dvnb")]
    monkeypatch.setenv("PATH", os.pathsep.join(places))
    folder = repo / "data"
    folder.mkdir()
    (folder / "a").write_text("a\n")
    dvnb("add", "data")
    (repo / ".gitattributes").write_text("*.dvc merge=dvc\n")
    assert dvnb("install").code == 0
    commit_all()
    for branch, name in (("other", "b"), ("main", "c")):
        git("checkout", "-qB", branch, *(["main"] if branch == "other" else []))
        git("checkout", "-q", branch)
        (folder / name).write_text(name)
        dvnb("add", "data")
        commit_all(name)
        if branch == "other":
            git("checkout", "-q", "main")
    git("merge", "-q", "other", "-m", "both")
    assert dvnb("checkout").code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["a", "b", "c"]
