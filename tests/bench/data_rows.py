"""The rows of data: add, status, checkout, push, pull, gc."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

from work import Bench, Row

FILES = 10_000
FILE_SIZE = 4096
PER_FOLDER = 100
LARGE_FILE = 2 << 30


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


def edit_one(bench: Bench) -> None:
    """Another content of one file each time."""
    data_path(bench.repo / "data", 4321).write_bytes(random.randbytes(FILE_SIZE))


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


PASS = "{python} -c pass"
ADD = "find data -type f -print0 | xargs -0 md5sum; cp -r data copy"
STAT = "find data -type f -printf '%s %T@ %i %p\\n'"

DATA = {
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
