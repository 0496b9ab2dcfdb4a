"""`repro -j`: several stages at once, the same files as one after the other, output that says whose it is."""

from __future__ import annotations

import os
import pty
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo
from dvnb.errors import StageFailedError
from dvnb.events import (
    CommandOutput,
    CommandStarted,
    Event,
    FileWritten,
    Progress,
    StageChanged,
    StageFinished,
    StageStarted,
)
from dvnb.pipeline.running import kept_logs


def stages(root: Path, **lines: str) -> None:
    """`name=command`: a stage for each, which makes what it is called; `a: b` in a name's place reads b."""
    text = "stages:\n"
    for name, line in lines.items():
        command, _, deps = line.partition(" < ")
        text += f"  {name}:\n    cmd: {command}\n    outs: [{name}]\n"
        text += f"    deps: [{deps}]\n" if deps else ""
    (root / "dvc.yaml").write_text(text)


def slow_first(root: Path) -> None:
    """Stages that wait for each other to begin and end in the order opposite to that of the plan, and one after all."""
    begun = " && ".join(f"test -e begun{number}" for number in range(4))
    all_begin = f"i=0; until ({begun}) || test $i = 3000; do i=$((i+1)); sleep 0.02; done; {begun}"
    waits = {
        f"s{number}": f"touch begun{number}; {all_begin} && sleep 0.{8 - 2 * number} && echo {number} > s{number}"
        for number in range(4)
    }
    stages(root, **waits, last="cat s? > last < s0, s1, s2, s3")


def test_the_files_are_those_of_a_serial_run(repo: Path, dvnb: Any, dvc: Any) -> None:
    slow_first(repo)
    done = dvnb("repro", "-j", "4")
    assert (done.code, done.err) == (0, "")
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


UNTIL_GO = "for i in $(seq 200); do test -e go && break; sleep 0.05; done"


class Hearing:
    """A listener that lets stages go on once it has heard `word`, and notes which thread told it."""

    def __init__(self, root: Path, word: str) -> None:
        self.events: list[Event] = []
        self.threads: set[threading.Thread] = set()
        self._go = root / "go"
        self._word = word

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        self.threads.add(threading.current_thread())
        if isinstance(event, CommandOutput) and self._word in event.text:
            self._go.touch()

    def lines(self, stage: str) -> list[tuple[str, str]]:
        told = [event for event in self.events if isinstance(event, CommandOutput) and event.stage == stage]
        return [(event.stream, line) for event in told for line in event.text.splitlines()]


def test_captured_lines_are_told_as_they_come(repo: Path) -> None:
    """Each goes on only once a line of another one was heard; all are told in the thread that asked."""
    stages(
        repo,
        a=f"printf 'one\\ntw'; {UNTIL_GO}; test -e go && printf 'o\\n1%%\\r2%%' && echo bad >&2 && echo 1 > a",
        b=f"{UNTIL_GO}; test -e go && echo three && printf '\\377 four' && echo 1 > b",
    )
    heard = Hearing(repo, "one")
    result = Repo(listener=heard, capture=True).repro(jobs=2)
    assert [(run.stage, run.outcome) for run in result.stages] == [("a", "ran"), ("b", "ran")]
    assert sorted(heard.lines("a")) == [("stderr", "bad"), ("stdout", "2%"), ("stdout", "one"), ("stdout", "two")]
    assert heard.lines("b") == [("stdout", "three"), ("stdout", "\ufffd four")]
    assert heard.threads == {threading.current_thread()}
    for stage in "ab":
        told = [event for event in heard.events if getattr(event, "stage", "") == stage]
        assert isinstance(told[0], StageChanged) and isinstance(told[1], StageStarted)
        assert isinstance(told[2], CommandStarted) and isinstance(told[-1], (StageFinished, FileWritten))
    assert [event.done for event in heard.events if isinstance(event, Progress) and event.task == "stages"] == [1, 2]
    assert Repo().logs("a").runs[0].state == "done"


