"""`dvnb.api`: what `dvc.api` answers, from the workspace, from git at any rev, from clones, caches and remotes."""

from __future__ import annotations

import importlib
import inspect
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo, api
from dvnb.errors import ConfigError, DvnbError, GitError, MissingObjectsError, RemoteError, TargetError

Answer = Callable[[Any], Any]


@pytest.fixture
def shelf(project: Path, tmp_path: Path, git: Any, commit_all: Any) -> Path:
    """The project with a remote that has all, a tag `v1` of its first version, a sub-project, and a bare copy."""
    Repo().remote_add("store", str(tmp_path / "remote"), default=True)
    (project / "sub").mkdir()
    (project / "sub" / "deep.txt").write_text("deep\n")
    (project / "run.sh").write_text("echo\n")
    (project / "run.sh").chmod(0o755)
    Repo().add("sub/deep.txt")
    (project / "nested").mkdir()
    Repo.init(project / "nested", subdir=True)
    (project / "nested" / "n.txt").write_text("n\n")
    (project / "nested" / "plain.txt").write_text("plain\n")
    inner = Repo(project / "nested")
    inner.remote_add("other", str(tmp_path / "remote-of-nested"), default=True)
    inner.add("n.txt")
    inner.push()
    Repo().push()
    commit_all("two")
    git("tag", "v1")
    (project / "data.txt").write_text("new\n")
    Repo().add("data.txt")
    Repo().push()
    commit_all("three")
    git("clone", "-q", "--bare", str(project), str(tmp_path / "bare.git"))
    return project


def both(call: Answer) -> tuple[Any, Any]:
    """What stock dvc and dvnb answer: a value, or an error's text."""
    answers = []
    for name in ("dvc.api", "dvnb.api"):
        module = importlib.import_module(name)
        try:
            answers.append(call(module))
        except Exception as exc:  # noqa: BLE001 - the two have exceptions of their own
            answers.append(f"error: {exc}")
    return answers[0], answers[1]


@pytest.mark.parametrize(
    "name", ["open", "read", "get_url", "params_show", "metrics_show", "artifacts_show", "all_branches", "all_tags"]
)
def test_functions_are_called_as_those_of_dvc(name: str) -> None:
    theirs, ours = both(
        lambda module: [
            (parameter.name, parameter.kind, parameter.default)
            for parameter in inspect.signature(getattr(module, name)).parameters.values()
        ]
    )
    assert ours == theirs


READS: dict[str, Answer] = {
    "the workspace": lambda a: a.read("data.txt"),
    "bytes": lambda a: a.read("data.txt", mode="rb"),
    "text of an encoding": lambda a: a.read("data.txt", encoding="utf-16-le"),
    "git's file": lambda a: a.read("code.py"),
    "a rev": lambda a: a.read("data.txt", rev="v1"),
    "a member at a rev": lambda a: a.read("pictures/sub/two.txt", rev="v1"),
    "git's file at a rev": lambda a: a.read("params.yaml", rev="HEAD~1"),
    "a metafile": lambda a: a.read("data.txt.dvc", rev="v1"),
    "a sub-project": lambda a: (a.read("nested/n.txt"), a.read("nested/plain.txt")),
    "a sub-project at a rev": lambda a: a.read("nested/n.txt", rev="v1"),
    "a clone": lambda a: a.read("data.txt", repo="../bare.git"),
    "a clone at a rev": lambda a: a.read("pictures/one.txt", repo="../bare.git", rev="v1"),
    "a URL": lambda a: a.read("sub/deep.txt", repo=f"file://{os.getcwd()}/../bare.git", rev="main"),
    "a sub-project of a clone": lambda a: a.read("nested/n.txt", repo="../bare.git"),
    "a path in another folder": lambda a: a.read("sub/deep.txt", repo=".", rev="v1"),
    "a remote that is not needed": lambda a: a.read("data.txt", remote="nope"),
    "a folder": lambda a: a.read("pictures"),
    "a folder at a rev": lambda a: a.read("sub", rev="v1"),
    "an unknown rev": lambda a: a.read("data.txt", rev="nope"),
    "writing": lambda a: a.read("data.txt", mode="w"),
    "branches": lambda a: (a.all_branches(), a.all_tags(), sorted(a.all_commits())),
    "branches of a clone": lambda a: (a.all_branches("../bare.git"), a.all_tags("../bare.git")),
    "url": lambda a: a.get_url("data.txt"),
    "url of a folder": lambda a: a.get_url("pictures", rev="v1"),
    "url of a member": lambda a: a.get_url("pictures/sub/two.txt", repo="../bare.git"),
    "url in a sub-project": lambda a: a.get_url("nested/n.txt"),
    "url of git's file": lambda a: a.get_url("code.py"),
    "url of nothing": lambda a: a.get_url("pictures/nope"),
    "url of an unknown remote": lambda a: a.get_url("data.txt", remote="nope"),
    "url of a given remote": lambda a: a.get_url("data.txt", remote="x", config={"remote": {"x": {"url": "/x"}}}),
    "url by options of the remote": lambda a: a.get_url("data.txt", remote_config={"url": "/elsewhere"}),
    "params": lambda a: a.params_show(),
    "params of the clone": lambda a: a.params_show(repo="../bare.git", rev="v1"),
    "metrics": lambda a: a.metrics_show(),
    "metrics of a rev": lambda a: a.metrics_show(rev="v1"),
}


