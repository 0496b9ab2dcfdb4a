from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.objects.undo.journal import Journal


@pytest.fixture(autouse=True)
def _own_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVNB_CACHE_DIR", str(tmp_path / "user-cache"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def state(root: Path) -> State:
    return State(str(root))


@pytest.fixture
def store(root: Path) -> LocalStore:
    return LocalStore(str(root / ".dvc" / "cache"))


@pytest.fixture
def journal(root: Path) -> Journal:
    return Journal(str(root / ".dvc" / "trash"))


@pytest.fixture
def write_files(root: Path) -> Callable[[dict[str, bytes]], None]:
    """Write files (relpath -> content) whose times lie some seconds in the past, so that their stamps are settled."""

    def write(files: dict[str, bytes]) -> None:
        for relpath, content in files.items():
            path = root / relpath
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_symlink() or path.exists():
                path.unlink()
            path.write_bytes(content)
            status = path.stat()
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - 5_000_000_123))

    return write
