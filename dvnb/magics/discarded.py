"""Whether a cell drops the value of a magic, as the first line of `%dvc metrics show` and `%dvc dag` does."""

from __future__ import annotations

import dis
import inspect
from itertools import islice
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def is_discarded(shell: InteractiveShell) -> bool:
    """Whether the cell that is calling does nothing with what it gets back.

    IPython shows the value of a cell's last line only, and only to that line's display hook; a magic in the middle
    would stay silent where `!command` prints. What a cell assigns, passes on or shows itself is not discarded.
    """
    if shell.ast_node_interactivity == "none":
        return False  # the user wants nothing shown unasked
    return _next_instruction(shell) == "POP_TOP"


def is_assigned(shell: InteractiveShell) -> bool:
    """Whether the cell that is calling gives what it gets back a name."""
    return _next_instruction(shell).startswith("STORE_")


def _next_instruction(shell: InteractiveShell) -> str:
    frame = _cell_frame(shell)
    if frame is None:
        return ""
    instructions = dis.get_instructions(frame.f_code)
    following = (each for each in instructions if each.offset > frame.f_lasti and each.opname != "CACHE")
    return "".join(each.opname for each in islice(following, 1))


def _cell_frame(shell: InteractiveShell) -> FrameType | None:
    frame: FrameType | None = inspect.currentframe()
    while frame is not None and frame.f_globals is not shell.user_ns:
        frame = frame.f_back
    return frame