def differences(calls: dict[str, Answer]) -> dict[str, tuple[Any, Any]]:
    """Where stock dvc and dvnb answer differently."""
    answers = {name: both(call) for name, call in calls.items()}
    return {name: pair for name, pair in answers.items() if pair[0] != pair[1]}


def test_answers_are_those_of_dvc(shelf: Path) -> None:
    assert differences(READS) == {}


@pytest.mark.parametrize("where", [{}, {"rev": "v1"}, {"repo": ".."}, {"repo": "../../bare.git"}])
def test_relative_paths_begin_where_those_of_dvc_do(shelf: Path, monkeypatch: Any, where: Any) -> None:
    monkeypatch.chdir(shelf / "sub")
    for name in ("deep.txt", "data.txt", "../data.txt", "sub/deep.txt"):
        theirs, ours = both(lambda module, name=name: module.read(name, **where))
        if str(theirs).startswith("error"):
            assert ours.startswith(f"error: The path '{name}' does not exist in the target repository")
        else:
            assert ours == theirs


MORE_PARAMS = """\
stages:
  a:
    cmd: echo '{"acc":0.5,"x":{"y":1},"list":[1]}' > m.json
    params: [lr, {other.yaml: [k]}]
    metrics: [m.json]
  b:
    cmd: echo '{"acc":0.7}' > m2.json
    params: [{other.yaml: [z]}]
    metrics: [{m2.json: {cache: false}}]
params: [third.toml]
metrics: [more]
artifacts:
  model: {path: models/m.pkl, type: model}
"""


@pytest.fixture
def numbers(repo: Path, tmp_path: Path, git: Any, commit_all: Any) -> Path:
    """Params and metrics of several files, two commits, and artifacts."""
    (repo / "more").mkdir()
    (repo / "sub").mkdir()
    for name, text in {
        "dvc.yaml": MORE_PARAMS,
        "more/q.json": '{"q": 3}',
        "params.yaml": "lr: 0.1\nname: x\n",
        "other.yaml": "k: 1\nz: {w: 2}\nlr: 9\n",
        "third.toml": "t = 1\n",
        "sub/params.yaml": "sp: 5\n",
        "sub/dvc.yaml": "stages:\n  s: {cmd: echo, params: [sp]}\nartifacts:\n  inner: {path: i.bin}\n",
    }.items():
        (repo / name).write_text(text)
    Repo().repro()
    commit_all("one")
    git("tag", "-a", "model@v1.2.0", "-m", "x")
    git("tag", "v1")
    (repo / "params.yaml").write_text("lr: 0.2\n")
    commit_all("two")
    for tag in ("model@v1.10.0", "model@v1.10.0-rc.1", "sub=inner@v0.1.0"):
        git("tag", "-a", tag, "-m", "x")
    git("tag", "-a", "model#prod#1", "-m", "x", "v1")
    git("tag", "model@v2.0.0")  # not annotated: does not count
    return repo


