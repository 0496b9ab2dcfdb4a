"""Running commands and taking their time."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Cost:
    """Seconds of wall clock, seconds of CPU (user and system, children included), and peak memory in MB."""

    wall: float
    cpu: float
    memory: float

    def least(self, other: Cost | None) -> Cost:
        """The smaller of each, of two runs of the same thing: noise only ever adds."""
        if other is None:
            return self
        return Cost(min(self.wall, other.wall), min(self.cpu, other.cpu), min(self.memory, other.memory))


def run(command: list[str], folder: Path, environment: dict[str, str]) -> Cost:
    """Run a command to its end; what it prints goes nowhere unless it fails."""
    with open(os.devnull, "rb") as nothing, (folder.parent / "output").open("w+b") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=nothing, stdout=output, stderr=subprocess.STDOUT
        )
        # Popen would wait too, but tell nothing of what was used.
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            said = output.read().decode(errors="replace")
            raise SystemExit(f"{' '.join(command)} in {folder} ended with {process.returncode}:\n{said}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
