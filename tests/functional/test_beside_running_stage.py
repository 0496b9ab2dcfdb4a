"""What other threads and processes may do while a stage runs: nothing that takes away what it reads, wrote or replaces."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from dvnb import Repo
from dvnb.errors import BusyPathError
from dvnb.repo.upkeep import gc as collecting
from tests.conftest import git

WAIT_SECONDS = 30


def wait_until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def stage(repo: Path) -> Path:
    """A stage `s` that makes `o` of `dep`, and from now on waits until there is a file `go`."""
    (repo / "dep").write_text("one\n")
    (repo / "data").mkdir()
    (repo / "data" / "read").write_text("read\n")
    (repo / "data" / "other").write_text("other\n")
    slow = "test ! -e slow || { touch started; while test ! -e go; do sleep 0.01; done; }"
    (repo / "dvc.yaml").write_text(
        f"stages:\n  s:\n    cmd: cat dep > o; {slow}; echo end >> o\n    deps: [dep, data/read]\n    outs: [o]\n"
    )
    Repo().add("dep", "data")
    Repo().repro()
    (repo / "slow").touch()
    return repo


@pytest.fixture
def running(stage: Path) -> Iterator[Future[object]]:
    """The stage runs, in another thread."""
    (stage / "o").write_text("only here\n")
    with ThreadPoolExecutor(1) as pool:
        future: Future[object] = pool.submit(lambda: Repo(wait=WAIT_SECONDS).repro("s", force=True))
        wait_until(lambda: (stage / "started").exists() or future.done())
        try:
            yield future
        finally:
            (stage / "go").touch()


def let_end(running: Future[object]) -> None:
    Path("go").touch()
    running.result(WAIT_SECONDS)
    assert Path("o").read_text() == "one\nend\n"
    assert not Repo().status("s").stages


def test_what_another_thread_does_is_neither_undone_nor_taken_for_killed(running: Future[object]) -> None:
    (row, *_) = Repo().operations().rows
    assert (row.command, row.state) == ("repro", "running")
    before = [row.id for row in Repo().operations().rows]
    with pytest.raises(BusyPathError, match="o' is busy"):
        Repo().undo(before[1])  # the first repro, which made `o` and dvc.lock
    let_end(running)
    assert Repo().undo().operation == row.id
    assert Path("o").read_text() == "only here\n"


def test_emptying_the_trash_leaves_what_a_running_stage_put_aside(running: Future[object]) -> None:
    (row, *_) = Repo().operations().rows
    assert row.id not in Repo().trash_empty().operations
    let_end(running)
    Repo().undo()
    assert Path("o").read_text() == "only here\n"


def test_a_full_trash_keeps_what_a_running_stage_put_aside(running: Future[object]) -> None:
    Repo().config("dvnb.trash.max_size", "0")
    for name in ("x", "y"):
        Path(name).write_text(name)
        Repo().add(name)
    assert [row.command for row in Repo().operations().rows] == ["add", "repro"]
    let_end(running)


TAKES_AWAY: dict[str, Callable[[Repo], object]] = {
    "move": lambda repo: repo.move("dep", "elsewhere"),
    "remove --outs": lambda repo: repo.remove("dep.dvc", outs=True),
    "import-url": lambda repo: repo.import_url("/etc/hostname", "dep", force=True),
    "checkout": lambda repo: repo.checkout("dep", force=True),
    "checkout of a member": lambda repo: repo.checkout("data", force=True),
    "unprotect": lambda repo: repo.unprotect("o"),
    "destroy": lambda repo: repo.destroy(),
}


@pytest.mark.parametrize("verb", TAKES_AWAY)
def test_what_a_running_stage_reads_or_writes_is_not_taken_away(running: Future[object], verb: str) -> None:
    Path("dep.copy").write_text("edited\n")
    changed = {"checkout": "dep", "checkout of a member": "data/read"}.get(verb)
    was = Path(changed).read_text() if changed else ""
    if changed:
        Path("dep.copy").replace(changed)
    with pytest.raises(BusyPathError, match="is busy"):
        TAKES_AWAY[verb](Repo(wait=0))
    if changed:
        assert Path(changed).read_text() == "edited\n"
        Path(changed).write_text(was)
    let_end(running)


def test_what_no_stage_reads_may_be_checked_out_beside_it(running: Future[object]) -> None:
    Path("data/other").unlink()
    Repo(wait=0).checkout("data")
    assert Path("data/other").read_text() == "other\n"
    let_end(running)


def test_gc_keeps_others_out_until_all_is_removed(repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another project of the same cache adds is not in use when it comes: it may not come between."""
    other = tmp_path / "other"
    other.mkdir()
    git("init", "-q", cwd=other)
    Repo.init(other)
    Repo(other).cache_dir(str(repo / ".dvc" / "cache"))
    (repo / "unused").write_text("unused\n")
    Repo().add("unused")
    Repo().remove("unused.dvc", outs=True)
    (other / "new").write_text("new\n")
    asked, added = threading.Event(), threading.Event()

    def add() -> None:
        asked.wait(WAIT_SECONDS)
        Repo(other, wait=WAIT_SECONDS).add("new")
        added.set()

    sweep = collecting.sweep_store

    def late(*args: object) -> None:
        """Right after it is known what is in use."""
        asked.set()
        assert not added.wait(0.5)
        sweep(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(collecting, "sweep_store", late)
    thread = threading.Thread(target=add)
    thread.start()
    done = Repo().gc(workspace=True, projects=(str(other),))
    thread.join(WAIT_SECONDS)
    assert added.is_set() and done.stores[0].removed == 1
    assert Repo(other).fsck().hurt == []


def test_what_changes_while_a_stage_reads_it_is_recorded_as_dvc_does_and_told(
    repo: Path, dvnb: Callable, dvc: Callable
):
    (repo / "src").mkdir()
    edit = "if test -e edit; then sh edit; fi"
    (repo / "dvc.yaml").write_text(
        f"stages:\n  s:\n    cmd: cat src/code > o; {edit}\n    deps: [src]\n    params: [a]\n    outs: [o]\n"
    )
    for command, told in [
        ("mkdir -p src/cache; echo > src/cache/code.pyc", False),
        ("echo 'a: 2' > params.yaml", True),
        ("echo 2 > src/code", True),
        ("rm src/code", True),
    ]:
        (repo / "edit").write_text(command)
        recorded: list[str] = []
        for run in (dvnb, dvc):
            (repo / "src" / "code").write_text("1\n")
            (repo / "params.yaml").write_text("a: 1\n")
            done = run("repro", "-f")
            assert done.code == 0
            recorded.append((repo / "dvc.lock").read_text())
            if run is dvnb:
                assert ("changed while stage 's' ran" in done.err) == told
        assert recorded[0] == recorded[1]
