"""What a stage says its notebook reads and writes, and whether a path is covered by that."""

from __future__ import annotations

import os
from collections.abc import Iterable

from dvnb.records import dataclass, field

_NEVER = {".git", ".dvc", ".venv", "__pycache__", ".ipynb_checkpoints", ".cache"}


@dataclass(slots=True)
class Declared:
    """A stage as lint needs it; paths are absolute.

    `injected` are the names that its params and assignments set, `traced` what a traced run of this very notebook
    read and wrote: ("read" or "write", relpath). `written` grows as lint goes down the notebook.
    """

    stage: str
    root: str
    wdir: str
    notebook: str
    deps: list[str]
    outs: list[str]
    has_params: bool = False
    injected: set[str] = field(default_factory=set[str])
    traced: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    written: set[str] = field(default_factory=set[str])

    def wants_read(self, path: str) -> bool:
        """Whether a file or folder that is read should be a dep: it is the project's, is there, and is not declared."""
        if path == self.notebook or not self._is_ours(path) or not os.path.exists(path):
            return False
        if os.path.isdir(path) and any(_is_within(dep, path) for dep in [*self.deps, *self.outs]):
            return False
        return not (_covers(self.deps, path) or _covers(self.outs, path) or _covers(self.written, path))

    def wants_write(self, path: str) -> bool:
        """Whether a file that is written should be an out."""
        return path != self.notebook and self._is_ours(path) and not _covers(self.outs, path)

    def _is_ours(self, path: str) -> bool:
        if not _is_within(path, self.root) or path == self.root:
            return False
        import tempfile  # loads much, for those few who lint

        temporary = os.path.realpath(tempfile.gettempdir())
        if _is_within(path, temporary) and not _is_within(self.root, temporary):
            return False
        return not _NEVER & set(os.path.relpath(path, self.root).split(os.sep))


def _covers(declared: Iterable[str], path: str) -> bool:
    return any(_is_within(path, one) for one in declared)


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)
