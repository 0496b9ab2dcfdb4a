"""`from dvnb import Repo`: results are values, the core writes nothing, errors are of one family."""

from __future__ import annotations

import dataclasses
import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import dvnb
from dvnb import Repo
from dvnb.errors import DvnbError, Hint, NotARepoError
from dvnb.events import CommandOutput, Event, Progress, StageFinished, StageSkipped, StageStarted

CALLS: dict[str, Callable[[Repo], Any]] = {
    "add": lambda repo: repo.add("new.txt"),
    "commit": lambda repo: repo.commit(force=True),
    "checkout": lambda repo: repo.checkout(force=True),
    "checkout of a rev": lambda repo: repo.checkout("data.txt", rev="HEAD"),
    "status": lambda repo: repo.status(),
    "cloud_status": lambda repo: repo.cloud_status(),
    "data_status": lambda repo: repo.data_status(granular=True, unchanged=True, untracked_files="all"),
    "diff": lambda repo: repo.diff(show_hash=True),
    "list": lambda repo: repo.list("pictures", recursive=True),
    "du": lambda repo: repo.du(),
    "get": lambda repo: repo.get(".", "data.txt", "copy.txt"),
    "get_url": lambda repo: repo.get_url("new.txt", "copy.txt"),
    "list_url": lambda repo: repo.list_url("pictures", recursive=True),
    "import_": lambda repo: repo.import_(".", "data.txt", "copy.txt"),
    "import_url": lambda repo: repo.import_url("../outside.txt"),
    "update": lambda repo: (repo.import_url("../outside.txt"), repo.update("outside.txt.dvc"))[1],
    "move": lambda repo: repo.move("data.txt", "moved.txt"),
    "remove": lambda repo: repo.remove("data.txt.dvc"),
    "unprotect": lambda repo: repo.unprotect("data.txt"),
    "gc": lambda repo: repo.gc(workspace=True, force=True),
    "destroy": lambda repo: repo.destroy(),
    "install": lambda repo: repo.install(),
    "cache_migrate": lambda repo: repo.cache_migrate(dry=True),
    "dvnb.ls": lambda repo: dvnb.ls(repo.root, tree=True),
    "dvnb.du": lambda repo: dvnb.du(".", "pictures", start=repo.root, summarize=True),
    "dvnb.get": lambda repo: dvnb.get(repo.root, "pictures", "copy", rev="HEAD"),
    "dvnb.get_url": lambda _: dvnb.get_url("new.txt", "copy.txt"),
    "dvnb.list_url": lambda _: dvnb.list_url("pictures"),
    "dvnb.init": lambda _: dvnb.init("../other", no_scm=True),
    "dvnb.root": lambda _: dvnb.root("pictures"),
    "dvnb.doctor": lambda _: dvnb.doctor(),
    "check_ignore": lambda repo: repo.check_ignore("new.txt"),
    "stage_add": lambda repo: repo.stage_add("s", "echo hi > hi", outs=["hi"]),
    "run": lambda repo: repo.run("s", "echo hi | tee hi && echo oops >&2", outs=["hi"]),
    "stage_list": lambda repo: repo.stage_list(all=True),
    "repro": lambda repo: repo.repro(force=True),
    "repro, dry": lambda repo: repo.repro(force=True, dry=True),
    "dag": lambda repo: repo.dag(),
    "params_diff": lambda repo: repo.params_diff(all=True),
    "metrics_show": lambda repo: repo.metrics_show(all_commits=True),
    "metrics_diff": lambda repo: repo.metrics_diff(all=True),
    "remote_list": lambda repo: repo.remote_list(),
    "push": lambda repo: repo.push(),
    "fetch": lambda repo: repo.fetch(),
    "pull": lambda repo: repo.pull(),
    "config": lambda repo: repo.config(list=True),
    "cache_dir": lambda repo: repo.cache_dir(),
}


@pytest.mark.parametrize("name", CALLS)
def test_results_are_json_and_nothing_is_written(project: Path, capfd: Any, name: str) -> None:
    (project / "new.txt").write_text("new\n")
    (project.parent / "outside.txt").write_text("outside\n")
    Repo().remote_add("r", "../remote", default=True)
    result = CALLS[name](Repo(capture=True))
    assert capfd.readouterr() == ("", "")
    assert dataclasses.is_dataclass(result)
    assert json.loads(json.dumps(result.to_json())) is not None


@pytest.mark.parametrize(
    "call",
    [
        lambda repo: repo.add("nope"),
        lambda repo: repo.run("bad", "echo partial; exit 3"),
        lambda repo: repo.checkout("nope"),
        lambda repo: repo.push(remote="nope"),
    ],
)
def test_failures_write_nothing_either(project: Path, capfd: Any, call: Callable[[Repo], Any]) -> None:
    with pytest.raises(DvnbError):
        call(Repo(capture=True))
    assert capfd.readouterr() == ("", "")


