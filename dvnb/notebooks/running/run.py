"""One run of a notebook on a kernel: from the parsed notebook to its executed copy, and why it ended early."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any

from dvnb.errors import NotebookError
from dvnb.events import Listener
from dvnb.notebooks.running import failures
from dvnb.notebooks.running.imports import light_imports
from dvnb.notebooks.running.kept_copy import keep_copy
from dvnb.notebooks.running.memory import MemoryWatch
from dvnb.notebooks.running.progress import CellReports
from dvnb.notebooks.source import cell_tags, cells_of, render
from dvnb.records import dataclass

if TYPE_CHECKING:
    import logging

    from jupyter_client.manager import AsyncKernelManager
    from nbformat import NotebookNode

    from dvnb.notebooks.running.executed import Copy
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


class Run:
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
        from dvnb.notebooks.running import engine, executed

        self.kernel = kernel
        self.numbers = engine.source_numbers(notebook, injected)
        self.texts = [cell.source for cell in notebook.cells]
        runs = [cell.cell_type == "code" and bool(cell.source.strip()) for cell in notebook.cells]
        self.reports = CellReports(self.source, self.numbers, runs, self.emit)
        self.copy = executed.Copy(notebook, self.output, self.reports, self._keep)

    def run(self, manager: AsyncKernelManager, log: IO[bytes]) -> int:
        """Run all cells on the kernel of `manager`; how many ran."""
        from dvnb.notebooks.running.engine import Client
        from dvnb.notebooks.running.executed import mark_error
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


def _silent_logger() -> logging.Logger:
    """A logger for libraries that log what is raised as well."""
    import logging

    logger = logging.getLogger("dvnb.notebooks")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger
