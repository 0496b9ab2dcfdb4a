"""Several processes at once: dvnb with itself and with stock dvc, in one project, one cache, one remote."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from survival import Mortal, damaged, picture

BOTH = ("dvnb", "dvc")


def start(module: str, *args: str, cwd: Path | None = None) -> subprocess.Popen[str]:
    """A process beside this one."""
    command = [sys.executable, "-m", module, *args]
    return subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(*processes: subprocess.Popen[str]) -> None:
    """Wait for all; each must succeed."""
    for process in processes:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err


def is_intact(cache: Path) -> bool:
    return damaged(cache) == [] and not list(cache.rglob("*.tmp"))


def test_identical_files_added_by_two_projects_with_one_cache(
    home: Path, tmp_path: Path, git: Callable[..., str], dvnb: Any, dvc: Any
) -> None:
    cache = tmp_path / "shared"
    roots = [tmp_path / name for name in ("one", "two")]
    for root in roots:
        (root / "data").mkdir(parents=True)
        for number in range(60):
            (root / "data" / str(number)).write_bytes(bytes([number]) * 20_000)
        git("init", "-q", cwd=root)
        assert dvnb("init", cwd=root).code == dvnb("cache", "dir", str(cache), cwd=root).code == 0
    finish(*(start("dvnb", "add", "data", cwd=root) for root in roots))
    assert is_intact(cache)
    assert (roots[0] / "data.dvc").read_bytes() == (roots[1] / "data.dvc").read_bytes()
    for root in roots:
        assert dvnb("status", "-q", cwd=root).code == dvc("status", "-q", cwd=root).code == 0


def test_gc_of_a_cache_that_another_project_uses(
    home: Path, tmp_path: Path, git: Callable[..., str], dvnb: Any
) -> None:
    cache = tmp_path / "shared"
    roots = [tmp_path / name for name in ("one", "two")]
    for root in roots:
        root.mkdir()
        (root / "data").write_text(root.name)
        git("init", "-q", cwd=root)
        assert dvnb("init", cwd=root).code == dvnb("cache", "dir", str(cache), cwd=root).code == 0
        assert dvnb("add", "data", cwd=root).code == 0
    assert dvnb("gc", "-w", "-f", "-p", str(roots[1]), cwd=roots[0]).code == 0
    (roots[1] / "data").unlink()
    assert dvnb("checkout", cwd=roots[1]).code == 0
    # Told nothing of the other project, its objects go, but only into the trash.
    assert dvnb("gc", "-w", "-f", cwd=roots[0]).code == 0
    (roots[1] / "data").unlink()
    assert dvnb("checkout", cwd=roots[1]).code == 255
    assert dvnb("undo", cwd=roots[0]).code == 0
    assert dvnb("checkout", cwd=roots[1]).code == 0
    assert (roots[1] / "data").read_text() == "two"
    assert is_intact(cache)


def test_gc_of_a_remote_that_another_project_uses(
    home: Path, tmp_path: Path, git: Callable[..., str], dvnb: Any, dvc: Any
) -> None:
    remote = tmp_path / "remote"
    roots = [tmp_path / name for name in ("one", "two")]
    for root in roots:
        root.mkdir()
        (root / "data").write_text(root.name)
        git("init", "-q", cwd=root)
        for line in (("init",), ("remote", "add", "-d", "r", str(remote)), ("add", "data"), ("push",)):
            assert dvnb(*line, cwd=root).code == 0
    assert dvnb("gc", "-w", "-c", "-f", "-p", str(roots[1]), cwd=roots[0]).code == 0
    for root in roots:
        assert dvc("status", "-c", "-q", cwd=root).code == 0
    # Told nothing of the other project: what was in the remote lies in the trash of who removed it.
    assert dvnb("gc", "-w", "-c", "-f", cwd=roots[0]).code == 0
    assert dvc("status", "-c", "-q", cwd=roots[0]).code == 0
    assert dvc("status", "-c", "-q", cwd=roots[1]).code == 1
    assert dvnb("undo", cwd=roots[0]).code == 0
    shutil.rmtree(roots[1] / ".dvc" / "cache")
    (roots[1] / "data").unlink()
    assert dvc("pull", cwd=roots[1]).code == 0
    assert (roots[1] / "data").read_text() == "two"


@pytest.mark.parametrize("force", [(), ("-f",)], ids=["plain", "forced"])
def test_two_checkouts_at_once(force: tuple[str, ...], playground: Path, mortal: Mortal, dvc: Any) -> None:
    before = picture(playground)
    for _ in range(3):
        shutil.rmtree(playground / "pics")
        (playground / "data.txt").unlink()
        if force:
            (playground / "model" / "b").write_text("by hand")
        finish(*(start("dvnb", "--wait-for-lock", "checkout", *force) for _ in range(2)))
        assert picture(playground) == before
    assert dvc("status", "-q").code == 0
    assert is_intact(playground / ".dvc" / "cache")


def test_two_repros_share_a_dep(repo: Path, dvnb: Any, dvc: Any) -> None:
    stage = "  {0}:\n    cmd: sleep 1 && cp dep {0}\n    deps: [dep]\n    outs: [{0}]\n"
    (repo / "dvc.yaml").write_text("stages:\n" + "".join(stage.format(name) for name in "abcd"))
    (repo / "dep").write_text("dep")
    finish(*(start(tool, "repro", "-s", name) for tool, name in zip(("dvnb", "dvnb", "dvc"), "abc", strict=True)))
    finish(start("dvnb", "repro"))
    lock = (repo / "dvc.lock").read_text()
    assert [f"  {name}:\n" in lock for name in "abcd"] == [True] * 4
    assert dvnb("status", "-q").code == dvc("status", "-q").code == 0
    rwlock = repo / ".dvc" / "tmp" / "rwlock"
    assert not any(json.loads(rwlock.read_text()).values())


def test_same_stage_twice_runs_once_or_is_busy(repo: Path, dvc: Any) -> None:
    (repo / "dvc.yaml").write_text(
        "stages:\n  s:\n    cmd: echo run >> ../runs && sleep 2 && echo 1 > out\n    outs: [out]\n"
    )
    first = start("dvnb", "repro")
    while not (repo.parent / "runs").exists():
        time.sleep(0.05)
    second = start("dvnb", "repro")
    _, err = second.communicate(timeout=60)
    finish(first)
    assert second.returncode == 0 or "is busy" in err
    assert (repo.parent / "runs").read_text() == "run\n"
    assert dvc("status", "-q").code == 0


def test_both_tools_in_parallel_loops(playground: Path, mortal: Mortal, dvc: Any) -> None:
    """Each keeps to the locks of the other: nobody sees half of anything, and no record is lost."""
    names = {tool: [f"{tool}-{number}" for number in range(4)] for tool in BOTH}
    for name in (name for of_tool in names.values() for name in of_tool):
        (playground / name).write_text(name)
    for pair in zip(*names.values(), strict=True):
        adding = [start(tool, "--wait-for-lock", "add", name) for tool, name in zip(BOTH, pair, strict=True)]
        finish(*adding, start("dvnb", "--wait-for-lock", "status", "-q"))
    assert all((playground / f"{name}.dvc").exists() for of_tool in names.values() for name in of_tool)
    ignored = (playground / ".gitignore").read_text().splitlines()
    assert all(f"/{name}" in ignored for of_tool in names.values() for name in of_tool)
    assert dvc("status", "-q").code == mortal("status", "-q").code == 0
    assert is_intact(playground / ".dvc" / "cache")


def test_push_by_two_at_once_and_pull_by_two(playground: Path, tmp_path: Path, mortal: Mortal, dvc: Any) -> None:
    remote = tmp_path / "remote"
    shutil.rmtree(remote)
    clone = tmp_path / "clone"
    shutil.copytree(playground, clone, symlinks=True)
    roots = (playground, clone)
    finish(*(start("dvnb", "push", cwd=root) for root in roots))
    assert is_intact(remote)
    assert dvc("status", "-c", "-q").code == 0
    for root in roots:
        shutil.rmtree(root / ".dvc" / "cache")
        shutil.rmtree(root / "pics")
    finish(start("dvnb", "pull", cwd=clone), start("dvc", "pull", cwd=playground))
    assert is_intact(clone / ".dvc" / "cache")
    assert picture(clone) == picture(playground)
