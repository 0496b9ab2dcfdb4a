"""What tests of failures share: dvnb that can be killed, in memory, and a project to hurt."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from survival import Mortal

PIPELINE = """\
stages:
  prepare:
    cmd: head -n ${lines} data.txt > mid.txt
    deps:
    - data.txt
    outs:
    - mid.txt
  train:
    cmd: mkdir model && cp mid.txt model/a && echo m > model/b && echo '{"acc":1}' > metrics.json
    deps:
    - mid.txt
    params:
    - lr
    outs:
    - model
    metrics:
    - metrics.json:
        cache: false
"""


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is such a thing: these tests make and remove many thousand files."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    folder = Path(tempfile.mkdtemp(prefix="dvnb-", dir=memory))
    try:
        yield folder
    finally:
        os.chdir("/")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def _mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    folder = tmp_path_factory.mktemp("mortal")
    command = [sys.executable, str(Path(__file__).with_name("mortal.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        yield Mortal(server, folder)
        assert server.stdin
        server.stdin.close()


@pytest.fixture
def mortal(_mortal: Mortal, home: Path, tmp_path: Path) -> Mortal:
    """dvnb in a process that can be killed; only changes below `tmp_path` count."""
    _mortal.below = str(tmp_path)
    return _mortal


@pytest.fixture
def playground(mortal: Mortal, empty_git: Path, git: Callable[..., str]) -> Path:
    """A committed project with data, a folder, a pipeline that ran, and all of it in a remote; the current folder."""
    shutil.rmtree(empty_git / ".git" / "hooks")
    (empty_git / "pics" / "sub").mkdir(parents=True)
    for name in ("one", "two", "sub/three"):
        (empty_git / "pics" / name).write_text(f"{name}\n")
    (empty_git / "data.txt").write_text("a\nb\nc\n")
    (empty_git / "params.yaml").write_text("lr: 1\nlines: 2\n")
    (empty_git / "dvc.yaml").write_text(PIPELINE)
    remote = str(empty_git.parent / "remote")
    for line in (("init",), ("add", "data.txt", "pics"), ("repro",), ("remote", "add", "-d", "r", remote), ("push",)):
        done = mortal(*line)
        assert done.code == 0, done.err
    git("add", "-A")
    git("commit", "-qm", "one")
    return empty_git