SHOWN: dict[str, Answer] = {
    "metrics": lambda a: a.metrics_show(),
    "metrics of a file": lambda a: a.metrics_show("m.json"),
    "metrics of a folder": lambda a: a.metrics_show("more"),
    "metrics of a rev": lambda a: a.metrics_show(rev="v1"),
    "metrics of a missing file": lambda a: a.metrics_show("nope.json"),
    "params": lambda a: a.params_show(),
    "params of a rev": lambda a: a.params_show(rev="v1"),
    "params of stages": lambda a: a.params_show(deps=True),
    "params of a stage": lambda a: a.params_show(stages="a"),
    "params of two stages": lambda a: a.params_show(stages=["a", "b"]),
    "params of an unknown stage": lambda a: a.params_show(stages="zz"),
    "params of files": lambda a: a.params_show("params.yaml", "other.yaml"),
    "params of a file and a stage": lambda a: a.params_show("other.yaml", stages="a"),
    "params of a missing file": lambda a: a.params_show("nope.yaml"),
    "the latest version": lambda a: a.artifacts_show("model"),
    "a version": lambda a: a.artifacts_show("model", "v1.2.0"),
    "a version by name": lambda a: a.artifacts_show("model", version="v1.10.0-rc.1"),
    "a stage": lambda a: a.artifacts_show("model", stage="prod"),
    "an artifact in a folder": lambda a: (a.artifacts_show("sub:inner"), a.artifacts_show("sub/dvc.yaml:inner")),
    "no artifact": lambda a: a.artifacts_show("nope"),
    "no name": lambda a: a.artifacts_show("mod el"),
    "no version": lambda a: a.artifacts_show("model", "v9.9.9"),
    "a version and a stage": lambda a: a.artifacts_show("model", "v1.2.0", "prod"),
}


def test_numbers_and_artifacts_are_those_of_dvc(numbers: Path) -> None:
    assert differences(SHOWN) == {}


