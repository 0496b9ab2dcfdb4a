"""What readers of the old tutorials type, line by line, in a shell."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Typed = Callable[..., str]


@pytest.fixture
def typed(home: Path) -> Typed:
    """Run one line in a shell, in the current folder; it must exit with `code`. What it printed, errors included."""

    def run(line: str, *, code: int = 0) -> str:
        done = subprocess.run(
            ["/bin/bash", "-c", line], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        assert done.returncode == code, f"{line}\n{done.stdout}"
        return done.stdout

    return run
