"""The executed copy of a notebook, written while it runs, with papermill's marks.

Imported by the engine alone, so late.
"""

# ruff: noqa: TID253  # the libraries this wraps

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode, v4
from papermill.engines import NotebookExecutionManager
from papermill.exceptions import PapermillExecutionError
from papermill.execute import raise_for_execution_errors

from dvnb.notebooks.running import failures
from dvnb.notebooks.running.failures import CellError
from dvnb.notebooks.running.progress import CellReports
from dvnb.notebooks.source import write_atomically

_HEAD = b'{\n "cells": [\n'
_NO_CELLS = b'{\n "cells": [],\n'
_TAIL = b'\n ],\n "metadata": {'


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
