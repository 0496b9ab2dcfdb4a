"""Starting commands of stages other than by a shell: plugged in by who opens the project, like `Canonical`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from dvnb.errors import DvnbError
from dvnb.records import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command runs: its folder, environment and streams (standard input, output, error, as file descriptors).

    `new_group`: as the head of a process group of its own.
    """

    cwd: str
    env: Mapping[str, str]
    streams: tuple[int, int, int]
    new_group: bool


class StartedCommand(Protocol):
    """A command that runs; `subprocess.Popen[bytes]` is one."""

    @property
    def pid(self) -> int:
        """Its process."""
        ...

    def poll(self) -> int | None:
        """How it ended (negative: by that signal); None while it runs."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        ...

    def send_signal(self, sig: int) -> None:
        """Send it a signal, if it still runs."""
        ...


class CommandRunner(Protocol):
    """Starts the commands that it knows a shorter way for; may be called from several threads.

    What such a command does, writes and sees is the same as if a shell had started it.
    """

    def start(self, command: str, place: Place) -> StartedCommand | None:
        """Start a command line; None for one that belongs to the shell."""
        ...

    def explain_missing(
        self, commands: Sequence[str], folder: str, stage: str, outs: Sequence[str], tmp_dir: str
    ) -> DvnbError | None:
        """What there is to say of missing outs of a stage that ended well; what is kept of it is below `tmp_dir`."""
        ...

    def close(self) -> None:
        """End whatever was kept ready for further commands."""
        ...
