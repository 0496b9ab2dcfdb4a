"""Papermill's engine with dvnb's ways of saving, reporting and failing. Only imported while a kernel comes up.

What papermill does to a notebook is left to papermill: the injected cell, `metadata.papermill` of the
notebook and of each cell, error markers. Different are: a copy is written under a temporary name and
renamed, only changed cells are serialized again, the listener hears of each cell, and a kernel counts
as ready when both of its channels answer.
"""

# ruff: noqa: TID253  # the libraries this wraps; execute.py imports this module late

from __future__ import annotations

import asyncio
import time
import warnings
from collections.abc import Callable
from queue import Empty
from typing import Any

import nbformat
import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode, v4
from nbformat.warnings import DuplicateCellId, MissingIDFieldWarning
from papermill import __version__ as papermill_version
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager
from papermill.exceptions import PapermillException, PapermillExecutionError
from papermill.execute import prepare_notebook_metadata, raise_for_execution_errors, remove_error_markers
from papermill.parameterize import parameterize_notebook

from dvnb.errors import NotebookError
from dvnb.notebooks.parameters import json_safe
from dvnb.notebooks.running import failures
from dvnb.notebooks.running.failures import CellError
from dvnb.notebooks.running.memory import MemoryWatch
from dvnb.notebooks.running.progress import CellReports
from dvnb.notebooks.source import write_atomically

INJECTED = "injected-parameters"

_LOOK_EVERY = 0.2  # seconds between two looks at the kernel's process
_TELL_EVERY = 1.0  # seconds
_RECONNECT_EVERY = 10  # milliseconds: who knocks before the kernel opens its ports comes again so soon (zmq: 100)

_HEAD = b'{\n "cells": [\n'
_NO_CELLS = b'{\n "cells": [],\n'
_TAIL = b'\n ],\n "metadata": {'


# ---- before the run ----------------------------------------------------------------------------------


def prepare(
    text: str, source: str, output: str, parameters: dict[str, Any], kernel: str, language: str
) -> NotebookNode:
    """The notebook `text` as papermill has it when its kernel starts: upgraded, parameters injected, marked."""
    try:
        with warnings.catch_warnings():
            # Ids that are missing or double are mended in the copy; the notebook's user need not hear of it.
            warnings.simplefilter("ignore", MissingIDFieldWarning)
            warnings.simplefilter("ignore", DuplicateCellId)
            notebook = nbformat.reads(text, as_version=4)
    except Exception as error:  # nbformat raises what it meets
        raise NotebookError(f"cannot use '{source}': {str(error) or type(error).__name__}") from error
    notebook = v4.upgrade(notebook) or notebook
    notebook.metadata.setdefault(
        "papermill",
        {"default_parameters": {}, "parameters": {}, "environment_variables": {}, "version": papermill_version},
    )
    for cell in notebook.cells:
        cell.metadata.setdefault("tags", [])
        cell.metadata.setdefault("papermill", {})
    if parameters:
        try:
            notebook = parameterize_notebook(notebook, parameters, kernel_name=kernel, language=language)
        except (PapermillException, NotImplementedError) as error:
            raise NotebookError(f"cannot give '{source}' its parameters: {error}") from error
        notebook.metadata.papermill["parameters"] = json_safe(parameters)
    return remove_error_markers(prepare_notebook_metadata(notebook, source, output))


def source_numbers(notebook: NotebookNode, injected: bool) -> list[int | None]:
    """For each cell of the copy its number in the source notebook, from 1; None for a cell that the run added."""
    numbers: list[int | None] = []
    number = 0
    added = injected
    for cell in notebook.cells:
        if added and INJECTED in cell.metadata.get("tags", []):
            added = False
            numbers.append(None)
        else:
            number += 1
            numbers.append(number)
    return numbers


# ---- the executed copy -------------------------------------------------------------------------------


