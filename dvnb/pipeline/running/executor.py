"""What runs the commands of stages: a protocol, so that local processes are one way among others.

`repro` decides, records and waits; an executor runs. A single command may have a shorter way than a shell, too: that is
`project.runner`, which the local processes ask first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from dvnb.records import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """The command lines of one stage, to be run one after the other until one fails; `name` is how it is addressed.

    `note`: the file in which an executor of this machine says which process runs (`orphans`).
    """

    name: str
    commands: list[str]
    cwd: str
    env: dict[str, str]
    note: str


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended: the last command that ran and its exit status; `stopped`: it was told to end meanwhile."""

    command: str
    status: int
    stopped: bool = False


class Output(Protocol):
    """Where that goes which a job writes; called from any thread."""

    def started(self, command: str) -> None:
        """A command is about to run."""
        ...

    def write(self, data: bytes, stream: str) -> None:
        """It wrote something to "stdout" or "stderr"."""
        ...


class Future(Protocol):
    """A job under way, with the names that `concurrent.futures` and Dask have."""

    def result(self) -> Ended:
        """Wait for the job's end. Raises: OSError if a command could not be started."""
        ...

    def add_done_callback(self, call: Callable[[Any], object]) -> None:
        """Call with the future when the job has ended, in any thread."""
        ...


class Executor(Protocol):
    """Runs jobs, each as soon as it is submitted: how many there are at a time is the business of who submits."""

    def submit(self, job: Job, output: Output) -> Future:
        """Start a job."""
        ...

    def stop(self, number: int) -> None:
        """Send a signal to all that runs; no job goes on to its next command."""
        ...
