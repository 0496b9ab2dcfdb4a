"""The cell that a magic answers."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


@contextmanager
def own_cell(shell: InteractiveShell) -> Generator[None]:
    """Let what this thread tells within a `with` go to the cell that runs now, also when others have begun since.

    Without it, that of a thread which a cell has started goes to whichever cell runs by then.
    """
    kernel_shell: Any = shell
    if not hasattr(kernel_shell, "set_thread_parent"):  # no kernel, or an old one
        yield
        return
    tokens = kernel_shell.set_thread_parent(kernel_shell.get_parent())
    try:
        yield
    finally:
        kernel_shell.reset_thread_parent(tokens)
