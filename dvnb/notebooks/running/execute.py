"""Running a notebook into its executed copy: papermill's result, started fast, and errors that say what to mend."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dvnb.errors import NotebookError
from dvnb.events import Listener, ignore_events
from dvnb.notebooks.running.kept_copy import make_folder_of
from dvnb.notebooks.running.run import Run, RunOptions
from dvnb.notebooks.source import load
from dvnb.records import dataclass

if TYPE_CHECKING:
    from types import FrameType

    from nbformat import NotebookNode

    from dvnb.notebooks.running.kernels import KernelChoice


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
    make_folder_of(output)
    run = Run(source, output, options, emit)
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
    run = Run(source, output or "", options, emit)
    _on_kernel(run, choice, lambda: run.take(notebook, choice.name, injected=True))


def _on_kernel(run: Run, choice: KernelChoice, prepare: Callable[[], None]) -> int:
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
