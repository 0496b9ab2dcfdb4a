"""Running a notebook into its executed copy: papermill's result, started fast, and errors that say what to mend."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from dvnb.errors import NotebookError
from dvnb.events import Listener, ignore_events
from dvnb.notebooks.running import failures
from dvnb.notebooks.running.imports import light_imports
from dvnb.notebooks.running.memory import MemoryWatch
from dvnb.notebooks.running.progress import CellReports
from dvnb.notebooks.source import cell_tags, cells_of, load, render
from dvnb.records import dataclass

if TYPE_CHECKING:
    import logging
    from types import FrameType

    from jupyter_client.manager import AsyncKernelManager
    from nbformat import NotebookNode

    from dvnb.notebooks.running.engine import Copy
    from dvnb.notebooks.running.kernels import KernelChoice

_START_UP_SECONDS = 60
_OUTPUT_SECONDS = 60  # between the end of a cell and the last of its output


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run: `kernel` None takes the notebook's own.

    `timeout` is seconds a cell, None for ever, and `notebook_timeout` seconds for all of them.

    `kept` is where a second copy of a failed run stays, for callers that put `output` away then; errors name it.
    `launch` may change the kernel's command line, to have it watched.
    """

    cwd: str | None = None
    kernel: str | None = None
    timeout: float | None = None
    notebook_timeout: float | None = None
    startup_timeout: float = _START_UP_SECONDS
    kept: str | None = None
    launch: Callable[[list[str]], list[str]] | None = None


@dataclass(frozen=True, slots=True)
class RunResult:
    """A run that ended well: `cells` counts the code cells that ran."""

    seconds: float
    cells: int
    output_path: str

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {"seconds": self.seconds, "cells": self.cells, "output": self.output_path}


def execute(
    source: str,
    output: str,
    parameters: dict[str, Any] | None = None,
    options: RunOptions | None = None,
    *,
    emit: Listener = ignore_events,
) -> RunResult:
    """Run the notebook `source` and write its executed copy to `output`, after every cell and whatever happens.

    Paths are the caller's (the copy records them as given). Raises: NotebookError naming notebook, cell, line
    and error; the copy with everything up to there is kept.
    """
    started = time.perf_counter()
    options = options or RunOptions()
    _check_paths(source, output)
    parsed = load(source)
    # Imported here: jupyter_client alone costs .2 s, and who only imports this module wants its names.
    from dvnb.notebooks.running.kernels import choose_kernel

    choice = choose_kernel(parsed, source, options.kernel)
    _make_folder_of(output)
    run = _Run(source, output, options, emit)
    cells = _on_kernel(run, choice, lambda: run.prepare(parsed, parameters or {}, choice))
    return RunResult(time.perf_counter() - started, cells, output)


def execute_prepared(
    notebook: NotebookNode, source: str, output: str | None, options: RunOptions, emit: Listener
) -> None:
    """Run a notebook that papermill has prepared, in place; its copy goes to `output`, if there is one.

    Raises: NotebookError.
    """
    from dvnb.notebooks.running.kernels import choose_kernel

    choice = choose_kernel(notebook, source, options.kernel)
    run = _Run(source, output or "", options, emit)
    _on_kernel(run, choice, lambda: run.take(notebook, choice.name, injected=True))


def _on_kernel(run: _Run, choice: KernelChoice, prepare: Callable[[], None]) -> int:
    """Start a kernel, prepare the run meanwhile, run; how many cells ran."""
    import tempfile

    from dvnb.notebooks.running.kernels import start_kernel, stop_kernel

    options = run.options
    with tempfile.TemporaryFile() as log, _terminable():
        manager = start_kernel(choice, options.cwd or os.getcwd(), log, options.launch)
        try:
            prepare()
            return run.run(manager, log)
        finally:
            stop_kernel(manager, now=not run.idle)


def _check_paths(source: str, output: str) -> None:
    if os.path.abspath(source) == os.path.abspath(output) or (
        os.path.exists(output) and os.path.exists(source) and os.path.samefile(source, output)
    ):
        raise NotebookError(f"the executed copy of '{source}' cannot be written over the notebook itself")
    if os.path.isdir(output):
        raise NotebookError(f"cannot write the executed copy to '{output}': it is a folder")


def _make_folder_of(path: str) -> None:
    folder = os.path.dirname(path)
    if folder:
        os.makedirs(folder, exist_ok=True)


