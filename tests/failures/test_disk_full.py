"""No room left: one clear error, everything old intact, nothing half-made; with room again all goes on."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from survival import damaged, temporaries

KIB = 1024
LARGE = b"0123456789abcdef" * 32 * KIB  # 512 KiB
SMALL = b"small\n"


@dataclass
class SmallDisk:
    """A disk of 4 MiB at `path`; where none can be mounted, a folder in which no file may be larger than is free."""

    path: Path
    is_mounted: bool
    free: int = 4096 * KIB

    def fill(self, free: int) -> None:
        """Leave just so many bytes."""
        self.free = free
        if self.is_mounted:
            with (self.path / "filler").open("wb", buffering=0) as file:
                status = os.statvfs(self.path)
                file.write(bytes(max(0, status.f_bavail * status.f_frsize - free)))

    def make_room(self) -> None:
        self.free = 4096 * KIB
        (self.path / "filler").unlink(missing_ok=True)

    def run(self, *args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run dvnb while the disk is as it is."""

        def limit() -> None:
            if not self.is_mounted:
                resource.setrlimit(resource.RLIMIT_FSIZE, (self.free, self.free))

        command = [sys.executable, "-m", "dvnb", *args]
        return subprocess.run(command, cwd=cwd, preexec_fn=limit, capture_output=True, text=True, check=False)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    path = tmp_path / "disk"
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(path)]
    is_mounted = (
        bool(shutil.which("mount")) and subprocess.run(command, capture_output=True, check=False).returncode == 0
    )
    try:
        yield SmallDisk(path, is_mounted)
    finally:
        if is_mounted:
            os.chdir("/")
            subprocess.run(["umount", path], check=True)


