"""why: what made a stage stale, in numbers, and since which commit; by the CLI, the API and `%dvc`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from dvnb import Repo
from dvnb.errors import TargetError


def causes(stage: str) -> list[tuple[str, str, str]]:
    return [(cause.kind, cause.path, cause.state) for cause in Repo().why(stage).causes]


def test_nothing_changed(project: Path, dvnb: Any) -> None:
    result = Repo().why("train")
    assert not result.changed
    assert result.ran is not None and result.ran["subject"] == "one"
    done = dvnb("why", "train")
    assert done.code == 0
    assert done.lines[1] == "Nothing changed since."


def test_a_dep_in_the_workspace(project: Path, dvnb: Any) -> None:
    (project / "mid.txt").write_text("a\nB\nc\n")
    result = Repo().why("train")
    (cause,) = result.causes
    assert (cause.kind, cause.path, cause.state, cause.since) == ("dep", "mid.txt", "modified", None)
    assert cause.old and cause.new and cause.old != cause.new
    assert cause.lines == {"added": 2, "removed": 1}
    assert "2 lines added, 1 line removed, not committed" in dvnb("why", "train").out


def test_a_dep_that_a_commit_changed(project: Path, commit_all: Any, dvnb: Any) -> None:
    Repo().stage_add("report", "cat code.py model.txt > report", deps=["code.py", "model.txt"], outs=["report"])
    Repo(capture=True).repro()
    commit_all("with report")
    (project / "code.py").write_text("pass\nprint(1)\n")
    commit_all("more code")
    (project / "other").write_text("x")
    commit_all("something else")
    result = Repo().why("report")
    (cause,) = result.causes
    assert result.ran is not None and result.ran["subject"] == "with report"
    assert cause.since is not None and cause.since["subject"] == "more code"
    assert cause.lines == {"added": 1, "removed": 0}
    assert "since " + cause.since["commit"][:7] in dvnb("why", "report").out


def test_data_that_was_added_anew(project: Path, commit_all: Any) -> None:
    (project / "data.txt").write_text("z\nb\nc\n")
    Repo().add("data.txt")
    commit_all("other data")
    (cause,) = Repo().why("prepare").causes
    assert cause.since is not None and cause.since["subject"] == "other data"


def test_a_param(project: Path, commit_all: Any, dvnb: Any) -> None:
    (project / "params.yaml").write_text("train:\n  lr: 0.1\n  epochs: 9\n")
    commit_all("epochs, which train does not read")
    (project / "params.yaml").write_text("train:\n  lr: 0.5\n  epochs: 9\n")
    commit_all("a higher rate")
    result = Repo().why("train")
    (cause,) = result.causes
    assert (cause.kind, cause.key, cause.old, cause.new) == ("param", "train.lr", 0.1, 0.5)
    assert cause.since is not None and cause.since["subject"] == "a higher rate"
    assert "param params.yaml:train.lr modified: 0.1 -> 0.5" in dvnb("why", "train").out


def test_a_folder_counts_files(project: Path, dvnb: Any) -> None:
    Repo().stage_add("sum", "ls pictures > sum", deps=["pictures"], outs=["sum"])
    Repo(capture=True).repro("sum")
    (project / "pictures" / "new.txt").write_text("n")
    (project / "pictures" / "one.txt").write_text("other")
    (project / "pictures" / "sub" / "two.txt").unlink()
    (cause,) = Repo().why("sum").causes
    assert cause.files == {"added": 1, "removed": 1, "changed": 1}
    assert "1 file added, 1 file removed, 1 file changed" in dvnb("why", "sum").out


def test_a_table_counts_rows(project: Path) -> None:
    pytest.importorskip("duckdb")
    (project / "t.csv").write_text("id,v\n1,a\n2,b\n")
    Repo().add("t.csv")
    Repo().stage_add("copy", "cp t.csv u.csv", deps=["t.csv"], outs=["u.csv"])
    Repo(capture=True).repro("copy")
    (project / "t.csv").write_text("id,v\n1,a\n2,b\n3,c\n4,d\n")
    (cause,) = Repo().why("copy").causes
    assert cause.rows is not None and cause.rows["added"] == 2


def test_the_command_and_an_out(project: Path, dvnb: Any) -> None:
    text = (project / "dvc.yaml").read_text()
    (project / "dvc.yaml").write_text(text.replace("head -n 2", "head -n 1"))
    (project / "mid.txt").unlink()
    assert causes("prepare") == [("out", "mid.txt", "deleted"), ("command", "dvc.yaml", "changed command")]
    out = dvnb("why", "prepare").out
    assert "- head -n 2 data.txt > mid.txt\n      + head -n 1 data.txt > mid.txt\n" in out


def test_a_stage_that_never_ran(project: Path, dvnb: Any) -> None:
    Repo().stage_add("new", "true", deps=["code.py"])
    done = dvnb("why", "new")
    assert done.lines[0] == "'new' has no recorded run yet."
    assert not Repo().why("new").recorded


def test_a_run_that_is_not_committed(project: Path, dvnb: Any) -> None:
    (project / "params.yaml").write_text("train:\n  lr: 0.7\n")
    Repo(capture=True).repro("train")
    assert Repo().why("train").ran is None
    assert "is not committed yet" in dvnb("why", "train").out


def test_json_and_bad_targets(project: Path, dvnb: Any) -> None:
    (project / "mid.txt").unlink()
    told = json.loads(dvnb("why", "--json", "train").out)
    assert told["stage"] == "train"
    assert [(cause["kind"], cause["state"], cause["new"]) for cause in told["causes"]] == [("dep", "deleted", None)]
    done = dvnb("why", "nope")
    assert (done.code, "nope" in done.err) == (255, True)
    with pytest.raises(TargetError, match="not one stage but 2"):
        Repo().why("dvc.yaml")


def test_without_git(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "plain"
    root.mkdir()
    monkeypatch.chdir(root)
    Repo.init(root, no_scm=True)
    (root / "in").write_text("1\n")
    Repo(capture=True).run("s", "cp in out", deps=["in"], outs=["out"])
    (root / "in").write_text("2\n")
    (cause,) = Repo().why("s").causes
    assert (cause.state, cause.since) == ("modified", None)


def test_in_a_notebook(project: Path) -> None:
    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config)
    shell.run_line_magic("load_ext", "dvnb")
    (project / "mid.txt").unlink()
    (project / "params.yaml").write_text("train:\n  lr: 0.5\n")
    done = shell.run_cell("%dvc why train")
    done.raise_error()
    assert [cause.path for cause in done.result.causes] == ["mid.txt", "params.yaml"]
    assert shell.display_formatter is not None
    shown, _ = shell.display_formatter.format(done.result)
    assert "<table" in shown["text/html"] and "train.lr" in shown["text/html"] and "0.5" in shown["text/html"]
    shell.reset(new_session=False)
