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
from dvnb.events import CellFinished, Listener, ignore_events
from dvnb.notebooks import failures
from dvnb.notebooks.imports import light_imports
from dvnb.notebooks.source import cell_tags, cells_of, load, render
from dvnb.records import dataclass

if TYPE_CHECKING:
    import logging
    from types import FrameType

    from jupyter_client.manager import AsyncKernelManager

    from dvnb.notebooks.engine import Copy
    from dvnb.notebooks.kernels import KernelChoice

OutputListener = Callable[[int, dict[str, Any]], None]
"""Called with the cell's number in the source (0: injected parameters) and one output, as nbformat has it."""

_START_UP_SECONDS = 60
_OUTPUT_SECONDS = 60  # between the end of a cell and the last of its output


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run: `kernel` None takes the notebook's own, `timeout` is seconds a cell, None for ever.

    `kept` is where a second copy of a failed run stays, for callers that put `output` away then; errors name it.
    """

    cwd: str | None = None
    kernel: str | None = None
    timeout: float | None = None
    startup_timeout: float = _START_UP_SECONDS
    kept: str | None = None


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
    on_output: OutputListener | None = None,
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
    import tempfile

    # Imported here: jupyter_client alone costs .2 s, and who only imports this module wants its names.
    from dvnb.notebooks.kernels import choose_kernel, start_kernel, stop_kernel

    choice = choose_kernel(parsed, source, options.kernel)
    _make_folder_of(output)
    with tempfile.TemporaryFile() as log, _terminable():
        manager = start_kernel(choice, options.cwd or os.getcwd(), log)
        run = _Run(source, output, options, emit, on_output)
        try:
            run.prepare(parsed, parameters or {}, choice)
            cells = run.run(manager, log)
        finally:
            stop_kernel(manager, now=not run.idle)
    return RunResult(time.perf_counter() - started, cells, output)


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
    kernel: str

    def __init__(
        self, source: str, output: str, options: RunOptions, emit: Listener, on_output: OutputListener | None
    ) -> None:
        self.source = source
        self.output = output
        self.options = options
        self.emit = emit
        self.on_output = on_output
        self.numbers: list[int | None] = []
        self.total = 0
        self.texts: list[str] = []
        self.idle = False  # whether the kernel has nothing more to do, and so can end politely

    def prepare(self, parsed: dict[str, Any], parameters: dict[str, Any], choice: KernelChoice) -> None:
        """Make the copy, parameters injected; most of the imports happen here, while the kernel boots."""
        with light_imports():
            from dvnb.notebooks import engine
        notebook = engine.prepare(render(parsed), self.source, self.output, parameters, choice.name, choice.language)
        injected = bool(parameters) and not any(engine.INJECTED in cell_tags(cell) for cell in cells_of(parsed))
        self.kernel = choice.name
        self.numbers = engine.source_numbers(notebook, injected)
        self.total = len(cells_of(parsed))
        self.texts = [cell.source for cell in notebook.cells]
        self.copy = engine.Copy(notebook, self.output, self._cell_finished)

    def run(self, manager: AsyncKernelManager, log: IO[bytes]) -> int:
        """Run all cells on the kernel of `manager`; how many ran."""
        from dvnb.notebooks.engine import Client, mark_error

        copy = self.copy
        client = Client(
            copy,
            manager,
            self._tell_output if self.on_output else None,
            kernel_name=self.kernel,
            timeout_func=lambda _: self.options.timeout,
            iopub_timeout=_OUTPUT_SECONDS,
            startup_timeout=self.options.startup_timeout,
            log=_silent_logger(),
        )
        copy.notebook_start()
        try:
            client.connect()
            client.papermill_execute_cells()
            self.idle = True
            client.finish()
        except (RuntimeError, TimeoutError) as error:  # nbclient's DeadKernelError and CellTimeoutError
            client.disconnect()
            at = copy.failed_cell()
            copy.notebook_complete()
            mark_error(copy, at)
            raise self._stopped(error, at, manager, log) from error
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

    def _stopped(
        self, error: Exception, at: int | None, manager: AsyncKernelManager, log: IO[bytes]
    ) -> NotebookError | Exception:
        from dvnb.notebooks.kernels import exit_status, log_tail

        status = exit_status(manager)
        if at is None:
            return failures.kernel_never_came(self.kernel, status, log_tail(log), self.options.startup_timeout)
        number, cell_source = self.numbers[at], self.texts[at]
        if isinstance(error, TimeoutError):
            return failures.timed_out(self.source, self._keep(), number, cell_source, self.options.timeout)
        if status is None:
            return error
        return failures.kernel_died(self.source, self._keep(), number, cell_source, status, log_tail(log))

    def _keep(self) -> str:
        """Where the partly executed copy stays."""
        kept = self.options.kept
        if kept is None:
            return self.output
        import shutil  # for failures only

        _make_folder_of(kept)
        shutil.copyfile(self.output, kept)
        return kept

    def _cell_finished(self, at: int, seconds: float, failed: bool) -> None:
        number = self.numbers[at]
        if number is not None:
            self.emit(CellFinished(self.source, number, self.total, seconds, failed))

    def _tell_output(self, at: int, output: dict[str, Any]) -> None:
        if self.on_output is not None:
            self.on_output(self.numbers[at] or 0, output)


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
