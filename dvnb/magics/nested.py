"""A cell that a magic runs in this kernel, inside of the cell that it stands in."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dvnb.magics.errors import DvcFailed

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def run_nested(shell: InteractiveShell, source: str, otherwise: str) -> bool:
    """Run `source` as a cell; whether it worked. `otherwise` says what to do with a cell that awaits.

    Raises: DvcFailed for such a cell where the kernel's event loop runs, which waits for no second one.
    """
    if _is_loop_running() and shell.should_run_async(source, transformed_cell=shell.transform_cell(source)):
        raise DvcFailed("the cell awaits, which it cannot while a magic runs it in this kernel", otherwise)
    return bool(shell.run_cell(source).success)


def _is_loop_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
