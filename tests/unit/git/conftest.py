"""A new repository for tests of git itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dvnb.git.worktree import Git


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """Where commits have an author, whatever git's configuration says."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "n")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "e@x")
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)
    found = Git.find(str(tmp_path))
    assert found is not None
    return found
