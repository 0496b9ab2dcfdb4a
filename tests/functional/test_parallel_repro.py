"""`repro -j`: several stages at once, the same files as one after the other, output that says whose it is."""

from __future__ import annotations

import os
import pty
import time
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import StageFailedError
from dvnb.events import CommandOutput, Event, Progress, StageFinished, StageStarted


def stages(root: Path, **lines: str) -> None:
    """`name=command`: a stage for each, which makes what it is called; `a: b` in a name's place reads b."""
    text = "stages:\n"
    for name, line in lines.items():
        command, _, deps = line.partition(" < ")
        text += f"  {name}:\n    cmd: {command}\n    outs: [{name}]\n"
        text += f"    deps: [{deps}]\n" if deps else ""
    (root / "dvc.yaml").write_text(text)


def slow_first(root: Path) -> None:
    """Stages that end in the order opposite to that of the plan, and one that needs them all."""
    waits = {f"s{number}": f"sleep 0.{8 - 2 * number} && echo {number} > s{number}" for number in range(4)}
    stages(root, **waits, last="cat s? > last < s0, s1, s2, s3")


def test_the_files_are_those_of_a_serial_run(repo: Path, dvnb: Any, dvc: Any) -> None:
    slow_first(repo)
    started = time.monotonic()
    done = dvnb("repro", "-j", "4")
    assert (done.code, done.err) == (0, "")
    assert time.monotonic() - started < 2.0 + 1.5  # one after the other they sleep for two seconds
    parallel = {name: (repo / name).read_bytes() for name in ("dvc.lock", "last")}
    assert parallel["last"] == b"0\n1\n2\n3\n"
    assert dvc("status", "-q").code == 0
    for name in ("dvc.lock", "s0", "s1", "s2", "s3", "last"):
        (repo / name).unlink()
    assert dvnb("repro", "--no-run-cache").code == 0
    assert {name: (repo / name).read_bytes() for name in parallel} == parallel


def test_new_entries_keep_comments_and_order_of_the_lock(repo: Path, dvnb: Any) -> None:
    stages(repo, old="echo 1 > old")
    assert dvnb("repro").code == 0
    lock = repo / "dvc.lock"
    lock.write_text("# mine\n" + lock.read_text())
    stages(repo, old="echo 1 > old", slow="sleep 0.4 && echo 1 > slow", quick="echo 1 > quick")
    assert dvnb("repro", "-j", "2").code == 0
    assert lock.read_text().startswith("# mine\n")
    assert [line for line in lock.read_text().splitlines() if line[:3].strip() and line.startswith("  ") is True] == [
        "  old:",
        "  slow:",
        "  quick:",
    ]


def test_lines_say_whose_they_are(repo: Path, dvnb: Any) -> None:
    stages(
        repo,
        a="printf 'one\\ntw' && sleep 0.2 && printf 'o\\n10%%\\r20%%' && echo 1 > a",
        b="echo bad >&2 && echo 1 > b",
    )
    done = dvnb("repro", "-j2")
    assert done.code == 0
    assert [line for line in done.lines if line.startswith("[a]")] == [
        "[a] > printf 'one\\ntw' && sleep 0.2 && printf 'o\\n10%%\\r20%%' && echo 1 > a",
        "[a] one",
        "[a] two",
        "[a] 20%",
    ]
    assert done.err == "[b] bad\n"


def test_captured_output_is_told_stage_by_stage(repo: Path) -> None:
    stages(repo, a="echo 1 && sleep 0.3 && echo 2 > a && echo 2", b="echo 3 && sleep 0.1 && echo 4 > b && echo 4")
    heard: list[Event] = []
    result = Repo(listener=heard.append, capture=True).repro(jobs=2)
    assert [run.stage for run in result.stages] == ["a", "b"]  # in the order of the plan
    told = [event for event in heard if isinstance(event, (StageStarted, CommandOutput, StageFinished))]
    assert [event.stage for event in told] == sorted((event.stage for event in told), reverse=True)
    assert "".join(event.text for event in told if isinstance(event, CommandOutput)) == "3\n4\n1\n2\n"
    assert [event.done for event in heard if isinstance(event, Progress) and event.task == "stages"] == [1, 2]


def test_after_a_failure_what_runs_is_finished_and_nothing_starts(repo: Path, dvnb: Any) -> None:
    stages(
        repo,
        bad="sleep 0.2 && false",
        good="sleep 0.6 && echo 1 > good",
        later="echo 1 > later",
        z="cat good > z < good",
    )
    done = dvnb("repro", "-j", "2")
    assert done.code == 255
    assert (
        "failed to reproduce 'bad': failed to run: sleep 0.2 && false, exited with 1; waiting for good to end"
        in done.err
    )
    assert "ERROR: failed to reproduce 'bad': failed to run:" in done.err
    assert (repo / "good").exists() and "good:" in (repo / "dvc.lock").read_text()
    assert not (repo / "later").exists() and not (repo / "z").exists()


