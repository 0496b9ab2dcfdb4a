"""The notebook that this kernel belongs to, where the front end says which it is, and the `%%stage` cells in it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dvnb.errors import DvnbError
from dvnb.magics.errors import DvcFailed

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_MAGICS = ("%%stage", "%%dvc_stage")


class OwnNotebook:
    """`path` is absolute, `shown` relative to the project's root; both are "" where nobody says."""

    def __init__(self, shell: InteractiveShell, root: str) -> None:
        self._shell = shell
        self.path = _path(shell)
        self.shown = os.path.relpath(self.path, root).replace(os.sep, "/") if self.path else ""

    @property
    def saved_at(self) -> float:
        """When it was last saved, in seconds since the epoch."""
        return os.stat(self.path).st_mtime if self.path else 0.0

    def cells(self) -> dict[str, str] | None:
        """Names of the stages that its cells make -> the cell's body, as last saved; None where that is not known."""
        if not self.path:
            return None
        from dvnb.notebooks.source import cell_source, cells_of, load

        try:
            found = [cell_source(cell) for cell in cells_of(load(self.path)) if cell.get("cell_type") == "code"]
        except (DvnbError, OSError):
            return None
        named: dict[str, str] = {}
        for source in found:
            name, body = self._stage(source)
            if name:
                named[name] = body
        return named

    def _stage(self, source: str) -> tuple[str | None, str]:
        from dvnb.commands.parser import HelpWanted, UsageError
        from dvnb.magics.arguments import split
        from dvnb.magics.stage import cell_parser, whole_line

        first, _, body = source.lstrip("\n").partition("\n")
        magic, _, line = first.partition(" ")
        if magic.rstrip() not in _MAGICS:
            return None, body
        line, body = whole_line(line, body)
        try:
            args = cell_parser().parse_args(split(line, self._shell.user_ns))
        except (DvcFailed, HelpWanted, UsageError):
            return None, body
        return (None if args.setup else args.name), body

    def gone(self, names: list[str], defined: dict[str, tuple[str, float]]) -> list[str]:
        """Which of these stages of the notebook have no cell any more, as far as that is certain.

        A cell may have been written, and run, after the notebook was last saved; but a cell that was run under another
        name since has that name.
        """
        cells = self.cells()
        found: list[str] = []
        for name in names:
            cell, ran_at = defined.get(name, ("", 0.0))
            renamed = bool(cell) and any(
                other == cell and at > ran_at for each, (other, at) in defined.items() if each != name
            )
            unsaved = ran_at >= self.saved_at
            if renamed or (cells is not None and name not in cells and not unsaved):
                found.append(name)
        return found


def _path(shell: InteractiveShell) -> str:
    told = (shell.user_ns.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME"))
    for path in told:
        if isinstance(path, str) and path.endswith(".ipynb") and os.path.isfile(path):
            return os.path.realpath(path)
    return ""
