"""Where dvnb itself writes, and passes on what commands write: its standard streams, or a cell of a notebook."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

DESCRIPTORS = {"stdout": 1, "stderr": 2}

Write = Callable[[str, bytes], object]
"""Takes the name of a stream, and what to write there."""
Act = Callable[[], object]


def own_streams(later: Callable[[Act], object]) -> Write:
    """How to write to the streams of whoever asks for a run; `later` has a function called in that thread.

    What is written to the descriptors of a kernel goes to the cell that began last, and another may have asked.
    """
    return _to_cell(later) if _is_kernel() else write_all


def write_all(stream: str, data: bytes) -> None:
    """Write to one of dvnb's own streams; where nobody reads any more, the command may go on all the same."""
    with suppress(OSError):
        while data:
            data = data[os.write(DESCRIPTORS[stream], data) :]


def _is_kernel() -> bool:
    app: Any = sys.modules.get("ipykernel.kernelapp")  # loaded already if this is one
    return app is not None and bool(app.IPKernelApp.initialized())


def _to_cell(later: Callable[[Act], object]) -> Write:
    import codecs  # a chunk may end within a character

    decoder = codecs.getincrementaldecoder("utf-8")
    decoders = {stream: decoder("replace") for stream in DESCRIPTORS}

    def write(stream: str, data: bytes) -> None:
        later(partial(_tell, stream, decoders[stream].decode(data)))

    return write


def _tell(stream: str, text: str) -> None:
    file = sys.stdout if stream == "stdout" else sys.stderr
    file.write(text)
    file.flush()
