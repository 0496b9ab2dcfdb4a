"""Outs that a stage's notebook did not write: which notebook it was, and where its executed copy stays."""

from __future__ import annotations

import os
from collections.abc import Sequence

from dvnb.errors import NotebookError
from dvnb.notebooks.command_lines import NotebookCommand, notebook_calls
from dvnb.notebooks.running import failures
from dvnb.notebooks.running.kept_copy import keep_copy
from dvnb.notebooks.stages import unkept_copy


def explain(
    commands: Sequence[str], folder: str, stage: str, outs: Sequence[str], tmp_dir: str
) -> NotebookError | None:
    """The error for a stage whose commands ended well in `folder` without `outs`; None if it does not run one notebook.

    The executed copy is kept below `tmp_dir`, since whoever runs the stage puts its outs away.
    """
    calls = [call for command in commands for call in notebook_calls(command)]
    if len(calls) != 1:
        return None
    copy = _kept_copy(calls[0], folder, stage, tmp_dir)
    return failures.outs_not_made(calls[0].source, copy, stage, list(outs))


def _kept_copy(call: NotebookCommand, folder: str, stage: str, tmp_dir: str) -> str:
    """Where the executed copy stays, as it can be opened from here; "" where there is none."""
    kept = unkept_copy(os.path.join(folder, call.source), tmp_dir, stage)
    if call.output is None:  # papermill writes into the source then
        return os.path.relpath(kept) if call.program == "dvnb" and os.path.exists(kept) else ""
    output = os.path.join(folder, call.output)
    return os.path.relpath(keep_copy(output, kept)) if os.path.isfile(output) else ""
