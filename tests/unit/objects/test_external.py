from __future__ import annotations

import os
import threading
import uuid
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from dvnb.errors import RemoteError
from dvnb.objects.remotes.external import External

FILES = 8


class SlowFileSystem(MemoryFileSystem):
    """Counts how many downloads run at once; each waits for as many others as there can be."""

    protocol = "slowmemory"
    running = 0
    most = 0
    together = 1
    guard = threading.Condition()

    def get_file(self, rpath: str, lpath: str, *args: Any, **kwargs: Any) -> None:
        kind = type(self)
        with kind.guard:
            kind.running += 1
            kind.most = max(kind.most, kind.running)
            kind.guard.notify_all()
            kind.guard.wait_for(lambda: kind.most >= kind.together, timeout=5)
        try:
            super().get_file(rpath, lpath, *args, **kwargs)
        finally:
            with kind.guard:
                kind.running -= 1


@pytest.fixture
def folder() -> str:
    fsspec.register_implementation("slowmemory", SlowFileSystem, clobber=True)
    name = f"/{uuid.uuid4().hex}"
    for number in range(FILES):
        SlowFileSystem().pipe_file(f"{name}/sub{number % 2}/{number}", b"%d" % number)
    SlowFileSystem.most = 0
    return f"slowmemory:/{name}"


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_folder_is_downloaded_with_as_many_jobs_as_asked_for(folder: str, tmp_path: Path, jobs: int) -> None:
    SlowFileSystem.together = jobs
    External(folder).download(str(tmp_path / "got"), jobs)
    assert SlowFileSystem.most == jobs
    got = {path.relative_to(tmp_path / "got").as_posix(): path.read_text() for path in tmp_path.glob("got/*/*")}
    assert got == {f"sub{number % 2}/{number}": str(number) for number in range(FILES)}


def test_the_first_failure_ends_a_download(folder: str, tmp_path: Path) -> None:
    SlowFileSystem.together = 1
    os.makedirs(tmp_path / "got" / "sub0" / "0")  # a folder where a file shall be
    with pytest.raises(RemoteError, match="cannot download"):
        External(folder).download(str(tmp_path / "got"), 2)
