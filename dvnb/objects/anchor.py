"""An open folder, whose files are named without its path: the kernel need not look that up for each of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType

_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_ABLE = {os.open, os.stat, os.link, os.symlink, os.rename} <= os.supports_dir_fd and os.scandir in os.supports_fd


class Anchor:
    """A folder (absolute) to be used in a `with`: its file is named `start + name`, with `dir_fd=fd`.

    Where the system cannot do that, `fd` is None and `start` the path.
    """

    __slots__ = ("fd", "start")

    def __init__(self, folder: str) -> None:
        """Raises: OSError for what is no folder."""
        self.fd = os.open(folder, _FLAGS) if _ABLE else None
        self.start = "" if _ABLE else folder.rstrip(os.sep) + os.sep

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.fd is not None:
            os.close(self.fd)
