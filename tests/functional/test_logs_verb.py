"""`logs`: what stages wrote, by the CLI, the API and while it is being written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import DvnbError

LOUD = "stages:\n  loud:\n    cmd:\n    - echo one\n    - echo two >&2; {}\n    outs: [out]\n"


@pytest.fixture
def loud(repo: Path, dvnb: Any) -> Path:
    (repo / "dvc.yaml").write_text(LOUD.format("echo 1 > out"))
    assert dvnb("repro").code == 0
    return repo


def test_the_last_run_and_earlier_ones(loud: Path, dvnb: Any) -> None:
    assert dvnb("logs", "loud").out == "one\ntwo\n"
    (loud / "dvc.yaml").write_text(LOUD.format("exit 3"))
    assert dvnb("repro").code == 255
    both = dvnb("logs", "loud", "-n", "5")
    assert both.code == 0
    assert [line.rpartition("Z ")[2] for line in both.lines if "==>" in line] == [
        "done <==",
        "failed, exited with 3 <==",
    ]
    listed = dvnb("logs", "--list").lines
    assert [line.split()[3:5] for line in listed[1:]] == [["done", "0"], ["failed", "3"]]


def test_json_and_api_tell_streams_apart(loud: Path, dvnb: Any) -> None:
    run = json.loads(dvnb("logs", "--json", "loud").out)["runs"][0]
    assert (run["state"], run["status"], run["text"]) == ("done", 0, "one\ntwo\n")
    assert run["commands"] == ["echo one", "echo two >&2; echo 1 > out"]
    assert run["streams"] == [["stdout", 4], ["stderr", 4]]
    assert run["start"] <= run["end"] and run["seconds"] >= 0
    assert Repo().logs("loud").to_json()["runs"][0] == run
    assert not subprocess.run(["git", "status", "--porcelain", ".dvc"], capture_output=True, check=True).stdout


def test_what_cannot_be_shown_is_said(repo: Path, dvnb: Any) -> None:
    (repo / "dvc.yaml").write_text(LOUD.format("true"))
    assert dvnb("logs", "--list").out == "No log is kept.\n"
    for words, message in (
        (["logs"], "say which stage"),
        (["logs", "nope"], "Stage 'nope' not found"),
        (["logs", "loud"], "no log is kept of 'loud'"),
        (["logs", "loud", "-n", "0"], "0 runs cannot be shown"),
    ):
        done = dvnb(*words)
        assert done.code in {254, 255} and message in done.err and "logs" in (done.err + "logs")
    with pytest.raises(DvnbError, match="no log is kept"):
        Repo().logs("loud")


def test_stages_of_other_files_have_logs_of_their_own(repo: Path, dvnb: Any) -> None:
    (repo / "sub").mkdir()
    (repo / "sub" / "dvc.yaml").write_text("stages:\n  s:\n    foreach: [x]\n    do:\n      cmd: echo below\n")
    (repo / "dvc.yaml").write_text("stages:\n  s:\n    foreach: [x]\n    do:\n      cmd: echo above\n")
    assert dvnb("repro", "-P").code == 0
    assert (dvnb("logs", "s@x").out, dvnb("logs", "sub/dvc.yaml:s@x").out) == ("above\n", "below\n")
    assert dvnb("logs", "s@x", cwd="sub").out == "below\n"


def test_follow_shows_what_comes_and_ends_with_the_run(repo: Path, dvnb: Any) -> None:
    (repo / "dvc.yaml").write_text("stages:\n  s:\n    cmd: echo first; sleep 1; echo last\n")
    command = [sys.executable, "-m", "dvnb", "repro"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        while not list(repo.glob(".dvc/tmp/dvnb/logs/s/*.log")):
            assert running.poll() is None
            time.sleep(0.02)
        assert dvnb("logs", "--list").lines[1].split()[3] == "running"
        assert dvnb("logs", "s", "--follow").out == "first\nlast\n"
        running.communicate(timeout=30)


def test_logs_are_bounded_by_size_and_age(loud: Path, dvnb: Any) -> None:
    logs = loud / ".dvc" / "tmp" / "dvnb" / "logs"
    assert dvnb("config", "dvnb.logs.max_size", "0.0004").code == 0  # GB: one log may have 100 kB
    (loud / "dvc.yaml").write_text(LOUD.format("seq 100000; echo end; echo 1 > out"))
    assert dvnb("repro").code == 0
    shown = dvnb("logs", "loud").out
    assert shown.startswith("one\n") and shown.endswith("99999\n100000\nend\n")
    assert "bytes left out]" in shown and len(shown) < 200_000
    old = min((logs / "loud").iterdir())
    os.utime(old, (0, 0))
    (logs / ".pruned").unlink()
    assert dvnb("repro", "-f").code == 0
    assert not old.exists() and len(list((logs / "loud").iterdir())) == 2


def test_a_log_that_cannot_be_written_stops_nothing(loud: Path, dvnb: Any) -> None:
    logs = loud / ".dvc" / "tmp" / "dvnb" / "logs"
    for path in [*logs.glob("*/*"), *logs.glob("*/"), *logs.glob(".*")]:
        path.rmdir() if path.is_dir() else path.unlink()
    logs.rmdir()
    logs.write_text("in the way")
    done = dvnb("repro", "-f")
    assert done.code == 0 and "is not kept" in done.err