def test_names_of_files_are_seen_from_the_current_folder(numbers: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(numbers / "sub")
    for rev in (None, "v1"):
        theirs, ours = both(lambda a, rev=rev: (a.metrics_show(rev=rev), a.metrics_show("../m.json", rev=rev)))
        assert ours == theirs
        assert "../m.json:acc" in ours[0]


def test_other_repos_have_params_and_metrics(numbers: Path, tmp_path: Path, monkeypatch: Any, git: Any) -> None:
    git("clone", "-q", "--bare", str(numbers), str(tmp_path / "bare.git"))
    monkeypatch.chdir(tmp_path)
    url = str(tmp_path / "bare.git")
    assert api.params_show("other.yaml", repo=url) == {"k": 1, "z": {"w": 2}, "lr": 9}
    assert api.params_show(repo="repo") == api.params_show(repo=url)
    assert api.metrics_show("m2.json", "more", repo=url) == {"acc": 0.7, "q": 3}
    assert api.artifacts_show("model", repo=url)["path"] == "models/m.pkl"


def test_cached_metrics_come_from_the_remote(numbers: Path, tmp_path: Path, git: Any, commit_all: Any) -> None:
    Repo().remote_add("store", str(tmp_path / "remote"), default=True)
    Repo().push()
    commit_all("remote")
    git("clone", "-q", "--bare", str(numbers), str(tmp_path / "bare.git"))
    assert api.metrics_show("m.json", repo=str(tmp_path / "bare.git")) == {"acc": 0.5, "x": {"y": 1}}


def test_a_broken_params_file_is_named(numbers: Path) -> None:
    (numbers / "bad.yaml").write_text("a: [\n")
    with pytest.raises(DvnbError, match="unable to read: 'bad.yaml', YAML file structure is corrupted"):
        api.params_show("bad.yaml")


def test_content_of_the_remote_is_read_once_and_kept_apart(shelf: Path, tmp_path: Path, picture: Any) -> None:
    shutil.rmtree(shelf / ".dvc" / "cache")
    for name in ("data.txt", "pictures"):
        shutil.rmtree(shelf / name) if (shelf / name).is_dir() else (shelf / name).unlink()
    before = picture(shelf)
    assert api.read("data.txt") == "new\n"
    assert api.read("pictures/sub/two.txt") == "two\n"
    assert api.read("data.txt", rev="v1") == "a\nb\nc\n"
    assert picture(shelf) == before
    (tmp_path / "remote").rename(tmp_path / "gone")
    assert api.read("pictures/sub/two.txt", rev="v1") == "two\n"
    with pytest.raises(
        MissingObjectsError, match="the content of 'pictures' is neither in the cache nor in the remote"
    ):
        api.read("pictures/one.txt")


def test_content_without_a_remote_is_missed_by_name(project: Path) -> None:
    shutil.rmtree(project / ".dvc" / "cache")
    with pytest.raises(MissingObjectsError, match="'data.txt' is not in the cache, and there is no remote"):
        api.read("data.txt", rev="HEAD")
    with pytest.raises(ConfigError, match="no remote specified"):
        api.get_url("data.txt")
    with pytest.raises(ConfigError, match="options of a remote are given, but no remote"):
        api.read("data.txt", rev="HEAD", remote_config={"url": "x"})


def test_a_damaged_object_is_not_read(shelf: Path, tmp_path: Path) -> None:
    objects = [path for path in (tmp_path / "remote").rglob("*") if path.is_file() and path.read_bytes() == b"new\n"]
    assert len(objects) == 1
    objects[0].chmod(0o644)
    objects[0].write_text("bad\n")
    with pytest.raises(RemoteError, match="is damaged in the remote"):
        api.read("data.txt", repo=str(tmp_path / "bare.git"))


def test_a_given_remote_is_read(shelf: Path, tmp_path: Path) -> None:
    shutil.move(tmp_path / "remote", tmp_path / "moved")
    url = str(tmp_path / "bare.git")
    with pytest.raises(MissingObjectsError):
        api.read("data.txt", repo=url)
    assert api.read("data.txt", repo=url, remote_config={"url": str(tmp_path / "moved")}) == "new\n"
    config = {"remote": {"extra": {"url": str(tmp_path / "moved")}}}
    assert api.read("data.txt", repo=url, rev="v1", remote="extra", config=config) == "a\nb\nc\n"


def test_errors_say_where_and_are_of_one_family(shelf: Path, tmp_path: Path) -> None:
    with pytest.raises(
        TargetError, match=f"The path 'nope' does not exist in the target repository '{shelf}'"
    ) as caught:
        api.read("nope")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    with pytest.raises(TargetError, match="'pictures' is a directory"):
        api.read("pictures", repo=str(tmp_path / "bare.git"))
    with pytest.raises(TargetError, match="does not exist"):
        api.read("data.txt/below")
    with pytest.raises(GitError, match="Failed to clone repo"):
        api.read("x", repo=str(tmp_path / "nothing"))
    with pytest.raises(ConfigError):
        api.read("data.txt", config={"core": {"nope": 1}})


def test_open_wants_a_with(shelf: Path) -> None:
    opened = api.open("data.txt")
    with pytest.raises(AttributeError, match=r"dvnb.api.open\(\) should be used in a with statement."):
        opened.read()
    with opened as file:
        assert file.readline() == "new\n"
    assert file.closed
    for mode in ("w", "a", "r+"):
        with pytest.raises(ValueError, match="Only reading `mode` is supported."):
            api.open("data.txt", mode=mode)


def test_absolute_paths_are_those_of_this_machine(shelf: Path, tmp_path: Path) -> None:
    assert api.read(str(shelf / "data.txt")) == "new\n"
    assert api.read(str(shelf / "data.txt"), rev="v1") == "a\nb\nc\n"
    assert api.get_url(str(shelf / "data.txt")) == api.get_url("data.txt")
    (tmp_path / "outside.txt").write_text("secret\n")
    with pytest.raises(TargetError, match="does not exist in the target repository"):
        api.read(str(tmp_path / "outside.txt"))
    with pytest.raises(TargetError, match="does not exist in the target repository"):
        api.read("../../outside.txt")


def test_git_repos_and_folders_without_dvc_are_read(home: Path, tmp_path: Path, git: Any) -> None:
    plain, folder = tmp_path / "plain", tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("a\n")
    git("init", "-q", str(plain))
    (plain / "p.txt").write_text("one\n")
    git("add", "-A", cwd=plain)
    git("commit", "-qm", "one", cwd=plain)
    (plain / "p.txt").write_text("two\n")
    assert api.read("p.txt", repo=str(plain)) == "two\n"
    assert api.read("p.txt", repo=str(plain), rev="HEAD") == "one\n"
    assert api.read("p.txt", repo=f"file://{plain}") == "one\n"
    assert api.all_branches(str(plain)) == ["main"]
    assert api.read("a.txt", repo=str(folder)) == "a\n"
    for call in (lambda: api.read("a.txt", repo=str(folder), rev="HEAD"), lambda: api.all_tags(str(folder))):
        with pytest.raises(GitError, match="is not a git repository"):
            call()


def test_a_workspace_is_read_without_the_git_program(shelf: Path, monkeypatch: Any) -> None:
    (shelf / "data.txt").unlink()
    monkeypatch.setenv("PATH", "")
    assert (api.read("data.txt"), api.read("code.py")) == ("new\n", "pass\n")
    with pytest.raises(GitError, match="cannot run git"):
        api.read("code.py", rev="v1")


def test_projects_without_git_are_read(home: Path, tmp_path: Path) -> None:
    Repo.init(tmp_path, no_scm=True)
    (tmp_path / "x.txt").write_text("x\n")
    Repo(tmp_path).add("x.txt")
    (tmp_path / "x.txt").unlink()
    assert api.read("x.txt", repo=str(tmp_path)) == "x\n"


def test_what_was_imported_is_read_from_its_source(shelf: Path, tmp_path: Path, git: Any, monkeypatch: Any) -> None:
    importer = tmp_path / "importer"
    git("init", "-q", str(importer))
    monkeypatch.chdir(importer)
    Repo.init(importer)
    Repo(importer).import_(str(tmp_path / "bare.git"), "pictures", rev="v1")
    shutil.rmtree(importer / ".dvc" / "cache")
    shutil.rmtree(importer / "pictures")
    assert api.read("pictures/sub/two.txt") == "two\n"


def test_a_clone_is_brought_up_to_date_unless_a_commit_is_named(shelf: Path, tmp_path: Path, git: Any) -> None:
    url = str(tmp_path / "bare.git")
    first = git("rev-parse", "HEAD").strip()
    assert api.read("code.py", repo=url) == "pass\n"
    (shelf / "code.py").write_text("new\n")
    git("commit", "-qam", "code")
    git("push", "-q", url, "main")
    assert api.read("code.py", repo=url) == api.read("code.py", repo=url, rev="main") == "new\n"
    (tmp_path / "bare.git").rename(tmp_path / "away.git")
    url = str(tmp_path / "bare.git")
    assert api.read("code.py", repo=url, rev=first) == api.read("code.py", repo=url, rev=first[:9]) == "pass\n"
    with pytest.raises(GitError):
        api.read("code.py", repo=url, rev="main")


def test_a_commit_that_no_branch_reaches_is_fetched(shelf: Path, tmp_path: Path, git: Any) -> None:
    bare = tmp_path / "bare.git"
    (shelf / "code.py").write_text("odd\n")
    git("commit", "-qam", "odd")
    git("push", "-q", str(bare), "HEAD:refs/odd/one")
    odd = git("rev-parse", "HEAD").strip()
    git("config", "uploadpack.allowAnySHA1InWant", "true", cwd=bare)
    assert api.read("code.py", repo=f"file://{bare}", rev=odd) == "odd\n"


READ_IT = "from dvnb import api; print(api.read('pictures/one.txt', repo=%r, rev='main'), end='')"


def test_processes_share_a_new_clone(shelf: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", READ_IT % f"file://{tmp_path}/bare.git"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[0] for process in running] == ["one\n"] * 3


def test_a_cache_that_cannot_be_written_is_done_without(shelf: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("DVNB_CACHE_DIR", "/proc/dvnb")  # where not even root makes folders
    shutil.rmtree(shelf / ".dvc" / "cache")
    assert api.read("data.txt", rev="v1") == "a\nb\nc\n"
    assert api.read("pictures/one.txt", rev="v1") == "one\n"


def test_a_broken_metafile_hides_no_other_file(shelf: Path) -> None:
    (shelf / "dvc.yaml").write_text("stages: [\n")
    assert api.read("code.py") == "pass\n"
    with pytest.raises(DvnbError, match="'./dvc.yaml' is invalid"):
        api.read("gone.txt")


def test_reading_does_not_load_fsspec(home: Path) -> None:
    program = "import sys, dvnb.api; sys.exit('fsspec' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
