"""One stage at a time: what has to be done with it, and writing down what it made.

Source: dvc's stage/__init__.py (reproduce, run, save); SPEC 4.6 to 4.8.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from dvnb.errors import StageFailedError
from dvnb.events import (
    CommandStarted,
    SourceImported,
    SourceVerified,
    StageChanged,
    StageFinished,
    StageRestored,
    StageSkipped,
    StageStarted,
    Warned,
)
from dvnb.pipeline.graph import Graph
from dvnb.pipeline.index import Index
from dvnb.pipeline.measure import Measure
from dvnb.pipeline.record import Recorder
from dvnb.pipeline.running import runcache
from dvnb.pipeline.running.known_runs import Fetch, KnownRuns
from dvnb.pipeline.running.schedule import LockOrder, Schedule
from dvnb.pipeline.stage import Stage
from dvnb.project.project import Project
from dvnb.project.reach import Reach
from dvnb.records import dataclass, field

if TYPE_CHECKING:
    from dvnb.pipeline.running.execution import Execution
    from dvnb.pipeline.running.inputs import Inputs

OnError = Literal["fail", "keep-going", "ignore"]
GB = 10**9
Bring = Callable[[Stage], None]
"""Lets an import have what its source holds now."""

LOG_SHARE = 4
"""How many logs of the largest size all logs may make."""


@dataclass(frozen=True, slots=True)
class ReproOptions:
    """How to reproduce; the names are those of dvc's flags. `capture`: commands' output is emitted as events.

    `jobs`: how many stages may run at once.
    """

    force: bool = False
    force_downstream: bool = False
    allow_missing: bool = False
    dry: bool = False
    on_error: OnError = "fail"
    commit: bool = True
    run_cache: bool = True
    capture: bool = False
    confirm: Callable[[str], bool] | None = None
    jobs: int = 1


@dataclass(slots=True)
class StageOutcome:
    """What happened to one stage."""

    stage: Stage
    outcome: Literal["ran", "skipped", "restored", "verified", "failed", "would-run", "blocked"]
    reasons: list[Any] = field(default_factory=list[Any])
    seconds: float = 0.0
    message: str = ""


class Treatment:
    """Deals with stages of one index. `fetch` brings missing content from a remote (`--pull`), `bring` imports."""

    def __init__(
        self,
        project: Project,
        index: Index,
        graph: Graph,
        options: ReproOptions,
        fetch: Fetch | None,
        schedule: Schedule,
        *,
        bring: Bring | None = None,
    ) -> None:
        self._bring = bring
        self._project = project
        self._index = index
        self._options = options
        self.measure = Measure(project, index)
        self.recorder = Recorder(project, index, self.measure, schedule.position)
        self._known = KnownRuns(project, index, graph, self.recorder, options, fetch)
        self._lock_order = LockOrder(schedule)

    def deal_with(self, stage: Stage, *, force: bool) -> StageOutcome | Execution:
        """Bring a stage up to date, as far as that needs no command; else its run, with the old outs aside.

        Raises: DvnbError.
        """
        name = self._index.address(stage)
        if stage.frozen and not stage.is_import:
            self._project.emit(Warned(f"stage: '{name}' is frozen. Its dependencies are not going to be reproduced."))
        self._project.path_locks.check([*stage.reads(), *stage.writes()])
        Reach(self._project).require(out.path for out in stage.outs if out.cache)
        reasons = self._known.status.reasons(stage)
        if not force and self._known.is_fresh(stage, reasons):
            self._project.emit(StageSkipped(name))
            return StageOutcome(stage, "skipped")
        if reasons:
            self._project.emit(StageChanged(name, reasons))
        confirm = self._options.confirm
        if confirm and not confirm(f"Going to reproduce stage: '{name}'. Are you sure you want to continue?"):
            raise StageFailedError("reproduction aborted by the user", name)
        started = time.monotonic()
        outcome = self._bring_up_to_date(stage, name, force=force)
        outcome.reasons = reasons
        if not isinstance(outcome, StageOutcome):
            return outcome
        outcome.seconds = time.monotonic() - started
        self._project.emit(StageFinished(name))
        return outcome

    def _bring_up_to_date(self, stage: Stage, name: str, *, force: bool) -> StageOutcome | Execution:
        if self._bring and not stage.frozen and stage.is_import_of_url:
            return self._import(stage, name, self._bring)
        if stage.cmd is None or stage.frozen:
            return self._verify(stage, name)
        self._known.fetch_missing_deps(stage)
        made = None if force else self._known.find(stage)
        if self._options.dry:
            return self._pretend(stage, name, restorable=made is not None)
        from dvnb.pipeline.running import orphans  # where everything is up to date, nothing runs

        orphans.refuse(self._project, stage, name)
        if made is not None:
            self._known.restore(stage, name, made)
            self.record(stage)
            return StageOutcome(stage, "restored")
        return self._execute(stage, name)

    def _pretend(self, stage: Stage, name: str, *, restorable: bool) -> StageOutcome:
        if restorable:
            self._project.emit(StageRestored(name))
        self._project.emit(StageStarted(name))
        for command in stage.lines():
            self._project.emit(CommandStarted(name, command))
        return StageOutcome(stage, "would-run")

    def _verify(self, stage: Stage, name: str) -> StageOutcome:
        if not self._options.dry:
            self._project.emit(SourceVerified(name, frozen=stage.frozen))
            missing = [out for out in stage.outs if self.measure.out(out) is None]
            if missing:
                listing = ", ".join(self._index.shown(out.path) for out in missing)
                raise StageFailedError(f"missing data 'source': {listing}", name)
            self.record(stage)
        return StageOutcome(stage, "verified")

    def _import(self, stage: Stage, name: str, bring: Bring) -> StageOutcome:
        dep, out = stage.deps[0], stage.outs[0]
        self._project.emit(SourceImported(name, source=dep.text, path=self._index.shown(out.path)))
        if self._options.dry:
            return StageOutcome(stage, "would-run")
        bring(stage)
        self.measure.forget()
        return StageOutcome(stage, "ran")

    def _execute(self, stage: Stage, name: str) -> Execution:
        """A run of the commands, with the old outs aside: they come back if anything fails."""
        if not self._options.allow_missing:
            self._require_deps(stage, name)
        self.recorder.take_deps(stage, allow_missing=self._options.allow_missing)
        from dvnb.pipeline.running.execution import Execution  # where everything is up to date, nothing runs
        from dvnb.pipeline.running.runlog import RunLog

        log = RunLog(self._project, stage, name, self._log_limit)
        execution = Execution(self._project, self.measure, stage, name, log)
        execution.begin()
        return execution

    def _require_deps(self, stage: Stage, name: str) -> None:
        for dep in stage.deps:
            if dep.repo is None and dep.db is None and "://" not in dep.path and self.measure.dep(dep) is None:
                raise StageFailedError(f"dependency '{self._index.shown(dep.path)}' does not exist", name)

    @cached_property
    def _log_limit(self) -> float | None:
        size = self._project.settings.get("logs.max_size")
        return None if size is None else size * GB / LOG_SHARE

    def record(self, stage: Stage, inputs: Inputs | None = None) -> None:
        """Write down what a stage read (`inputs`: when it began) and made."""
        options = self._options
        self.recorder.take_deps(stage, allow_missing=options.allow_missing)
        if inputs is not None:
            inputs.warn_of_changes(self._index.address(stage), self._project.emit)
        self.recorder.take_outs(stage, commit=options.commit, allow_missing=options.allow_missing)
        if options.commit:
            runcache.remember(self._project, self.recorder, stage)
        self.recorder.write(stage, before=self._lock_order.following(stage))