@pytest.fixture
def small_repo(disk: SmallDisk, home: Path, git: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project on the small disk; the current folder."""
    root = disk.path / "repo"
    root.mkdir()
    monkeypatch.chdir(root)
    git("init", "-q")
    assert disk.run("init").returncode == 0
    (root / "data").write_bytes(SMALL)
    assert disk.run("add", "data").returncode == 0
    git("add", "-A")
    git("commit", "-qm", "one")
    return root


def refused(done: subprocess.CompletedProcess[str], code: int = 1) -> None:
    """It failed with one error that says what is wrong."""
    assert done.returncode == code, done
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    assert len(errors) == 1, done.stderr
    assert "No space left on device" in done.stderr or "File too large" in done.stderr
    assert "Traceback" not in done.stderr


def stray(root: Path) -> list[str]:
    """Temporary files anywhere in a project or store."""
    return [str(path) for path in root.rglob(".*.tmp")]


def test_add(disk: SmallDisk, small_repo: Path) -> None:
    (small_repo / "data").write_bytes(LARGE)
    (small_repo / "folder").mkdir()
    (small_repo / "folder" / "a").write_bytes(b"a")
    (small_repo / "folder" / "large").write_bytes(LARGE[::-1])
    record = (small_repo / "data.dvc").read_bytes()
    disk.fill(256 * KIB)
    for name in ("data", "folder"):
        refused(disk.run("add", name), 255)
        assert stray(small_repo) == damaged(small_repo / ".dvc" / "cache") == []
    assert (small_repo / "data").read_bytes() == LARGE
    assert (small_repo / "folder" / "large").read_bytes() == LARGE[::-1]
    assert (small_repo / "data.dvc").read_bytes() == record
    assert not (small_repo / "folder.dvc").exists()
    disk.make_room()
    assert disk.run("add", "data", "folder").returncode == 0
    assert disk.run("status", "-q").returncode == 0


def test_push(disk: SmallDisk, repo: Path, dvc: Any) -> None:
    (repo / "folder").mkdir()
    for number in range(8):
        (repo / "folder" / str(number)).write_bytes(bytes([number]) * 200 * KIB)
    remote = disk.path / "remote"
    for line in (("add", "folder"), ("remote", "add", "-d", "r", str(remote))):
        assert disk.run(*line).returncode == 0
    disk.fill(700 * KIB if disk.is_mounted else 100 * KIB)
    done = disk.run("push")
    assert done.returncode == 1
    assert "No space left on device" in done.stderr or "File too large" in done.stderr
    assert stray(remote) == damaged(remote) == []
    assert list(remote.rglob("*.dir")) == []  # a listing promises its members
    disk.make_room()
    assert disk.run("push").returncode == 0
    assert dvc("status", "-c", "-q").code == 0


def test_pull_and_checkout(disk: SmallDisk, home: Path, small_repo: Path, tmp_path: Path, dvc: Any) -> None:
    assert disk.run("remote", "add", "-d", "r", str(tmp_path / "remote")).returncode == 0
    (small_repo / "data").write_bytes(LARGE)
    assert disk.run("add", "data").returncode == disk.run("push").returncode == 0
    shutil.rmtree(small_repo / ".dvc" / "cache")
    (small_repo / "data").write_bytes(SMALL)
    disk.fill(256 * KIB)
    done = disk.run("pull", "-f")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "No space left on device" in done.stderr or "File too large" in done.stderr
    assert (small_repo / "data").read_bytes() == SMALL
    assert stray(small_repo) == damaged(small_repo / ".dvc" / "cache") == []
    disk.make_room()
    assert disk.run("fetch").returncode == 0
    disk.fill(256 * KIB)
    refused(disk.run("checkout", "-f"), 255)
    assert SMALL in {path.read_bytes() for path in small_repo.rglob("data") if path.is_file()}
    assert temporaries(small_repo) == []
    disk.make_room()
    assert disk.run("checkout", "-f").returncode == 0
    assert (small_repo / "data").read_bytes() == LARGE
    assert dvc("status", "-q").code == 0


def test_gc_and_emptying_the_trash_work_where_nothing_fits(disk: SmallDisk, small_repo: Path) -> None:
    for content in (LARGE, LARGE[::-1], SMALL):
        (small_repo / "data").write_bytes(content)
        assert disk.run("add", "data").returncode == 0
    disk.fill(0)
    before = sorted(small_repo.glob(".dvc/cache/files/md5/??/*"))
    done = disk.run("gc", "-w", "-f")
    if done.returncode:
        refused(done, 255)
        assert sorted(small_repo.glob(".dvc/cache/files/md5/??/*")) == before
    done = disk.run("gc", "-w", "-f", "--purge")
    assert done.returncode == 0, done.stderr
    assert len(list(small_repo.glob(".dvc/cache/files/md5/??/*"))) == 1
    assert disk.run("status", "-q").returncode == 0


def test_repro_whose_results_do_not_fit(disk: SmallDisk, small_repo: Path) -> None:
    command = "head -c $(cat data) /dev/zero > out"
    (small_repo / "dvc.yaml").write_text(f"stages:\n  s:\n    cmd: {command}\n    deps: [data]\n    outs: [out]\n")
    (small_repo / "data").write_text("10\n")
    assert disk.run("repro").returncode == 0
    lock = (small_repo / "dvc.lock").read_bytes()
    (small_repo / "data").write_text("200000\n")
    disk.fill(300 * KIB if disk.is_mounted else 100 * KIB)
    done = disk.run("repro")  # the output fits, but not also into the cache
    assert done.returncode == 255 and "Traceback" not in done.stderr
    assert (small_repo / "dvc.lock").read_bytes() == lock
    assert (small_repo / "out").read_bytes() == bytes(10)
    assert stray(small_repo) == damaged(small_repo / ".dvc" / "cache") == []
    disk.make_room()
    assert disk.run("repro").returncode == 0
    assert (small_repo / "out").read_bytes() == bytes(200000)


def test_metafiles_are_old_or_new(disk: SmallDisk, small_repo: Path) -> None:
    """Not one more byte fits: whatever is asked for, each metafile stays readable."""
    (small_repo / "dvc.yaml").write_text("stages:\n  s:\n    cmd: 'true'\n    deps: [data]\n")
    assert disk.run("repro").returncode == 0
    names = ["dvc.yaml", "dvc.lock", "data.dvc", ".gitignore", ".dvc/config"]
    before = {name: (small_repo / name).read_bytes() for name in names if (small_repo / name).exists()}
    (small_repo / "more").write_text("more")
    (small_repo / "data").write_text("other")
    disk.fill(0)
    for line in (
        ("add", "data"),
        ("add", "more"),
        ("repro",),
        ("commit", "-f"),
        ("freeze", "s"),
        ("remove", "data.dvc"),
        ("stage", "add", "-n", "t", "true"),
        ("config", "core.autostage", "true"),
        ("move", "data", "moved"),
    ):
        done = disk.run(*line)
        assert "Traceback" not in done.stderr and "unexpected" not in done.stderr, done.stderr
        if disk.is_mounted:
            assert done.returncode != 0, line
            assert {name: (small_repo / name).read_bytes() for name in before} == before, line
            assert not (small_repo / "more.dvc").exists()
    assert (small_repo / "data").read_text() == "other" and (small_repo / "more").read_text() == "more"
    disk.make_room()
    assert disk.run("status").returncode == 0


def test_state_on_a_full_disk_costs_time_only(disk: SmallDisk, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVNB_CACHE_DIR", str(disk.path / "cache"))
    (repo / "f").write_bytes(SMALL)
    disk.fill(0)
    assert disk.run("add", "f").returncode == 0
    (repo / "f").write_bytes(SMALL + SMALL)
    assert disk.run("status", "-q").returncode == 1
    assert disk.run("add", "f").returncode == disk.run("status", "-q").returncode == 0