def test_keep_going_skips_only_what_depends_on_the_failure(repo: Path) -> None:
    stages(repo, bad="exit 1", one="echo 1 > one", below="cat bad > below < bad", two="cat one > two < one")
    with pytest.raises(StageFailedError, match="failed to reproduce 'bad'"):
        Repo(capture=True).repro(jobs=3, on_error="keep-going")
    assert sorted(path.name for path in repo.iterdir() if path.name in {"one", "two", "below"}) == ["one", "two"]


@pytest.mark.parametrize(
    ("flags", "ran"),
    [
        (["-f"], ["c", "a", "b"]),
        (["-f", "-s", "b"], ["b"]),
        (["-s", "b", "c", "-f"], ["b", "c"]),
        (["-p", "a", "-f"], ["a", "b"]),
        (["-P", "-f"], ["a", "b", "c"]),
        (["-R", ".", "-f"], ["a", "b", "c"]),
        (["--downstream", "a", "-f"], ["a", "b"]),
        (["--glob", "[ac]", "-f"], ["a", "c"]),
        (["-f", "--no-commit"], ["a", "b", "c"]),
        (["--dry", "-f"], []),
        (["-k", "-f", "--no-run-cache"], ["a", "b", "c"]),
        (["--allow-missing"], []),
        ([], []),
    ],
)
def test_flags_mean_the_same_with_jobs(repo: Path, dvnb: Any, flags: list[str], ran: list[str]) -> None:
    log = repo.parent / "ran"
    stages(
        repo, a=f"echo a >> {log}; echo 1 > a", b=f"echo b >> {log}; cat a > b < a", c=f"echo c >> {log}; echo 1 > c"
    )
    assert dvnb("repro").code == 0
    log.unlink()
    assert dvnb("repro", "-j", "3", *flags).code == 0
    assert sorted(log.read_text().split() if log.exists() else []) == sorted(ran)
    assert dvnb("status", "-q").code == 0


def test_force_downstream_pull_and_questions_with_jobs(project: Path, dvnb: Any, tmp_path: Path) -> None:
    assert dvnb("remote", "add", "-d", "r", str(tmp_path / "remote")).code == dvnb("push").code == 0
    (project / "mid.txt").unlink()
    assert dvnb("repro", "-j", "2", "--pull").code == 0
    assert (project / "mid.txt").read_text() == "a\nb\n" and not (project / "runs.log").exists()
    (project / "data.txt").write_text("a\nb\nchanged below\n")
    assert dvnb("repro", "-j", "2", "--force-downstream").code == 0
    assert (project / "runs.log").read_text() == "x\n"
    asked = dvnb("repro", "-j", "2", "-f", "-i", "train", "-s", stdin="n\n")
    assert asked.code == 255 and "aborted by the user" in asked.err


def test_in_a_terminal_commands_have_a_terminal(repo: Path, home: Path) -> None:
    """Colours and progress bars: each stream is one, of the same size, and no byte is changed on its way."""
    stages(repo, a="test -t 0 -a -t 1 -a -t 2 && stty size <&1 && printf 'x\\r\\033[1my\\n' && echo 1 > a")
    child, terminal = pty.fork()
    if not child:
        os.execvp("stty", ["stty", "cols", "71", "rows", "17"]) if os.fork() == 0 else os.wait()
        os.execvp("dvnb", ["dvnb", "repro"])
    written = b""
    try:
        while chunk := os.read(terminal, 4096):
            written += chunk
    except OSError:  # all ends are closed
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.close(terminal)
    assert b"17 71\r\nx\r\033[1my\r\n" in written  # the \r before \n are those of the outer terminal


def test_one_stage_at_a_time_writes_what_the_command_writes(repo: Path, dvnb: Any, dvc: Any) -> None:
    stages(repo, a="echo out && echo err >&2 && printf '\\377\\n' > a && printf 'no end'")
    ours = dvnb("repro")
    (repo / "dvc.lock").unlink()
    theirs = dvc("repro", "--no-run-cache")
    assert ours.out.startswith(theirs.out.partition("Generating")[0])
    assert "no endGenerating lock file" in ours.out and ours.err == "err\n"


def test_stages_left_in_the_background_do_not_hold_up_others(repo: Path, dvnb: Any) -> None:
    stages(repo, a="(sleep 20 & echo $! > pid); echo 1 > a", b="cat a > b < a")
    started = time.monotonic()
    assert dvnb("repro").code == 0
    assert time.monotonic() - started < 10
    os.kill(int((repo / "pid").read_text()), 9)
