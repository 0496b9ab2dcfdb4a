"""`Repo`, what all its parts begin with: opening the project."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from dvnb.events import Listener, ignore_events
from dvnb.notebooks.suffixes import may_be_paired
from dvnb.project.lock import WAIT_SECONDS
from dvnb.project.project import Project
from dvnb.repo.session import Session

if TYPE_CHECKING:
    from dvnb.errors import DvnbError
    from dvnb.formats.config import Config
    from dvnb.formats.config_edits import ConfigEditor
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


class Opened:
    """A folder of a project, which is opened anew for each call."""

    def __init__(
        self,
        start: str | os.PathLike[str] = ".",
        *,
        listener: Listener = ignore_events,
        capture: bool = False,
        wait: float | None = WAIT_SECONDS,
        command: str | None = None,
    ) -> None:
        self.cwd = os.path.realpath(start)
        self._listener = listener
        self._capture = capture
        self._wait = wait
        self._command = command
        self._continued: str | None = None  # the operation that the next verb belongs to
        self.root = self._open().root

    def _open(self, verb: str = "") -> Project:
        project = Project.open(
            self.cwd, listener=self._listener, canonical=Canonical(), wait=self._wait, command=self._command or verb
        )
        project.runner = WarmCommands()
        return project

    @property
    def project(self) -> Project:
        """The project, opened anew: its root, config, git, cache."""
        return self._open()

    @contextmanager
    def _writing(self, verb: str) -> Generator[Session]:
        """For verbs that change something; the journal calls them `verb` where no command line is known."""
        project = self._open(verb)
        if self._continued is not None:
            project.journal.resume(self._continued)
        try:
            with project.lock():
                yield Session(project)
        finally:
            project.close()

    @contextmanager
    def _going_on(self, operation: str) -> Generator[None]:
        """What is done meanwhile belongs to an operation that began before: to undo, both are one."""
        self._continued = operation
        try:
            yield
        finally:
            self._continued = None

    @contextmanager
    def _reading(self, *, lock: bool = False) -> Generator[Session]:
        """For verbs that only read; dvc takes the lock for `status` alone, so that the others never wait."""
        project = self._open()
        try:
            with project.reading() if lock else nullcontext():
                yield Session(project)
        finally:
            project.close()

    def _config(self) -> Config:
        from dvnb.repo.upkeep import settings

        return settings.open_config(self.cwd)

    @contextmanager
    def _setting(self, verb: str, *, lock: bool = True) -> Generator[ConfigEditor]:
        """For verbs that change settings, also those of a project whose settings are not valid."""
        from dvnb.formats.config_edits import ConfigEditor

        config = self._config()
        project = Project(self.root, wait=self._wait, command=self._command or verb)
        try:
            with project.lock() if lock else nullcontext():
                yield ConfigEditor(config, project.journal.write)
        finally:
            project.close()
