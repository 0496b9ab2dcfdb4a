"""The work that is measured: for each row how its folder is made, what undoes a run, and what is run."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FILES = 10_000
FILE_SIZE = 4096
PER_FOLDER = 100
STAGES = 100
LARGE_FILE = 2 << 30


class Bench:
    """One tool (dvnb, dvc, or the limit) in its own folder, `repo`, with a home and caches of its own beside it."""

    def __init__(self, tool: str, program: str, home: Path, run: Callable[[list[str], Bench], object]) -> None:
        self.tool = tool
        self.program = program
        self.home = home
        self.repo = home / "repo"
        self._run = run
        self.repo.mkdir(parents=True)

    @property
    def versions(self) -> bool:
        """Whether it is dvnb or dvc; the limit has no project."""
        return self.tool != "limit"

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the user's, no network, and bytecode written as everywhere."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        return {
            **kept,
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(self.home / "cache"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "DVC_SITE_CACHE_DIR": str(self.home / "site"),
            "DVC_GLOBAL_CONFIG_DIR": str(self.home / "config"),
            "DVC_SYSTEM_CONFIG_DIR": str(self.home / "config"),
            "DVC_NO_ANALYTICS": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    def __call__(self, *words: str) -> None:
        """Run something untimed."""
        self._run(list(words), self)

    def verb(self, *words: str) -> None:
        """Run one of the tool's verbs untimed."""
        self(self.program, *words)

    def init(self) -> None:
        """Make the folder a project."""
        self("git", "init", "-q")
        if self.versions:
            self.verb("init", "-q")

    def remove(self, *names: str) -> None:
        """Remove files and folders below the repo, and those of names that start with "../" beside it."""
        for name in names:
            path = self.home / name[3:] if name.startswith("../") else self.repo / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Remove what the tools remember outside of the repo."""
        self.remove("../cache", "../site", ".dvc/tmp")


@dataclass
class Row:
    """One line of the table.

    `limit` is what a person would run instead (a shell command), for the same bytes. The targets are bounds of dvnb's
    cost: at most `times_limit` times the limit's CPU and `wall_limit` times its wall clock, at most the `dvc_share`-th
    part of dvc's CPU, at most `memory` MB. A `large` row takes minutes: it is measured once, and only if asked for; it
    may leave out `dvc` where that would take an hour.
    """

    what: str
    prepare: Callable[[Bench], None]
    verb: list[str]
    limit: str
    reset: Callable[[Bench], None] = lambda _bench: None
    times_limit: float | None = None
    wall_limit: float | None = None
    dvc_share: float | None = None
    memory: float | None = None
    large: bool = False
    dvc: bool = True


def data_path(folder: Path, number: int) -> Path:
    """Where one of the generated files lies."""
    return folder / f"{number // PER_FOLDER:05}" / f"{number:07}.bin"


def write_data(folder: Path, count: int = FILES, size: int = FILE_SIZE) -> None:
    """The same files each time, no two alike."""
    noise = random.Random(3)
    for number in range(count):
        path = data_path(folder, number)
        if number % PER_FOLDER == 0:
            path.parent.mkdir(parents=True)
        path.write_bytes(noise.randbytes(size))


def write_stages(bench: Bench, count: int) -> None:
    """A chain: each stage copies what the one before made; as rules of a Makefile for make."""
    (bench.repo / "f0").write_text("start\n")
    numbers = range(1, count + 1)
    stages = [f"  s{n}:\n    cmd: cp f{n - 1} f{n}\n    deps: [f{n - 1}]\n    outs: [f{n}]\n" for n in numbers]
    # The last one first: it is what make makes when nothing is named.
    rules = [f"f{n}: f{n - 1}\n\tcp f{n - 1} f{n}\n" for n in reversed(numbers)]
    (bench.repo / "dvc.yaml").write_text("".join(["stages:\n", *stages]))
    (bench.repo / "Makefile").write_text("".join(rules))


def tiny(bench: Bench) -> None:
    """One tracked file and one stage."""
    bench.init()
    (bench.repo / "a").write_text("a\n")
    if bench.versions:
        bench.verb("add", "-q", "a")
        bench.verb("stage", "add", "-q", "-n", "copy", "-d", "a", "-o", "b", "cp a b")
        bench.verb("repro", "-q")
        bench.verb("status")


def untracked(bench: Bench) -> None:
    """Ten thousand files nobody tracks."""
    bench.init()
    write_data(bench.repo / "data")


def untracked_many(count: int, size: int) -> Callable[[Bench], None]:
    """As many files, of that size, nobody tracks."""

    def prepare(bench: Bench) -> None:
        bench.init()
        write_data(bench.repo / "data", count, size)

    return prepare


def tracked_many(count: int, size: int) -> Callable[[Bench], None]:
    """The same, tracked."""

    def prepare(bench: Bench) -> None:
        untracked_many(count, size)(bench)
        if bench.versions:
            bench.verb("add", "-q", "data")
            bench.verb("status")

    return prepare


def untracked_file(bench: Bench) -> None:
    """One large file nobody tracks."""
    bench.init()
    noise = random.Random(3)
    with (bench.repo / "data").open("wb") as file:
        for _ in range(LARGE_FILE >> 20):
            file.write(noise.randbytes(1 << 20))


def tracked(bench: Bench) -> None:
    """Ten thousand tracked files."""
    untracked(bench)
    if bench.versions:
        bench.verb("add", "-q", "data")
        bench.verb("status")
    else:
        shutil.copytree(bench.repo / "data", bench.repo / "cached")


def tracked_by(link_type: str) -> Callable[[Bench], None]:
    """The same, where the workspace hangs on the cache by links of one type."""

    def prepare(bench: Bench) -> None:
        tracked(bench)
        if bench.versions:
            bench.verb("config", "cache.type", link_type)
            bench.verb("checkout", "-q", "--relink")

    return prepare


def two_versions(bench: Bench) -> None:
    """Two versions of ten thousand files, of which one in a hundred differs; the first one's .dvc file is kept."""
    tracked(bench)
    if not bench.versions:
        return
    shutil.copy(bench.repo / "data.dvc", bench.home / "first.dvc")
    for number in range(0, FILES, 100):
        data_path(bench.repo / "data", number).write_text(f"another {number}")
    bench.verb("add", "-q", "data")
    shutil.copy(bench.repo / "data.dvc", bench.home / "second.dvc")


