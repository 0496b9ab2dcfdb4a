"""One stage's commands under way: what is kept busy and aside meanwhile, and what becomes of it at the end.

Source: dvc's stage/__init__.py (run, save, commit).
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from typing import Any

from dvnb.errors import StageFailedError
from dvnb.pipeline.measure import Measure
from dvnb.pipeline.running.aside import Aside
from dvnb.pipeline.running.command import environment
from dvnb.pipeline.running.executor import Ended, Job
from dvnb.pipeline.running.inputs import Inputs
from dvnb.pipeline.running.orphans import note_path
from dvnb.pipeline.running.runlog import RunLog
from dvnb.pipeline.stage import Stage
from dvnb.project.project import Project


class Execution:
    """A run of a stage whose deps were just taken; `begin`, then either `finish` or `give_up`.

    Both are called with the repo lock held.
    """

    def __init__(self, project: Project, measure: Measure, stage: Stage, name: str, log: RunLog) -> None:
        self._project = project
        self._measure = measure
        self._aside = Aside(project, measure, stage)
        self._held = ExitStack()
        self.stage = stage
        self.name = name
        self.log = log
        self.reasons: list[Any] = []
        self.inputs = Inputs(measure, stage)
        self.started = time.monotonic()

    @property
    def job(self) -> Job:
        """What is to be run."""
        stage = self.stage
        env = environment(self._project.root, self.name)
        return Job(self.name, list(stage.lines()), stage.wdir, env, note_path(self._project, stage))

    def begin(self) -> None:
        """Keep the stage's paths busy, and put its old outs aside.

        Raises: BusyPathError.
        """
        self._held.enter_context(self._project.path_locks.hold(self.stage.reads(), self.stage.writes()))
        try:
            self._aside.take()
        except BaseException:
            self.give_up("failed", None)
            raise

    def require_success(self, ended: Ended | BaseException) -> None:
        """Make sure that all commands ran, and forget what was known before.

        Raises: StageFailedError; what kept a command from being started.
        """
        if isinstance(ended, BaseException):
            raise ended
        if ended.status != 0:
            raise StageFailedError(f"failed to run: {ended.command}, exited with {ended.status}", self.name)
        self._measure.forget()
        self._project.forget_git()

    def explain_missing_outs(self) -> None:
        """Say what there is to say of outs that are missing after success, beyond that they are.

        Raises: DvnbError.
        """
        missing = [out.text for out in self.stage.outs if not os.path.exists(out.path)]
        if missing and self._project.runner is not None:
            stage, tmp_dir = self.stage, self._project.tmp_dir
            commands = list(stage.commands())
            error = self._project.runner.explain_missing(commands, stage.wdir, stage.name or "", missing, tmp_dir)
            if error is not None:
                raise error

    def finish(self) -> None:
        """The new outs are recorded."""
        self.log.end("done", 0)
        with self._held:
            self._aside.discard()

    def give_up(self, state: str, status: int | None) -> None:
        """The old outs come back; `state` is "failed" or "stopped"."""
        self.log.end(state, status)
        with self._held:
            self._aside.bring_back()