class Copy(NotebookExecutionManager):
    """The executed copy and its file, which is complete JSON at every moment."""

    def __init__(self, notebook: NotebookNode, path: str, reports: CellReports, keep: Callable[[], str]) -> None:
        """`keep` tells where the copy stays after a failure."""
        super().__init__(notebook, output_path=path, progress_bar=False)
        self._keep = keep
        self._reports = reports
        self._texts: dict[int, bytes] = {}
        self.raised: object = None

    def save(self, **kwargs: Any) -> None:
        """Write the copy; cells that were written before and not run since are taken from then.

        Raises: NotebookError where it cannot be written.
        """
        try:
            if self.output_path:
                self._write()
        except OSError as error:
            raise failures.copy_not_written(str(self.output_path), self._keep(), error) from error

    def _write(self) -> None:
        texts = [self._cell_text(at, cell) for at, cell in enumerate(self.nb.cells)]
        rest = v4.writes(NotebookNode({**self.nb, "cells": []})).encode(errors="replace")
        if texts:
            between = [b",\n"] * (2 * len(texts) - 1)
            between[::2] = texts
            write_atomically(str(self.output_path), [_HEAD, *between, b"\n ],\n", rest[len(_NO_CELLS) :]])
        else:
            write_atomically(str(self.output_path), [rest])
        self.last_save_time = self.now()

    def _cell_text(self, at: int, cell: NotebookNode) -> bytes:
        text = self._texts.get(at)
        if text is None:
            # Not by `new_notebook`, which refuses what a notebook has beyond its schema and runs with all the same.
            alone = NotebookNode(cells=[cell], metadata=NotebookNode(), nbformat=4, nbformat_minor=5)
            whole = v4.writes(alone).encode(errors="replace")
            text = whole[len(_HEAD) : whole.rindex(_TAIL)]
            if cell.metadata.get("papermill", {}).get("status") != self.RUNNING:
                self._texts[at] = text
        return text

    def rewrite(self) -> None:
        """Write the copy with all cells serialized anew: outputs of earlier cells can be updated by later ones."""
        self._texts.clear()
        self.save()

    def cell_start(self, cell: NotebookNode, cell_index: int | None = None, **kwargs: Any) -> None:
        """Note that a cell starts and write the copy."""
        self._reports.started(cell_index or 0)
        self._texts.pop(cell_index or 0, None)
        super().cell_start(cell, cell_index=cell_index)

    def cell_exception(self, cell: NotebookNode, cell_index: int | None = None, **kwargs: Any) -> None:
        """Note that a cell failed, and by what."""
        self.raised = kwargs.get("exception")
        super().cell_exception(cell, cell_index=cell_index, **kwargs)

    def cell_complete(self, cell: NotebookNode, cell_index: int | None = None, **kwargs: Any) -> None:
        """Note how a cell ended, write the copy and tell the listener."""
        at = cell_index or 0
        self._texts.pop(at, None)
        super().cell_complete(cell, cell_index=cell_index)
        failed = cell.metadata.papermill["status"] == self.FAILED and not _left_well(cell)
        self._reports.finished(at, failed=failed)

    def failed_cell(self) -> int | None:
        """Position of the cell that ended the run."""
        return next((at for at, cell in enumerate(self.nb.cells) if cell.metadata.papermill["exception"]), None)

    def notebook_complete(self, **kwargs: Any) -> None:
        """Close the record of the run and write all of it."""
        self._texts.clear()
        super().notebook_complete()


def _left_well(cell: NotebookNode) -> bool:
    return any(
        output.output_type == "error" and output.ename == "SystemExit" and output.evalue in {"", "0"}
        for output in cell.get("outputs", [])
    )


# ---- the run -----------------------------------------------------------------------------------------


