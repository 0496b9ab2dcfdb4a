"""What tests of whole commands share: an isolated home, real git repos, dvnb and stock dvc as processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run, so that a change fails by what it changed; HYPOTHESIS_PROFILE=explore looks for more.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("explore", deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


@dataclass(frozen=True)
class Done:
    """How a process ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What it printed, line by line."""
        return self.out.splitlines()


Run = Callable[..., Done]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of the test's own: no setting of the machine reaches git, dvnb or dvc."""
    home = tmp_path / "home"
    home.mkdir()
    for name in list(os.environ):
        if name.startswith(("DVC_", "GIT_", "DVNB_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / ".cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / ".config"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for level in ("SYSTEM", "GLOBAL"):
        monkeypatch.setenv(f"DVC_{level}_CONFIG_DIR", str(home / level.lower()))
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(home / "site"))
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("SHELL", "/bin/bash")
    monkeypatch.setenv("PATH", os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]))
    (home / ".gitconfig").write_text(
        '[init]\ndefaultBranch = main\n[user]\nname = T\nemail = t@example.org\n[protocol "file"]\nallow = always\n'
    )
    return home


@pytest.fixture
def empty_git(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new git repo, which is the current folder."""
    root = tmp_path / "repo"
    root.mkdir()
    monkeypatch.chdir(root)
    git("init", "-q")
    return root


@pytest.fixture
def repo(empty_git: Path) -> Path:
    """A new git repo with a dvnb project in it, committed; it is the current folder."""
    assert dvnb("init", "-q").code == 0
    git("commit", "-qm", "init")
    return empty_git


def git(*args: str, cwd: str | Path | None = None) -> str:
    """Run git; it must succeed."""
    done = subprocess.run(["git", *args], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def dvnb(*args: str, cwd: str | Path | None = None, stdin: str = "") -> Done:
    """Run dvnb as a process of its own."""
    return _run("dvnb", *args, cwd=cwd, stdin=stdin)


def dvc(*args: str, cwd: str | Path | None = None, stdin: str = "") -> Done:
    """Run stock dvc."""
    return _run("dvc", *args, cwd=cwd, stdin=stdin)


def commit_all(message: str = "more") -> None:
    """Commit the whole work tree."""
    git("add", "-A")
    git("commit", "-qm", message)


def _run(module: str, *args: str, cwd: str | Path | None, stdin: str) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", module, *args], cwd=cwd, capture_output=True, text=True, input=stdin, check=False
    )
    return Done(done.returncode, done.stdout, done.stderr)


def kept(root: str | Path, folder: str = ".git/dvnb/trash") -> dict[str, Path]:
    """What verbs moved into a project's trash, and is still there: where it was -> where it lies now.

    Metafiles that were written anew are kept too, but not listed here.
    """
    found = {}
    for journal in sorted(Path(root, folder).glob("*/journal.jsonl")):
        for record in map(json.loads, journal.read_text().splitlines()):
            if record["do"] in ("moved", "left", "parts") and os.path.lexists(journal.parent / record["stored"]):
                found[record["path"]] = journal.parent / record["stored"]
    return found


@pytest.fixture(name="kept")
def _kept() -> Callable[..., dict[str, Path]]:
    return kept


@pytest.fixture(name="dvnb")
def _dvnb(home: Path) -> Run:
    return dvnb


@pytest.fixture(name="dvc")
def _dvc(home: Path) -> Run:
    return dvc


@pytest.fixture(name="git")
def _git(home: Path) -> Callable[..., str]:
    return git


@pytest.fixture(name="commit_all")
def _commit_all(home: Path) -> Callable[..., None]:
    return commit_all
