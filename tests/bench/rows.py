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
    cost: at most `times_limit` times the limit's, and at most the `dvc_share`-th part of dvc's.
    """

    what: str
    prepare: Callable[[Bench], None]
    verb: list[str]
    limit: str
    reset: Callable[[Bench], None] = lambda _bench: None
    times_limit: float | None = None
    dvc_share: float | None = None


def write_data(folder: Path) -> None:
    """The same files each time, 4 KiB each, no two alike."""
    noise = random.Random(3)
    for number in range(FILES):
        path = folder / f"{number // PER_FOLDER:03}" / f"{number:05}.bin"
        if number % PER_FOLDER == 0:
            path.parent.mkdir(parents=True)
        path.write_bytes(noise.randbytes(FILE_SIZE))


def write_stages(bench: Bench) -> None:
    """A chain: each stage copies what the one before made; as rules of a Makefile for make."""
    (bench.repo / "f0").write_text("start\n")
    numbers = range(1, STAGES + 1)
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


def tracked(bench: Bench) -> None:
    """Ten thousand tracked files."""
    untracked(bench)
    if bench.versions:
        bench.verb("add", "-q", "data")
        bench.verb("status")
    else:
        shutil.copytree(bench.repo / "data", bench.repo / "cached")


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


def chain(bench: Bench) -> None:
    """A hundred stages that never ran."""
    bench.init()
    write_stages(bench)


def chain_done(bench: Bench) -> None:
    """A hundred stages that are up to date."""
    chain(bench)
    if bench.versions:
        bench.verb("repro", "-q")
        bench.verb("repro", "-q")
    else:
        bench("make", "-s")


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
STAT = "find data -type f -printf '%s %T@ %i %p\\n'"

ROWS = {
    "version": Row("--version", tiny, ["--version"], PASS, times_limit=3),
    "status-tiny": Row("status of a tiny repo", tiny, ["status"], PASS, times_limit=7),
    "add": Row(
        "add 10,000 x 4 KiB",
        untracked,
        ["add", "data"],
        "find data -type f -print0 | xargs -0 md5sum; cp -r data copy",
        forget_add,
        times_limit=1.8,
        dvc_share=4,
    ),
    "re-add": Row("re-add, unchanged", tracked, ["add", "data"], STAT, dvc_share=8),
    "status": Row("status of 10,000, unchanged", tracked, ["status"], STAT, dvc_share=7),
    "checkout": Row(
        "checkout of 10,000 (copy)",
        tracked,
        ["checkout"],
        "cp -r cached data",
        forget_checkout,
        times_limit=2.5,
        dvc_share=3,
    ),
    "push": Row(
        "push of 10,000 to a folder", with_remote, ["push"], "cp -r cached ../remote", forget_push, times_limit=2.5
    ),
    "push-none": Row("push, nothing new", pushed, ["push"], "find ../remote -type f", dvc_share=10),
    "repro": Row("first repro of 100 stages", chain, ["repro"], "make", forget_runs, dvc_share=10),
    "repro-none": Row("repro of 100, nothing changed", chain_done, ["repro"], "make", dvc_share=12),
}
