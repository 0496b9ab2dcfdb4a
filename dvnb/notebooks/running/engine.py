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
from papermill.exceptions import PapermillException
from papermill.execute import prepare_notebook_metadata, remove_error_markers
from papermill.parameterize import parameterize_notebook

from dvnb.errors import NotebookError
from dvnb.notebooks.parameters import json_safe
from dvnb.notebooks.running.executed import Copy
from dvnb.notebooks.running.memory import MemoryWatch
from dvnb.notebooks.running.progress import CellReports

INJECTED = "injected-parameters"

_LOOK_EVERY = 0.2  # seconds between two looks at the kernel's process
_TELL_EVERY = 1.0  # seconds
_RECONNECT_EVERY = 10  # milliseconds: who knocks before the kernel opens its ports comes again so soon (zmq: 100)


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
