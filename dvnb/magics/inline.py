"""`%%stage --inline`: the cell run in this kernel, with what a stage would give it, and nothing recorded."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dvnb.magics.errors import DvcFailed
from dvnb.magics.loading import values
from dvnb.magics.nested import run_nested
from dvnb.notebooks.variables import save_source

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from dvnb.repo.facade import Repo
    from dvnb.repo.notebooks.stagecells import CellRequest


def run_inline(repo: Repo, request: CellRequest, operation: str, shell: InteractiveShell) -> None:
    """Run the cell here, its params and `--in` variables set before and its `--out` variables written after.

    Raises: DvcFailed if it fails; the old outs are back then.
    """
    run = repo.begin_inline(request.name, operation)
    worked = False
    try:
        shell.user_ns.update(run.values)
        shell.user_ns.update(values(list(request.loads)))
        worked = run_nested(shell, request.body, f"run it as a stage: `%%stage {request.name} …` without --inline")
        if worked:
            worked = False
            _save(request, shell)
            worked = True
    finally:
        repo.end_inline(run, worked=worked)
    if not worked:
        raise DvcFailed(f"the cell of stage '{request.name}' failed; its outputs are as they were before")
    sys.stderr.write(
        f"stage '{request.name}' ran in this kernel: what it made is not recorded and not yet reproducible, as it may"
        " depend on anything here; run the cell without --inline\n"
    )


def _save(request: CellRequest, shell: InteractiveShell) -> None:
    for variable in request.saves:
        if variable.name not in shell.user_ns:
            raise DvcFailed(f"the cell does not assign '{variable.name}', which --out is to write to '{variable.path}'")
    try:
        exec(save_source(request.saves), dict(shell.user_ns))  # noqa: S102 - source of ours, as in the stage
    except Exception as error:
        raise DvcFailed(f"what the cell made cannot be written: {type(error).__name__}: {error}") from error
