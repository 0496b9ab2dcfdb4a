"""What tests of whole commands share: an isolated home, real git repos, dvnb and stock dvc as processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from programs import Done, Program

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

# The same examples in every run, so that a change fails by what it changed; HYPOTHESIS_PROFILE=explore looks for more.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
settings.register_profile("explore", deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


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
def repo(empty_git: Path, dvnb: Run) -> Path:
    """A new git repo with a dvnb project in it, committed; it is the current folder."""
    assert dvnb("init", "-q").code == 0
    git("commit", "-qm", "init")
    return empty_git


def git(*args: str, cwd: str | Path | None = None) -> str:
    """Run git; it must succeed."""
    done = subprocess.run(["git", *args], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit_all(message: str = "more") -> None:
    """Commit the whole work tree."""
    git("add", "-A")
    git("commit", "-qm", message)


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


@pytest.fixture(scope="session")
def _dvnb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    program = Program("dvnb", tmp_path_factory.mktemp("dvnb"))
    yield program
    program.end()


@pytest.fixture(scope="session")
def _dvc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    program = Program("dvc", tmp_path_factory.mktemp("dvc"))
    yield program
    program.end()


@pytest.fixture
def dvnb(home: Path, _dvnb: Program) -> Run:
    """dvnb, each time as a process of its own."""
    return _dvnb


@pytest.fixture
def dvc(home: Path, _dvc: Program) -> Run:
    """Stock dvc, each time as a process of its own."""
    return _dvc


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    """A real IPython shell with the magics."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config)
    shell.run_line_magic("load_ext", "dvnb")
    yield shell
    shell.reset(new_session=False)


@pytest.fixture(name="git")
def _git(home: Path) -> Callable[..., str]:
    return git


@pytest.fixture(name="commit_all")
def _commit_all(home: Path) -> Callable[..., None]:
    return commit_all
