"""Tests of verbs: a project that is ready to use, stock dvc, and pictures of all files."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from programs import Done

from dvnb import Repo
from dvnb.repo import answers

PIPELINE = """\
stages:
  prepare:
    cmd: head -n 2 data.txt > mid.txt
    deps:
    - data.txt
    outs:
    - mid.txt
  train:
    cmd: echo x >> runs.log && cp mid.txt model.txt && echo '{"acc":0.5}' > metrics.json
    deps:
    - mid.txt
    params:
    - train.lr
    outs:
    - model.txt
    metrics:
    - metrics.json:
        cache: false
"""


@pytest.fixture(params=["asked anew", "remembered"])
def memory(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers are remembered where finding them took long; here those that are found fast, too, or none."""
    answers.forget()
    monkeypatch.setattr(answers, "SLOW_SECONDS", -1.0 if request.param == "remembered" else 60.0)


@pytest.fixture
def oracle(dvc: Callable[..., Done]) -> Callable[..., tuple[int, str, str]]:
    """Stock dvc: `oracle("status")` runs it in the current folder; its exit code, stdout and stderr."""

    def ask(*args: str) -> tuple[int, str, str]:
        done = dvc(*args)
        return done.code, done.out, done.err

    return ask


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project of `project`, made once."""
    root = tmp_path_factory.mktemp("template") / "repo"
    (root / "pictures" / "sub").mkdir(parents=True)
    (root / "pictures" / "one.txt").write_text("one\n")
    (root / "pictures" / "sub" / "two.txt").write_text("two\n")
    (root / "data.txt").write_text("a\nb\nc\n")
    (root / "params.yaml").write_text("train:\n  lr: 0.1\n  epochs: 3\n")
    (root / "dvc.yaml").write_text(PIPELINE)
    (root / "code.py").write_text("pass\n")
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "init", "-q", "-b", "main", root], check=True)
    Repo.init(root)
    repo = Repo(root)
    repo.add("data.txt", "pictures")
    repo.repro()
    shutil.rmtree(root / ".git" / "dvnb")  # nothing to undo yet
    (root / "runs.log").unlink()
    (root / ".gitignore").write_text((root / ".gitignore").read_text() + "/runs.log\n")
    subprocess.run(["git", "add", "-A"], cwd=root, check=True)
    subprocess.run(["git", *identity, "commit", "-qm", "one"], cwd=root, check=True)
    return root


@pytest.fixture
def project(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _template: Path) -> Path:
    """A committed project, which is the current folder: data.txt and pictures/ by `add`, and a pipeline that ran.

    prepare: data.txt -> mid.txt; train: mid.txt, train.lr -> model.txt, metrics.json (in git), a line in runs.log.
    """
    root = tmp_path / "repo"
    shutil.copytree(_template, root, symlinks=True)
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def picture() -> Callable[[Path], dict[str, tuple[int, str]]]:
    """Mode and MD5 of every file of a project, and of git's index and refs; not what changes with every call."""
    return _picture


def _picture(root: Path) -> dict[str, tuple[int, str]]:
    found = {}
    for folder, dirs, files in os.walk(root):
        if folder == str(root):
            dirs.remove(".git")
        if folder == str(root / ".dvc"):
            dirs.remove("tmp")
        for name in [*files, *dirs]:
            path = Path(folder, name)
            content = b"" if path.is_dir() else os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
            found[path.relative_to(root).as_posix()] = (path.lstat().st_mode, hashlib.md5(content).hexdigest())
    for question in (["ls-files", "-s"], ["for-each-ref"], ["symbolic-ref", "HEAD"]):
        answer = subprocess.run(["git", *question], cwd=root, capture_output=True, check=False).stdout
        found[" ".join(question)] = (0, answer.decode())
    return found
