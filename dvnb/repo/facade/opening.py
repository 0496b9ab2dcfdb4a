"""`Repo`, what all its parts begin with: opening the project."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from dvnb.events import Event, Listener, Progress, ignore_events
from dvnb.project.lock import WAIT_SECONDS
from dvnb.project.project import Project
from dvnb.repo.facade.plugins import Canonical, WarmCommands
from dvnb.repo.session import Session

if TYPE_CHECKING:
    import threading

    from dvnb.formats.config import Config
    from dvnb.formats.config_edits import ConfigEditor


class Opened:
    """A folder of a project, which is opened anew for each call.

    `once`: it will not be asked again, so that no answer need be remembered. `stop`: when another thread sets it, what
    is being done ends as by Ctrl-C, with KeyboardInterrupt. `session` is that of the last question.
    """

    session: Session | None = None

    def __init__(
        self,
        start: str | os.PathLike[str] = ".",
        *,
        listener: Listener = ignore_events,
        capture: bool = False,
        wait: float | None = WAIT_SECONDS,
        command: str | None = None,
        once: bool = False,
        stop: threading.Event | None = None,
    ) -> None:
        self.cwd = os.path.realpath(start)
        self._listener = _until(stop, listener) if stop else listener
        self._capture = capture
        self._wait = wait
        self._command = command
        self.once = once
        self._stop = stop
        self._continued: str | None = None  # the operation that the next verb belongs to
        self.root = self._open().root

    def listen_in(self) -> list[Event]:
        """What the listener is told from now on, but for progress."""
        heard: list[Event] = []
        listener = self._listener

        def keep(event: Event) -> None:
            if not isinstance(event, Progress):
                heard.append(event)
            listener(event)

        self._listener = keep
        return heard

    def tell(self, events: Iterable[Event]) -> None:
        """Tell the listener."""
        for event in events:
            self._listener(event)

    def _open(self, verb: str = "") -> Project:
        project = Project.open(
            self.cwd, listener=self._listener, canonical=Canonical(), wait=self._wait, command=self._command or verb
        )
        project.runner = WarmCommands()
        project.stop = self._stop
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
                self.session = Session(project)
                yield self.session
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
            with project.lock() if lock else nullcontext(), project.settling():
                yield ConfigEditor(config, project.journal.write)
        finally:
            project.close()


def _until(stop: threading.Event, listener: Listener) -> Listener:
    """A listener that ends what tells of its progress once `stop` is set; stages are ended by their crew."""

    def hear(event: Event) -> None:
        if stop.is_set() and isinstance(event, Progress):
            raise KeyboardInterrupt
        listener(event)

    return hear
