"""Stages that fail, are interrupted or killed: what finished stays recorded, what was there before comes back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from survival import kept_texts

# Python ignores Ctrl-C where whoever started pytest did.
STARTED = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
DVNB = STARTED + "from dvnb.cli.main import main; sys.exit(main())"

TWO = """\
stages:
  first:
    cmd: cat in > a && echo first ran
    deps: [in]
    outs: [a]
  second:
    cmd: {}
    deps: [a]
    outs: [b, new]
"""


def start(*args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", DVNB, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 180
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def two(repo: Path, dvnb: Any) -> Path:
    """Two stages that ran once; the second one is given another command by the test."""
    (repo / "in").write_text("1\n")
    (repo / "dvc.yaml").write_text(TWO.format("cat a > b && cat a > new"))
    assert dvnb("repro").code == 0
    (repo / "new").unlink()
    (repo / "in").write_text("2\n")
    return repo


def test_scenario_10_the_second_stage_fails_after_the_first(two: Path, dvnb: Any, dvc: Any) -> None:
    (two / "dvc.yaml").write_text(TWO.format("echo half > b && echo made > new && exit 4"))
    failed = dvnb("repro")
    assert failed.code == 255 and "exited with 4" in failed.err
    assert (two / "a").read_text() == "2\n"  # recorded, and dvc agrees
    assert (two / "b").read_text() == "1\n"  # what was there before
    assert (two / "new").read_text() == "made\n"  # was not there before: stays to be looked at
    assert "half\n" in kept_texts(two)
    status = json.loads(dvc("status", "--json").out)
    assert list(status) == ["second"]
    assert dvnb("logs", "first").out == "first ran\n"
    (two / "dvc.yaml").write_text(TWO.format("cat a > b && cat a > new"))
    done = dvnb("repro")
    assert done.code == 0 and "Stage 'first' didn't change, skipping" in done.out
    assert dvc("status", "-q").code == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 252), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_a_signal_ends_the_commands_and_brings_old_outs_back(
    two: Path, dvnb: Any, dvc: Any, jobs: str, number: int, code: int
) -> None:
    (two / "dvc.yaml").write_text(TWO.format("echo half > b && echo $$ > ../pid && sleep 600; true"))
    running = start("repro", "-j", jobs)
    wait_for(lambda: (two.parent / "pid").exists() and (two.parent / "pid").read_text().strip())
    wait_for(lambda: (two / "b").exists() and (two / "b").read_text() == "half\n")
    started = time.monotonic()
    running.send_signal(number)
    _, err = running.communicate(timeout=300)
    assert running.returncode == code, err
    assert time.monotonic() - started < 300
    wait_for(lambda: not is_alive(int((two.parent / "pid").read_text())))
    assert (two / "a").read_text() == "2\n" and (two / "b").read_text() == "1\n"
    assert "half\n" in kept_texts(two)
    assert dvnb("logs", "--list").lines[-1].split()[3] == "stopped"
    assert not any(json.loads((two / ".dvc" / "tmp" / "rwlock").read_text()).values())
    assert list(json.loads(dvc("status", "--json").out)) == ["second"]
    (two / "dvc.yaml").write_text(TWO.format("cat a > b && cat a > new"))
    assert dvnb("repro").code == 0


@pytest.mark.parametrize("jobs", ["1", "3"])
@pytest.mark.parametrize("ignored", ["INT", "INT TERM"])
def test_what_a_command_left_in_the_background_ends_with_it(two: Path, jobs: str, ignored: str) -> None:
    """Shells let it ignore Ctrl-C; it would go on writing into what was brought back."""
    background = f"(trap '' {ignored}; echo half > b; sleep 600; echo late > b)"
    (two / "dvc.yaml").write_text(TWO.format(f"{background} & echo $! > ../pid; sleep 600; true"))
    running = start("repro", "-j", jobs)
    wait_for(lambda: (two.parent / "pid").exists() and (two.parent / "pid").read_text().strip())
    wait_for(lambda: (two / "b").exists() and (two / "b").read_text() == "half\n")
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=300)
    assert running.returncode == 252, err
    assert not is_alive(int((two.parent / "pid").read_text()))
    assert (two / "b").read_text() == "1\n"


def test_an_end_without_the_project_is_an_end(repo: Path) -> None:
    """Where the repo lock cannot be had again, commands are ended and dvnb ends, too."""
    (repo / "dvc.yaml").write_text("stages:\n  s:\n    cmd: echo $$ > ../pid && sleep 1; true\n    outs: [out]\n")
    running = start("repro")
    wait_for(lambda: (repo.parent / "pid").exists() and (repo.parent / "pid").read_text().strip())
    repo.rename(repo.parent / "elsewhere")
    _, err = running.communicate(timeout=300)
    assert running.returncode not in (0, None) and err
    assert not is_alive(int((repo.parent / "pid").read_text()))


def test_commands_that_ignore_signals_are_killed_in_the_end(repo: Path) -> None:
    (repo / "dvc.yaml").write_text(
        "stages:\n  s:\n    cmd: trap '' INT TERM; echo $$ > pid; while true; do sleep 1; done\n"
    )
    running = start("repro")
    wait_for(lambda: (repo / "pid").exists() and (repo / "pid").read_text().strip())
    for _ in range(3):  # each Ctrl-C is stronger than the one before
        running.send_signal(signal.SIGINT)
        time.sleep(0.3)
    running.communicate(timeout=300)
    assert running.returncode == 252
    assert not is_alive(int((repo / "pid").read_text()))


def test_what_ended_before_a_signal_stays_recorded(repo: Path, dvc: Any) -> None:
    (repo / "dvc.yaml").write_text(
        "stages:\n"
        "  quick:\n    cmd: echo 1 > quick\n    outs: [quick]\n"
        "  slow:\n    cmd: touch begun && sleep 600\n    outs: [slow]\n"
    )
    running = start("repro", "-j2")
    wait_for(lambda: (repo / "begun").exists() and (repo / "dvc.lock").exists())
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=300)
    assert running.returncode == 252
    assert "quick:" in (repo / "dvc.lock").read_text() and (repo / "quick").read_text() == "1\n"
    assert list(json.loads(dvc("status", "--json").out)) == ["slow"]


SHARED = "stages:\n" + "".join(
    f"  {name}:\n    cmd: {wait}cat dep > {name}\n    deps: [dep]\n    outs: [{name}]\n"
    for name, wait in (("one", "touch begun && sleep 600 && "), ("two", ""))
)


def test_scenario_11_the_holder_of_a_shared_dep_is_killed(repo: Path, dvnb: Any, dvc: Any) -> None:
    (repo / "dep").write_text("dep")
    (repo / "dvc.yaml").write_text(SHARED)
    holder = start("repro", "one")
    wait_for((repo / "begun").exists)
    assert dvnb("repro", "two").code == 0  # both read the dep
    busy = dvnb("repro", "one")
    assert busy.code == 255 and "is busy" in busy.err
    table = json.loads((repo / ".dvc" / "tmp" / "rwlock").read_text())
    assert [len(infos) for infos in table["read"].values()] == [1] and len(table["write"]) == 1
    holder.kill()
    holder.wait()
    (repo / "dvc.yaml").write_text(SHARED.replace("touch begun && sleep 600 && ", ""))
    orphan = dvnb("repro", "one")  # it would write `one` later
    assert orphan.code == 255 and "had been killed. Auto removed it from the lock file" in orphan.err
    assert "a command of stage 'one' still runs, though the dvnb that started it was killed" in orphan.err
    assert dvnb("repro", "two").code == 0  # is no concern of other stages
    pids = orphan.err.partition("(PID ")[2].partition(")")[0].split(", ")
    assert subprocess.run(["sh", "-c", orphan.err.partition("`")[2].partition("`")[0]], check=False).returncode == 0
    wait_for(lambda: not any(is_alive(int(pid)) for pid in pids))
    holder.communicate()
    done = dvnb("repro", "one")
    assert done.code == 0, done.err
    assert dvc("status", "-q").code == 0
    assert [run.split()[3] for run in dvnb("logs", "--list").lines[1:] if run.startswith("one")] == ["killed", "done"]


@pytest.mark.parametrize("content", ["{", "[]", '{"write": {"x": 1}}'])
def test_scenario_11_a_damaged_rwlock_is_named_and_stops_nothing_for_good(
    repo: Path, dvnb: Any, dvc: Any, content: str
) -> None:
    (repo / "dep").write_text("dep")
    (repo / "dvc.yaml").write_text(SHARED)
    rwlock = repo / ".dvc" / "tmp" / "rwlock"
    rwlock.write_text(content)
    refused = dvnb("repro", "two")
    assert refused.code == 255 and "RWLock-file" in refused.err and "Remove it once" in refused.err
    assert not (repo / "two").exists()
    rwlock.unlink()
    assert dvnb("repro", "two").code == 0
    assert list(json.loads(dvc("status", "--json").out)) == ["one"]


def test_paths_of_all_running_stages_are_held(repo: Path, dvc: Any, dvnb: Any) -> None:
    (repo / "dep").write_text("dep")
    (repo / "dvc.yaml").write_text(
        "stages:\n"
        + "".join(
            f"  {name}:\n    cmd: sleep {seconds} && cat dep > {name}\n    deps: [dep]\n    outs: [{name}]\n"
            for name, seconds in (("short", 0.5), ("long", 4))
        )
    )
    running = start("repro", "-j", "2")
    wait_for((repo / "dvc.lock").exists)  # `short` is recorded, and lets go of its paths

    def held(kind: str) -> list[str]:
        return list(json.loads((repo / ".dvc" / "tmp" / "rwlock").read_text())[kind])

    wait_for(lambda: held("write") == [str(repo / "long")])
    assert held("read") == [str(repo / "dep")]
    busy = dvc("repro", "-f", "-s", "long")
    assert busy.code == 255 and "is busy" in busy.err
    running.communicate(timeout=300)
    assert running.returncode == 0 and dvc("status", "-q").code == 0
    assert os.path.getsize(repo / "long") == 3


def test_a_busy_repo_lock_costs_no_finished_stage(repo: Path, dvc: Any) -> None:
    (repo / "dvc.yaml").write_text("stages:\n  s:\n    cmd: touch begun && sleep 1 && echo 1 > out\n    outs: [out]\n")
    running = start("repro")
    wait_for((repo / "begun").exists)
    code = "import time; from dvnb import Repo\nwith Repo(wait=5).project.lock():\n    time.sleep(5.5)"
    with subprocess.Popen([sys.executable, "-c", code]):
        _, err = running.communicate(timeout=300)
    assert running.returncode == 0, err
    assert "waits to be recorded" in err
    assert dvc("status", "-q").code == 0