def with_remote(bench: Bench) -> None:
    """Ten thousand tracked files and an empty remote."""
    tracked(bench)
    if bench.versions:
        bench.verb("remote", "add", "-q", "-d", "storage", str(bench.home / "remote"))


def pushed(bench: Bench) -> None:
    """Ten thousand files that the remote has."""
    with_remote(bench)
    if bench.versions:
        bench.verb("push", "-q")
    else:
        shutil.copytree(bench.repo / "cached", bench.home / "remote")


def chain(bench: Bench, count: int = STAGES) -> None:
    """A hundred stages that never ran."""
    bench.init()
    write_stages(bench, count)


def chain_done(bench: Bench, count: int = STAGES) -> None:
    """A hundred stages that are up to date."""
    chain(bench, count)
    if bench.versions:
        bench.verb("repro", "-q")
        bench.verb("repro", "-q")
    else:
        bench("make", "-s")


def long_chain_done(bench: Bench) -> None:
    """Five hundred stages that are up to date."""
    chain_done(bench, 5 * STAGES)


def edit_one(bench: Bench) -> None:
    """Another content of one file each time."""
    data_path(bench.repo / "data", 4321).write_bytes(random.randbytes(FILE_SIZE))


def edit_source(bench: Bench) -> None:
    """Another content of what the first stage reads, each time."""
    (bench.repo / "f0").write_bytes(random.randbytes(8).hex().encode())


def back_to_first(bench: Bench) -> None:
    """The first version in the workspace, the second one recorded."""
    if bench.versions:
        shutil.copy(bench.home / "first.dvc", bench.repo / "data.dvc")
        bench.verb("checkout", "-q")
        shutil.copy(bench.home / "second.dvc", bench.repo / "data.dvc")


def forget_pull(bench: Bench) -> None:
    """A clone of a moment ago."""
    bench.forget()
    bench.remove(".dvc/cache", "data", "copy")


def forget_add(bench: Bench) -> None:
    """As if nothing had been added."""
    bench.forget()
    bench.remove(".dvc/cache", "data.dvc", ".gitignore", "copy")


def forget_checkout(bench: Bench) -> None:
    """As if the data had never been brought here."""
    bench.remove("data")


def forget_push(bench: Bench) -> None:
    """As if nothing had been pushed."""
    bench.remove("../remote")
    if bench.tool == "dvc":
        # It remembers which objects a remote has.
        bench.remove("../site")


