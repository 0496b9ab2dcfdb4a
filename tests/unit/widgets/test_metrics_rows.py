"""Metrics and params as rows for the browser, and the widget's actions without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dvnb import Repo
from dvnb.errors import GitError
from dvnb.repo.results.experiments import ExperimentRange, ExperimentState, Recorded
from dvnb.widgets.runs import of_states


def _state(rev: str, name: str | None, when: str | None, metrics: dict[str, object], **params: object):
    data = Recorded(rev, when, {"params.yaml": {"data": params}}, {"m.json": {"data": metrics}})
    return ExperimentState(rev, name, data)


def test_rows_are_newest_first_and_numbers_are_formatted_as_dvc_does():
    tried = _state("c" * 40, "try", "2026-01-03T10:00:00", {"acc": 0.123456789, "n": 1234567.0}, lr=0.1)
    base = _state("b" * 40, "v1", "2026-01-02T10:00:00", {"acc": 0.5, "note": [0.1234567]}, lr=1e-7, model="cnn")
    base.experiments = [ExperimentRange([tried], "try")]
    runs = of_states([_state("workspace", None, None, {"acc": float("nan")}), base])
    assert [row["name"] for row in runs.rows] == ["workspace", "try", "v1"]
    assert [row["kind"] for row in runs.rows] == ["workspace", "experiment", "commit"]
    assert [row["rev"] for row in runs.rows] == ["", "c" * 7, "b" * 7]
    assert runs.rows[1]["base"] == "v1"
    labels = [column["label"] for column in runs.columns]
    assert labels == ["acc", "note", "n", "lr", "model"]
    assert [column["kind"] for column in runs.columns] == ["metric", "metric", "metric", "param", "param"]
    assert [column["number"] for column in runs.columns] == [True, False, True, True, False]
    assert runs.rows[1]["texts"] == ["0.12346", "-", "1.2346e+06", "0.1", "-"]
    assert runs.rows[2]["texts"] == ["0.5", "['0.12346']", "-", "1e-07", "cnn"]
    # What JSON has no number for is only shown.
    assert runs.rows[0]["texts"][0] == "nan" and runs.rows[0]["values"][0] is None
    json.dumps(runs.rows, allow_nan=False)
    assert len({row["key"] for row in runs.rows}) == 3


def test_what_cannot_be_read_is_told():
    broken = ExperimentState("d" * 40, "bad", error={"msg": "dvc.yaml is not valid", "type": "FormatError"})
    partly = _state("e" * 40, "part", "2026-01-01T00:00:00", {"acc": 1})
    partly.data.metrics["x.json"] = {"error": {"msg": "no such file", "type": "FileNotFoundError"}}  # type: ignore[union-attr]
    runs = of_states([broken, partly])
    assert runs.failed == [
        {"name": "bad", "message": "dvc.yaml is not valid"},
        {"name": "part", "message": "no such file"},
    ]
    assert len(runs.rows) == 2


def test_the_widget_follows_the_workspace_and_the_choice_of_versions(repo: Path, git):
    (repo / "dvc.yaml").write_text("metrics:\n- m.json\nparams:\n- params.yaml\n")
    (repo / "m.json").write_text('{"acc": 0.5}')
    (repo / "params.yaml").write_text("lr: 0.1\n")
    git("add", "-A")
    git("commit", "-qm", "one")
    git("tag", "v1")
    (repo / "m.json").write_text('{"acc": 0.75}')
    widget = Repo(repo).metrics_widget("v1")
    assert widget.data["scope"] == "asked" and widget.data["scopes"][0] == ["asked", "v1"]
    assert [row["name"] for row in widget.data["rows"]] == ["workspace", "main"]
    assert widget.data["rows"][0]["values"] == [0.75, 0.1]

    (repo / "m.json").write_text('{"acc": 0.25}')
    assert widget.act("reload") and widget.data["rows"][0]["values"] == [0.25, 0.1]
    assert widget.act("look_at", scope="branches")
    assert widget.data["scope"] == "branches" and len(widget.data["rows"]) == 2
    assert not widget.act("look_at", scope="moon")
    assert "choose from asked, recent" in widget.message["text"]
    part, text = widget.still()
    assert "0.25" in part and "0.25" in text and "acc" in text
    with pytest.raises(GitError, match="nowhere"):
        Repo(repo).metrics_widget("nowhere")


def test_without_commits_the_workspace_is_shown_alone(empty_git: Path):
    Repo.init(empty_git)
    widget = Repo(empty_git).metrics_widget()
    assert widget.data["columns"] == [] and "No version" in widget.still()[1]
    (empty_git / "dvc.yaml").write_text("metrics:\n- m.json\n")
    (empty_git / "m.json").write_text('{"acc": 0.5}')
    widget.act("reload")
    assert widget.data["rows"][0]["texts"] == ["0.5"]
