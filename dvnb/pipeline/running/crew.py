"""The stages whose commands run at the moment: started, waited for, and ended when a signal says so."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from functools import partial
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self

from dvnb.events import Event, StageStarted, Warned
from dvnb.pipeline.running.execution import Execution
from dvnb.pipeline.running.executor import Ended, Executor, Future
from dvnb.pipeline.running.interruption import Interruption, Ladder, ended_by
from dvnb.pipeline.running.outputs import Announced, Both, Prefixed, Shown, Straight, Told, ToldLines
from dvnb.pipeline.running.ownstreams import own_streams
from dvnb.pipeline.running.processes import LocalProcesses
from dvnb.project.project import Project

_HEARTBEAT_SECONDS = 0.2
"""Python handles signals in the main thread, and the system may hand one to another, which does not wake that one."""


class Crew:
    """Runs up to `size` executions at once. `capture`: what they write is told by events.

    With one at a time, its output goes on as it comes; with several, by whole lines that say whose they are. Listeners
    hear of it in the thread that calls `wait`.
    """

    def __init__(self, project: Project, size: int, *, capture: bool, executor: Executor | None = None) -> None:
        self._project = project
        self._size = size
        self._capture = capture
        self._local = LocalProcesses(foreground=size == 1 and not capture, runner=project.runner)
        self._executor: Executor = executor or self._local
        self._running: dict[Future, Execution] = {}
        self._happened: SimpleQueue[Any] = SimpleQueue()  # safe to use from signal handlers
        self._ladder = Ladder(self._executor.stop)
        self._waits_for_lock = False
        self._is_starting = False
        self._interruption = Interruption(self._happened.put, self._local.resize, self._runs_commands)

    def __enter__(self) -> Self:
        """From now on signals end what runs, and are not lost."""
        self._interruption.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what still runs; signals mean again what they did before.

        The repo lock is not given away meanwhile: it may be what could not be had again.
        """
        with ExitStack() as until_end:
            until_end.push(self._interruption.__exit__)
            while self._running:
                if not self._ladder.first:
                    self._ladder.climb(signal.SIGTERM)
                execution = self._running.pop(self._next_ended())
                until_end.callback(execution.give_up, "stopped", None)  # of each, whatever befalls the others

    @property
    def is_busy(self) -> bool:
        """Whether anything runs."""
        return bool(self._running)

    @property
    def has_room(self) -> bool:
        """Whether another stage may start."""
        return len(self._running) < self._size and not self.interrupted

    @property
    def interrupted(self) -> BaseException | None:
        """What to raise once nothing runs any more, because a signal came."""
        return ended_by(self._ladder.first) if self._ladder.first else None

    @property
    def names(self) -> list[str]:
        """The stages that run, as they are addressed."""
        return [execution.name for execution in self._running.values()]

    def start(self, execution: Execution) -> None:
        """Run the commands of an execution that has begun."""
        self._project.emit(StageStarted(execution.name))
        shown = self._shown(execution.name)
        self._is_starting = True  # a signal that comes before it is known which job runs is for that job
        try:
            future = self._executor.submit(execution.job, Both(shown, execution.log))
            self._running[future] = execution
        finally:
            self._is_starting = False
        future.add_done_callback(partial(self._ended, shown))

    def _shown(self, name: str) -> Shown:
        later, beside = self._happened.put, self._size > 1
        if self._capture:
            return ToldLines(name, later) if beside else Told(name, later)
        write = own_streams(later)
        shown = Prefixed(name, write) if beside else Straight(write)
        return Announced(name, shown, later, self._project.emit, beside=beside)

    def _ended(self, shown: Shown, future: Future) -> None:
        shown.ended()
        self._happened.put(future)

    def wait(self) -> tuple[Execution, Ended | BaseException]:
        """Wait until one has ended, and how it did; meanwhile others may have the repo lock."""
        future = None
        try:
            with self._project.repo_lock.yielded(self._tell_waiting):
                future = self._next_ended()
        except BaseException:
            if future is not None:  # the lock could not be had again
                self._happened.put(future)
            raise
        self._waits_for_lock = False
        execution = self._running[future]
        # Until now it was one of those that run: a Ctrl-C during its output does not keep it from being recorded.
        del self._running[future]
        try:
            return execution, future.result()
        except OSError as error:
            return execution, error

    def _tell_waiting(self, message: str) -> None:
        self._waits_for_lock = True
        self._project.emit(Warned(f"{message} What ran has ended and waits to be recorded."))

    def _runs_commands(self) -> bool:
        return self._is_starting or (bool(self._running) and not self._waits_for_lock)

    def _next_ended(self) -> Future:
        while True:
            if self._ladder.is_due:
                self._ladder.climb()
            if self._project.stop is not None and self._project.stop.is_set() and not self._ladder.first:
                self._ladder.climb(signal.SIGINT)
            try:
                happened = self._happened.get(timeout=_HEARTBEAT_SECONDS)
            except Empty:
                continue
            if isinstance(happened, Event):
                self._project.emit(happened)
            elif isinstance(happened, int):
                self._ladder.climb(happened)
            elif happened in self._running:
                return happened
            else:
                happened()