def forget_runs(bench: Bench) -> None:
    """As if no stage had ever run."""
    bench.forget()
    bench.remove(".dvc/cache", "dvc.lock", ".gitignore", *(f"f{number}" for number in range(1, STAGES + 1)))


PASS = "{python} -c pass"
ADD = "find data -type f -print0 | xargs -0 md5sum; cp -r data copy"
STAT = "find data -type f -printf '%s %T@ %i %p\\n'"

ROWS = {
    "version": Row("--version", tiny, ["--version"], PASS, times_limit=3),
    "status-tiny": Row("status of a tiny repo", tiny, ["status"], PASS, times_limit=7),
    "add": Row("add 10,000 x 4 KiB", untracked, ["add", "data"], ADD, forget_add, times_limit=1.8, dvc_share=4),
    "re-add": Row("re-add, unchanged", tracked, ["add", "data"], STAT, dvc_share=8),
    "status": Row("status of 10,000, unchanged", tracked, ["status"], STAT, dvc_share=7),
    "status-edited": Row("status of 10,000, 1 edited", tracked, ["status"], STAT, edit_one, dvc_share=7),
    "checkout": Row(
        "checkout of 10,000 (copy)",
        tracked,
        ["checkout"],
        "cp -r cached data",
        forget_checkout,
        times_limit=2.5,
        dvc_share=3,
    ),
    "checkout-hardlink": Row(
        "checkout of 10,000 (hardlink)",
        tracked_by("hardlink"),
        ["checkout"],
        "cp -rl cached data",
        forget_checkout,
        times_limit=2.5,
        dvc_share=3,
    ),
    "checkout-symlink": Row(
        "checkout of 10,000 (symlink)",
        tracked_by("symlink"),
        ["checkout"],
        'cp -rs "$PWD/cached" data; true',
        forget_checkout,
        times_limit=2.5,
        dvc_share=3,
    ),
    "switch": Row("switch of 10,000, 1 % differs", two_versions, ["checkout"], STAT, back_to_first, dvc_share=8),
    "push": Row(
        "push of 10,000 to a folder", with_remote, ["push"], "cp -r cached ../remote", forget_push, times_limit=2.5
    ),
    "push-none": Row("push, nothing new", pushed, ["push"], "find ../remote -type f", dvc_share=10),
    "pull": Row(
        "pull of 10,000, empty cache",
        pushed,
        ["pull"],
        "cp -r cached copy; cp -r cached data",
        forget_pull,
        times_limit=2.5,
    ),
    "gc": Row("gc -w of 10,000", tracked, ["gc", "-w", "-f"], STAT, dvc_share=5),
    "repro": Row("first repro of 100 stages", chain, ["repro"], "make", forget_runs, dvc_share=10),
    "repro-none": Row("repro of 100, nothing changed", chain_done, ["repro"], "make", dvc_share=12),
    "repro-edited": Row(
        "repro of 100, source edited", chain_done, ["repro"], "make", edit_source, dvc_share=15, large=True
    ),
    "repro-none-500": Row(
        "repro of 500, nothing changed", long_chain_done, ["repro"], "make", dvc_share=25, large=True
    ),
    "status-500": Row("status of 500 stages", long_chain_done, ["status"], "make", dvc_share=12, large=True),
    "dag-500": Row("dag of 500 stages", long_chain_done, ["dag", "--mermaid"], "make", dvc_share=12, large=True),
    "add-100k": Row(
        "add 100,000 x 1 KiB",
        untracked_many(100_000, 1024),
        ["add", "data"],
        ADD,
        forget_add,
        times_limit=1.8,
        memory=120,
        large=True,
    ),
    "status-100k": Row(
        "status of 100,000", tracked_many(100_000, 1024), ["status"], STAT, dvc_share=5, memory=120, large=True
    ),
    "add-2gib": Row(
        "add one file of 2 GiB",
        untracked_file,
        ["add", "data"],
        "md5sum data",
        forget_add,
        wall_limit=1.15,
        memory=60,
        large=True,
    ),
    "add-million": Row(
        "add 1,000,000 x 100 bytes",
        untracked_many(1_000_000, 100),
        ["add", "data"],
        ADD,
        forget_add,
        memory=1000,
        large=True,
        dvc=False,
    ),
    "status-million": Row(
        "status of 1,000,000", tracked_many(1_000_000, 100), ["status"], STAT, memory=1000, large=True, dvc=False
    ),
}