def test_freezing_writes_nothing(project: Path, capfd: Any) -> None:
    assert [row.to_json()["stage"] for row in Repo().freeze("train")] == ["train"]
    assert [row.stage for row in Repo().unfreeze("train")] == ["train"]
    assert capfd.readouterr() == ("", "")


def test_a_listener_hears_what_happens(project: Path) -> None:
    heard: list[Event] = []
    repo = Repo(listener=heard.append, capture=True)
    repo.repro()
    assert {event.stage for event in heard if isinstance(event, StageSkipped)} >= {"prepare", "train"}
    heard.clear()
    repo.run("talk", "echo out && echo err >&2")
    assert [event.stage for event in heard if isinstance(event, StageStarted)] == ["talk"]
    said = {(event.stream, event.text.strip()) for event in heard if isinstance(event, CommandOutput)}
    assert said >= {("stdout", "out"), ("stderr", "err")} or {text for _, text in said} >= {"out", "err"}
    assert any(isinstance(event, StageFinished) for event in heard)


def test_a_repo_is_found_from_below_and_by_path(project: Path, tmp_path: Path, monkeypatch: Any) -> None:
    assert (Repo(project / "pictures").root, Repo(project / "pictures").cwd) == (str(project), f"{project}/pictures")
    monkeypatch.chdir(tmp_path)
    assert Repo("repo").status().clean
    with pytest.raises(NotARepoError):
        Repo(tmp_path / "home")


def test_one_repo_sees_what_others_changed(project: Path, git: Any) -> None:
    repo = Repo()
    assert repo.status().clean
    (project / "data.txt").write_text("new\n")
    assert not repo.status().clean
    Repo().add("data.txt")
    assert list(repo.status().stages) == ["prepare"]


def test_an_error_says_what_would_mend_it(project: Path) -> None:
    with pytest.raises(DvnbError) as caught:
        Repo().push()
    hint = caught.value.hint
    assert isinstance(hint, Hint) and hint.verb == "remote add"


def test_functions_begin_where_they_are_told(project: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert [row.path for row in dvnb.ls(".", "pictures", start=project).rows] == ["one.txt", "sub"]
    assert dvnb.du(".", "pictures", start="repo").sizes == [
        ("pictures/one.txt", 4),
        ("pictures/sub", 4),
        ("pictures", 8),
    ]
    assert dvnb.root(project / "pictures").root == ".."
    assert dvnb.doctor(project).root == str(project)
    assert dvnb.doctor(tmp_path / "home").root is None
    assert dvnb.get(".", "data.txt", "copy.txt", start="repo").path == "copy.txt"
    assert (project / "copy.txt").read_text() == "a\nb\nc\n"
    with pytest.raises(NotARepoError):
        dvnb.root()
    with pytest.raises(FileNotFoundError):
        dvnb.ls("repo", "nosuch")
    with pytest.raises(AttributeError, match="nosuch"):
        _ = dvnb.nosuch


def test_a_repo_lists_what_is_below_its_own_folder(project: Path, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    repo = Repo(project / "pictures")
    assert [row.path for row in repo.list("sub").rows] == ["two.txt"]
    assert repo.du("sub").sizes == [("sub/two.txt", 4), ("sub", 4)]
    assert [row.path for row in repo.list("..", dvc_only=True, rev="HEAD").rows] == [
        "data.txt",
        "mid.txt",
        "model.txt",
        "pictures",
    ]


@pytest.mark.parametrize("verb", ["checkout", "push"])
def test_what_another_thread_stops_ends_as_by_ctrl_c_and_can_be_gone_on_with(repo: Path, verb: str) -> None:
    many = 6000  # enough for two signs of progress, however fast the machine is
    (repo / "d").mkdir()
    for number in range(many):
        (repo / "d" / str(number)).write_text(f"{number}\n")
    Repo().add("d")
    Repo().remote_add("store", str(repo.parent / "store"), default=True)
    shutil.rmtree(repo / "d")
    stop = threading.Event()

    def listen(event: Event) -> None:
        if isinstance(event, Progress):
            stop.set()

    with pytest.raises(KeyboardInterrupt):
        getattr(Repo(listener=listen, stop=stop), verb)()
    getattr(Repo(), verb)()
    if verb == "checkout":
        assert not Repo().status().stages and len(list((repo / "d").iterdir())) == many
    else:
        found = Repo().fsck(remote="store")
        assert found.checked == many + 1 and found.hurt == []