class Client(PapermillNotebookClient):
    """Papermill's client on a kernel that was started before; reports each output as it comes.

    `memory` is looked at while cells run. Listeners may end the run by raising KeyboardInterrupt.
    """

    def __init__(
        self, copy: Copy, manager: AsyncKernelManager, reports: CellReports, memory: MemoryWatch, **traits: Any
    ) -> None:
        super().__init__(copy, km=manager, **traits)
        self._manager = manager
        self._reports = reports
        self._memory = memory
        self._at = 0
        self._interrupted: KeyboardInterrupt | None = None

    def connect(self) -> None:
        """Open the channels and wait until the kernel answers on both.

        Raises: DeadKernelError, TimeoutError.
        """
        run_sync(self._connect)()

    async def _connect(self) -> None:
        client: AsyncKernelClient = self._manager.client()
        self.kc = client
        client.context.setsockopt(zmq.RECONNECT_IVL, _RECONNECT_EVERY)
        client.start_channels()
        client.allow_stdin = False
        deadline = time.monotonic() + float(self.startup_timeout)
        while True:
            request = client.kernel_info()
            if await self._answered(client, request):
                return
            if not await self._manager.is_alive():
                raise DeadKernelError("Kernel died")
            if time.monotonic() > deadline:
                raise TimeoutError

    async def _answered(self, client: AsyncKernelClient, request: str) -> bool:
        # Messages on iopub that are sent before the subscription arrives are lost, so the reply on shell is
        # not enough: only an iopub message that belongs to this request shows that the cells' will be heard.
        try:
            await client.get_shell_msg(timeout=1)
            while True:
                message = await client.get_iopub_msg(timeout=0.2)
                if message["parent_header"].get("msg_id") == request:
                    return True
        except Empty:
            return False

    def papermill_execute_cells(self) -> None:
        """Run the cells in order until one fails; what ends a run otherwise marks its cell as failed, then raises."""
        for at, cell in enumerate(self.nb.cells):
            self._at = at
            self.nb_man.cell_start(cell, at)
            try:
                self._execute(cell, at)
            except CellExecutionError as error:
                self.nb_man.cell_exception(self.nb.cells[at], cell_index=at, exception=error)
                return
            except BaseException as error:
                self.nb_man.cell_exception(cell, cell_index=at, exception=error)
                raise
            finally:
                self.nb_man.cell_complete(self.nb.cells[at], cell_index=at)

    def _execute(self, cell: NotebookNode, at: int) -> None:
        try:
            self.execute_cell(cell, at)
        except DeadKernelError:
            if self._interrupted is not None:
                raise self._interrupted from None
            raise

    def finish(self) -> None:
        """Note the language and the widgets' state, as papermill does after the last cell."""
        try:
            reply = self.wait_for_reply(self.kc.kernel_info())  # type: ignore[union-attr]
        except DeadKernelError:  # the last cell ended it
            reply = None
        if reply:
            self.nb.metadata["language_info"] = reply["content"]["language_info"]
        self.set_widgets_metadata()

    def disconnect(self) -> None:
        """Close the channels."""
        if self.kc is not None:
            self.kc.stop_channels()
            self.kc = None

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Put one message of the kernel into the copy; the output that it was, if it was one."""
        output = super().process_message(msg, cell, cell_index)
        if output is not None:
            self._reports.output(cell_index, dict(output))
        return output

    async def _async_poll_kernel_alive(self) -> None:
        """Look at the kernel's process while a cell runs, more often than nbclient does; end the wait if it is gone."""
        told = time.monotonic()
        while await self._manager.is_alive():
            used = self._memory.look()
            if time.monotonic() - told >= _TELL_EVERY:
                told = time.monotonic()
                try:
                    self._reports.running(self._at, used)
                except KeyboardInterrupt as interrupt:  # the listener wants no more; a task must not raise that
                    self._interrupted = interrupt
                    break
            await asyncio.sleep(_LOOK_EVERY)
        if self.task_poll_for_reply is not None:
            self.task_poll_for_reply.cancel()


def mark_error(copy: Copy, at: int | None) -> CellError | None:
    """Put papermill's markers at the failed cell into the copy; its error, None if the run ended well.

    A cell tagged `raises-exception` may fail, and `sys.exit(0)` ends a notebook well.
    """
    if at is None:
        return None
    try:
        raise_for_execution_errors(copy.nb, None)
    except PapermillExecutionError as error:
        copy.rewrite()
        ename, evalue = error.ename, error.evalue
        if isinstance(copy.raised, CellExecutionError) and ename == CellExecutionError.__name__:
            # No output says it: IPython's UsageError is printed.
            ename, evalue = copy.raised.ename, copy.raised.evalue
        return CellError(error.source, ename, evalue, "\n".join(error.traceback), error.exec_count)
    return None