class _Run:
    """One run, from the parsed notebook to its executed copy."""

    copy: Copy
    reports: CellReports
    kernel: str

    def __init__(self, source: str, output: str, options: RunOptions, emit: Listener) -> None:
        self.source = source
        self.output = output
        self.options = options
        self.emit = emit
        self.numbers: list[int | None] = []
        self.texts: list[str] = []
        self.deadline: float | None = None
        self.idle = False  # whether the kernel has nothing more to do, and so can end politely

    def prepare(self, parsed: dict[str, Any], parameters: dict[str, Any], choice: KernelChoice) -> None:
        """Make the copy, parameters injected; most of the imports happen here, while the kernel boots."""
        with light_imports():
            from dvnb.notebooks.running import engine
        notebook = engine.prepare(render(parsed), self.source, self.output, parameters, choice.name, choice.language)
        injected = bool(parameters) and not any(engine.INJECTED in cell_tags(cell) for cell in cells_of(parsed))
        self.take(notebook, choice.name, injected=injected)

    def take(self, notebook: NotebookNode, kernel: str, *, injected: bool) -> None:
        """Make a prepared notebook the copy; `injected`: the run added a cell with parameters."""
        from dvnb.notebooks.running import engine

        self.kernel = kernel
        self.numbers = engine.source_numbers(notebook, injected)
        self.texts = [cell.source for cell in notebook.cells]
        runs = [cell.cell_type == "code" and bool(cell.source.strip()) for cell in notebook.cells]
        self.reports = CellReports(self.source, self.numbers, runs, self.emit)
        self.copy = engine.Copy(notebook, self.output, self.reports, self._keep)

    def run(self, manager: AsyncKernelManager, log: IO[bytes]) -> int:
        """Run all cells on the kernel of `manager`; how many ran."""
        from dvnb.notebooks.running.engine import Client, mark_error
        from dvnb.notebooks.running.kernels import process_id

        copy = self.copy
        memory = MemoryWatch(process_id(manager))
        client = Client(
            copy,
            manager,
            self.reports,
            memory,
            kernel_name=self.kernel,
            timeout_func=lambda _: self._seconds_left(),
            iopub_timeout=_OUTPUT_SECONDS,
            startup_timeout=self.options.startup_timeout,
            log=_silent_logger(),
        )
        copy.notebook_start()
        try:
            client.connect()
            if self.options.notebook_timeout is not None:
                self.deadline = time.monotonic() + self.options.notebook_timeout
            client.papermill_execute_cells()
            self.idle = True
            client.finish()
        except (RuntimeError, TimeoutError) as error:  # nbclient's DeadKernelError and CellTimeoutError
            client.disconnect()
            at = copy.failed_cell()
            copy.notebook_complete()
            mark_error(copy, at)
            raise self._stopped(error, at, manager, memory, log) from error
        except BaseException:
            copy.notebook_complete()
            raise
        finally:
            client.disconnect()
        at = copy.failed_cell()
        copy.notebook_complete()
        error = mark_error(copy, at)
        if error is not None:
            number = self.numbers[at] if at is not None else None
            raise failures.cell_failed(self.source, self._keep(), number, error)
        return client.code_cells_executed

    def _seconds_left(self) -> float | None:
        """What the next cell may take."""
        if self.deadline is None:
            return self.options.timeout
        left = max(self.deadline - time.monotonic(), 0.001)  # to nbclient 0 is for ever
        return left if self.options.timeout is None else min(left, self.options.timeout)

    def _stopped(
        self, error: Exception, at: int | None, manager: AsyncKernelManager, memory: MemoryWatch, log: IO[bytes]
    ) -> NotebookError | Exception:
        from dvnb.notebooks.running.kernels import exit_status, log_tail, peak_memory

        status = exit_status(manager)
        if at is None:
            return failures.kernel_never_came(self.kernel, status, log_tail(log), self.options.startup_timeout)
        number, cell_source = self.numbers[at], self.texts[at]
        if isinstance(error, TimeoutError):
            whole = self.deadline is not None and time.monotonic() >= self.deadline
            seconds = self.options.notebook_timeout if whole else self.options.timeout
            return failures.timed_out(self.source, self._keep(), number, cell_source, seconds, whole=whole)
        if status is None:
            return error
        death = failures.Death(status, memory.at_death(peak_memory(manager)), log_tail(log))
        return failures.kernel_died(self.source, self._keep(), number, cell_source, death)

    def _keep(self) -> str:
        """Where the partly executed copy stays."""
        return keep_copy(self.output, self.options.kept)


def keep_copy(output: str, kept: str | None) -> str:
    """Give the executed copy a second place, if there is one for it; where it stays."""
    if kept is None:
        return output
    try:
        _make_folder_of(kept)
        if os.path.exists(kept):
            if os.path.samefile(output, kept):
                return kept
            os.unlink(kept)  # that of an earlier failure, which may have another name in the trash
        _link_or_copy(output, kept)
    except OSError:  # no room for a second one
        return output
    return kept


def _link_or_copy(source: str, target: str) -> None:
    # The copy is only ever replaced, never written into, so that a second name is as good as a second file.
    try:
        os.link(source, target)
    except OSError:
        import shutil  # for failures only

        shutil.copyfile(source, target)


def _silent_logger() -> logging.Logger:
    """A logger for libraries that log what is raised as well."""
    import logging

    logger = logging.getLogger("dvnb.notebooks")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger


@contextmanager
def _terminable() -> Generator[None]:
    """While this is open, SIGTERM ends the process as an exception, so that the kernel is stopped and the copy kept."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
