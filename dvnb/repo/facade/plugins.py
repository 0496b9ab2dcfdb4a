"""What the facade plugs into a project: notebooks' canonical form, and commands that are started without a shell."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dvnb.notebooks.suffixes import may_be_paired

if TYPE_CHECKING:
    from dvnb.errors import DvnbError
    from dvnb.notebooks.warm.runner import WarmRunner
    from dvnb.project.runner import Place, StartedCommand

_guard = threading.Lock()
_MODULES_OF_A_RUN = (
    *("dvnb.cli.main", "dvnb.cli.terminal", "dvnb.commands.parser", "dvnb.commands.notebook", "dvnb.events.work"),
    *("dvnb.repo.facade", "dvnb.repo.running.notebooks", "dvnb.repo.results.notebooks", "dvnb.formats.yamlfast"),
    *("dvnb.pipeline.measure", "dvnb.pipeline.status", "dvnb.pipeline.targets", "dvnb.pipeline.graph"),
    *("dvnb.formats.lockfile", "dvnb.pipeline.templating.generate"),
)
"""What a process for `dvnb notebook run` has loaded before it is told what to run."""


class Canonical:
    """Canonical hashes of notebooks; their module is imported when the first notebook is met."""

    def applies(self, path: str) -> bool:
        """Whether a file is a notebook."""
        return path.endswith(".ipynb")

    def hash(self, path: str) -> tuple[str, int]:
        """MD5 and size of a notebook's canonical form."""
        from dvnb.notebooks.source import NotebookCanonical

        return NotebookCanonical().hash(path)

    def other_side(self, path: str) -> str | None:
        """The other file of a pair that jupytext keeps, if there is one."""
        if not may_be_paired(path):
            return None
        from dvnb.notebooks.versions import pairs

        return pairs.other_side(path)

    def contents(self, path: str, other: str) -> tuple[str, str]:
        """Digests of what both files of a pair say."""
        from dvnb.notebooks.versions import pairs

        return pairs.contents(path, other)

    def unsynchronized(self, path: str, other: str) -> str:
        """That one file of a pair is ahead of the other."""
        from dvnb.notebooks.versions import pairs

        return pairs.differ(path, other)


def _runs_notebook(command: str) -> bool:
    """Whether that may be so; who looks closely takes longer to import."""
    return "notebook run" in command or "papermill" in command


class WarmCommands:
    """Starts notebook stages without a new interpreter for each; its module is imported when the first one comes."""

    def __init__(self) -> None:
        self._runner: WarmRunner | None = None

    def start(self, command: str, place: Place) -> StartedCommand | None:
        """Start a command line; None for one that belongs to the shell."""
        if not _runs_notebook(command):
            return None
        from dvnb.notebooks.warm.runner import WarmRunner

        with _guard:
            self._runner = self._runner or WarmRunner(_MODULES_OF_A_RUN)
        return self._runner.start(command, place)

    def explain_missing(
        self, commands: Sequence[str], folder: str, stage: str, outs: Sequence[str], tmp_dir: str
    ) -> DvnbError | None:
        """Which notebook did not write a stage's outs, and where its executed copy is; None where none ran."""
        if not any(map(_runs_notebook, commands)):
            return None
        from dvnb.notebooks.running import unwritten  # for failures only

        return unwritten.explain(commands, folder, stage, outs, tmp_dir)

    def close(self) -> None:
        """End what was kept ready."""
        if self._runner is not None:
            self._runner.close()
