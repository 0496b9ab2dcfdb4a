"""`from dvnb import Repo`: results are values, the core writes nothing, errors are of one family."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import DvnbError, Hint, NotARepoError
from dvnb.events import CommandOutput, Event, StageFinished, StageSkipped, StageStarted

CALLS: dict[str, Callable[[Repo], Any]] = {
    "add": lambda repo: repo.add("new.txt"),
    "commit": lambda repo: repo.commit(force=True),
    "checkout": lambda repo: repo.checkout(force=True),
    "checkout of a rev": lambda repo: repo.checkout("data.txt", rev="HEAD"),
    "status": lambda repo: repo.status(),
    "cloud_status": lambda repo: repo.cloud_status(),
    "data_status": lambda repo: repo.data_status(granular=True, unchanged=True, untracked_files="all"),
    "check_ignore": lambda repo: repo.check_ignore("new.txt", all=True),
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