@pytest.mark.parametrize("jobs", [1, 2])
def test_commands_are_told_in_the_thread_that_asked(repo: Path, capfd: pytest.CaptureFixture[str], jobs: int) -> None:
    """Also where their output goes straight to the terminal; each is told before what it writes."""
    (repo / "dvc.yaml").write_text(
        "stages:\n  a:\n    cmd: [echo 1 && printf 2, echo 3 > a && echo 3]\n    outs: [a]\n"
        "  b:\n    cmd: [echo 4, echo 5 > b && echo 5]\n    outs: [b]\n"
    )
    threads: set[threading.Thread] = set()

    def hear(event: Event) -> None:
        threads.add(threading.current_thread())
        if isinstance(event, CommandStarted):
            os.write(1, f"{event.stage}> {event.command}\n".encode())

    Repo(listener=hear).repro(jobs=jobs)
    assert threads == {threading.current_thread()}
    said = capfd.readouterr().out.splitlines()
    if jobs == 1:
        first = ["a> echo 1 && printf 2", "1", "2a> echo 3 > a && echo 3", "3", "b> echo 4", "4"]
        assert said == [*first, "b> echo 5 > b && echo 5", "5"]
        return
    of_a = [line for line in said if line.startswith(("a>", "[a]"))]
    assert of_a == ["a> echo 1 && printf 2", "[a] 1", "[a] 2", "a> echo 3 > a && echo 3", "[a] 3"]
    assert len(said) == len(of_a) + 4


def test_the_log_of_each_stage_is_whole(repo: Path) -> None:
    line = "printf '1\\n2'; sleep 0.2; printf '\\r3\\n'"
    stages(repo, a=f"{line}; echo 1 > a", b=f"{line}; echo 1 > b")
    Repo(capture=True).repro(jobs=2)
    for stage in "ab":
        (log,) = (repo / ".dvc/tmp/dvnb/logs" / stage).iterdir()
        said, body = kept_logs.read(str(log))
        assert body == b"1\n2\r3\n" and said["streams"] == [["stdout", 6]]


def test_gitignore_is_that_of_a_serial_run(repo: Path, dvnb: Any, dvc: Any) -> None:
    """Also with several outs, in sub-folders, behind lines of the user's, and where a name has wildcards."""
    (repo / "sub").mkdir()
    (repo / "dvc.yaml").write_text(
        "stages:\n"
        "  s0:\n    cmd: sleep 0.7 && touch z0 y0 sub/s0\n    outs: [z0, y0, sub/s0]\n"
        "  s1:\n    cmd: sleep 0.4 && touch 'a[1]' sub/s1 x1\n    outs: ['a[1]', sub/s1, x1]\n"
        "  s2:\n    cmd: touch b2 sub/s2\n    outs: [b2, sub/s2]\n"
        "  last:\n    cmd: cp b2 last < b2\n    deps: [b2]\n    outs: [last]\n"
    )
    (repo / ".gitignore").write_text("*.log\n/b2\n!/b2")
    files = (".gitignore", "sub/.gitignore", "dvc.lock")
    made: list[dict[str, bytes]] = []
    for run in (lambda: dvnb("repro", "-j", "4"), lambda: dvnb("repro", "-f", "--no-run-cache"), lambda: dvc("repro")):
        assert run().code == 0
        made.append({name: (repo / name).read_bytes() for name in files})
        for path in ("dvc.lock", "sub", ".dvc/cache", "z0", "y0", "a[1]", "x1", "b2", "last"):
            shutil.rmtree(repo / path) if (repo / path).is_dir() else (repo / path).unlink()
        (repo / "sub").mkdir()
        (repo / ".gitignore").write_text("*.log\n/b2\n!/b2")
    assert made[0] == made[1] == made[2]
    assert made[0][".gitignore"] == b"*.log\n/b2\n!/b2\n/z0\n/y0\n/a\\[1\\]\n/x1\n/b2\n/last\n"


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
    stages(repo, a="(sleep 600 & echo $! > pid); echo 1 > a", b="cat a > b < a")
    started = time.monotonic()
    assert dvnb("repro").code == 0
    assert time.monotonic() - started < 300
    os.kill(int((repo / "pid").read_text()), 9)
