"""The executor of local processes: a shell for each command, its streams read as they come.

Source: dvc's stage/run.py, which runs one stage at a time.
"""

from __future__ import annotations

import errno
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dvnb.pipeline.running import orphans
from dvnb.pipeline.running.command import shell_words
from dvnb.pipeline.running.executor import Ended, Job, Output
from dvnb.pipeline.running.wires import Wires, wires_like_ours, wires_of_pipes
from dvnb.project.runner import Place

if TYPE_CHECKING:
    from dvnb.project.runner import CommandRunner, StartedCommand


class LocalProcesses:
    """Runs each job in a thread of its own, which waits for one process after the other.

    `foreground`: one job at a time, which has dvnb's standard input and terminals as far as there are any. Otherwise
    jobs read nothing, write into pipes, and are process groups of their own. `runner` starts the commands that it knows
    a shorter way for.
    """

    def __init__(self, *, foreground: bool, runner: CommandRunner | None = None) -> None:
        self._foreground = foreground
        self._runner = runner
        # In the terminal's foreground group commands may read the keyboard, and Ctrl-C and Ctrl-Z reach them.
        self._shares_terminal = foreground and any(map(os.isatty, (0, 1, 2)))
        self._guard = threading.Lock()
        self._running: dict[StartedCommand, Wires] = {}
        self._stopped = False

    def submit(self, job: Job, output: Output) -> LocalFuture:
        """Start a job."""
        future = LocalFuture()
        threading.Thread(target=self._work, args=(job, output, future), daemon=True).start()
        return future

    def stop(self, number: int) -> None:
        """Send a signal to the process groups of all jobs; a Ctrl-C reaches those in the terminal by itself."""
        with self._guard:
            self._stopped = True
            running = list(self._running)
        if self._shares_terminal and number == signal.SIGINT:
            return
        for process in running:
            _send(process, number, as_group=not self._shares_terminal)

    def resize(self) -> None:
        """Let commands know that the terminal has another size."""
        with self._guard:
            running = dict(self._running)
        for process, wires in running.items():
            if wires.resize():
                _send(process, signal.SIGWINCH, as_group=not self._shares_terminal)

    def _work(self, job: Job, output: Output, future: LocalFuture) -> None:
        try:
            future.set(self._run_all(job, output))
        except BaseException as error:  # noqa: BLE001 - it belongs to who asks for the result
            future.set(error)

    def _run_all(self, job: Job, output: Output) -> Ended:
        status, command = 0, ""
        for command in job.commands:
            output.started(command)
            if not command.strip():
                continue
            try:
                status = self._run(command, job, output)
            except InterruptedError:  # stopped before it was started
                status = -signal.SIGINT
            if status != 0 or self._stopped:
                break
        return Ended(command, status, stopped=self._stopped)

    def _run(self, command: str, job: Job, output: Output) -> int:
        orphans.announce(job.note, command, job.env, is_group=not self._shares_terminal)
        try:
            process, wires = self._start(command, job)
            orphans.note(job.note, process.pid)
            wires.read_into(output)
            status = process.wait()
            if self._stopped:
                orphans.end_rest(job.note)
            wires.drain()
        finally:
            orphans.forget(job.note)
        with self._guard:
            del self._running[process]
        return status

    def _start(self, command: str, job: Job) -> tuple[StartedCommand, Wires]:
        wires, stdout, stderr = wires_like_ours() if self._foreground else wires_of_pipes()
        stdin = _standard_input() if self._foreground else os.open(os.devnull, os.O_RDONLY)
        try:
            with self._guard:
                self._refuse_if_stopped()
                place = Place(job.cwd, job.env, (stdin, stdout, stderr), not self._shares_terminal)
                warm = self._runner.start(command, place) if self._runner else None
                process = warm or _start_shell(command, place)
                self._running[process] = wires
        except BaseException:
            wires.close()
            raise
        finally:
            for far in {stdin, stdout, stderr}:
                os.close(far)
        return process, wires

    def _refuse_if_stopped(self) -> None:
        if self._stopped:
            raise InterruptedError(errno.EINTR, os.strerror(errno.EINTR))


class LocalFuture:
    """A job in a thread."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._guard = threading.Lock()
        self._result: Ended | BaseException | None = None
        self._calls: list[Callable[[Any], object]] = []

    def set(self, result: Ended | BaseException) -> None:
        """The job has ended, or could not be run."""
        with self._guard:
            self._result = result
            self._ended.set()
        for call in self._calls:
            call(self)

    def result(self) -> Ended:
        """Wait for the job's end. Raises: OSError if a command could not be started."""
        self._ended.wait()
        assert self._result is not None  # noqa: S101 - set before the event
        if isinstance(self._result, BaseException):
            raise self._result
        return self._result

    def add_done_callback(self, call: Callable[[Any], object]) -> None:
        """Call with this future when the job has ended."""
        with self._guard:
            if not self._ended.is_set():
                self._calls.append(call)
                return
        call(self)


def _standard_input() -> int:
    try:
        return os.dup(0)
    except OSError:  # dvnb was started without one
        return os.open(os.devnull, os.O_RDONLY)


def _start_shell(command: str, place: Place) -> StartedCommand:
    import subprocess  # not needed by verbs that run nothing

    stdin, stdout, stderr = place.streams
    return subprocess.Popen(  # noqa: S603 - running the user's commands is what a stage is for
        shell_words(command),
        cwd=place.cwd,
        env=place.env,
        shell=os.name == "nt",
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        process_group=0 if place.new_group and os.name != "nt" else None,
        preexec_fn=_heed_interrupts if place.new_group and _ignores_interrupts() else None,  # noqa: PLW1509
    )


def _ignores_interrupts() -> bool:
    """A kernel between two cells does, and commands inherit it; they could not be stopped by what stops them first."""
    return os.name != "nt" and signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def _heed_interrupts() -> None:
    """Runs in the new process, beside threads that are gone: only what takes no lock."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _send(process: StartedCommand, number: int, *, as_group: bool) -> None:
    with suppress(ProcessLookupError, PermissionError):
        if os.name == "nt" or (as_group and os.getpgid(process.pid) != process.pid):
            process.send_signal(number)
        elif as_group:
            os.killpg(process.pid, number)
        else:
            for pid in [*_descendants(process.pid), process.pid]:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)


def _descendants(pid: int) -> list[int]:
    """The processes that one started, directly or not, as far as the system tells."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = [int(word) for word in file.read().split()]
    except (OSError, ValueError):
        return []
    return [each for child in children for each in [*_descendants(child), child]]
