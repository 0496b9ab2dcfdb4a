"""Bringing stages up to date, in order, or several at once.

Source: dvc's repo/reproduce.py; SPEC 4.6 to 4.8, 4.13.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from dvnb.errors import DvnbError, StageFailedError
from dvnb.events import Progress, StageFailed, StageFinished, Warned
from dvnb.pipeline.graph import Graph
from dvnb.pipeline.index import Index
from dvnb.pipeline.running.known_runs import Fetch
from dvnb.pipeline.running.schedule import Schedule
from dvnb.pipeline.running.treatment import Bring, ReproOptions, StageOutcome, Treatment
from dvnb.pipeline.stage import Stage
from dvnb.project.project import Project

if TYPE_CHECKING:
    from dvnb.pipeline.running.crew import Crew
    from dvnb.pipeline.running.execution import Execution
    from dvnb.pipeline.running.executor import Ended, Executor


class Reproduction:
    """One run over some stages of one index, in the order of `plan` as far as it matters.

    `fetch` brings missing content from a remote (`--pull`), `bring` that of imports from their sources. `executor`:
    other than the processes of this machine.
    """

    def __init__(
        self,
        project: Project,
        index: Index,
        graph: Graph,
        plan: list[Stage],
        options: ReproOptions,
        *,
        fetch: Fetch | None = None,
        bring: Bring | None = None,
        executor: Executor | None = None,
    ) -> None:
        self._project = project
        self._index = index
        self._graph = graph
        self._options = options
        self._executor = executor
        self._schedule = Schedule(plan, graph)
        self._treatment = Treatment(project, index, graph, options, fetch, self._schedule, bring=bring)
        self.recorder = self._treatment.recorder
        self._total = len(plan)
        self._forced = dict.fromkeys(plan, options.force)
        self._blocked: set[Stage] = set()
        self._failed: list[Stage] = []
        self._failure: StageFailedError | None = None
        self._crew: Crew | None = None
        self.outcomes: list[StageOutcome] = []

    def run(self) -> list[StageOutcome]:
        """Deal with the stages, each after those of them that it depends on; what happened, in the order of the plan.

        After a failure no further stage starts, and those that run are waited for.

        Raises: StageFailedError for the first failure, or with `on_error="keep-going"` naming all failures;
        KeyboardInterrupt and SystemExit after signals, once all commands have ended.
        """
        with ExitStack() as until_end:
            while True:
                self._start(until_end)
                if self._crew is None or not self._crew.is_busy:
                    break
                self._conclude(self._crew)
        if self._crew:
            self._end(self._crew)
        self.outcomes.sort(key=lambda outcome: self._schedule.position(outcome.stage))
        if self._failure:
            raise self._failure
        if self._failed and self._options.on_error != "ignore":
            plural = " stages:" if len(self._failed) > 1 else ""
            raise StageFailedError(f"failed to reproduce{plural} {self._names(self._failed)}")
        return self.outcomes

    def _start(self, until_end: ExitStack) -> None:
        """Deal with all that is ready, as long as there is room for commands."""
        while not self._failure and (self._crew is None or self._crew.has_room):
            stage = self._schedule.next()
            if stage is None:
                return
            execution = self._begin(stage)
            if execution is None:
                continue
            try:
                if self._crew is None:
                    from dvnb.pipeline.running.crew import Crew  # where everything is up to date, nothing runs

                    options = self._options
                    crew = Crew(self._project, options.jobs, capture=options.capture, executor=self._executor)
                    self._crew = until_end.enter_context(crew)
                self._crew.start(execution)
            except BaseException:  # nobody reads any more what it says
                execution.give_up("stopped", None)
                raise

    def _end(self, crew: Crew) -> None:
        from dvnb.pipeline.running import kept_logs  # loaded already: something ran

        if crew.interrupted:
            raise crew.interrupted
        kept_logs.prune(self._project)

    def _begin(self, stage: Stage) -> Execution | None:
        """Deal with a stage that is ready, up to where its commands have to run."""
        if stage in self._blocked:
            self._done(StageOutcome(stage, "blocked"))
            return None
        try:
            outcome = self._treatment.deal_with(stage, force=self._forced[stage])
        except (DvnbError, OSError) as exc:
            self._fail(stage, exc)
            return None
        if not isinstance(outcome, StageOutcome):
            return outcome
        self._done(outcome)
        return None

    def _conclude(self, crew: Crew) -> None:
        """Wait for a stage to end; record what it made, or bring back what was there before."""
        execution, ended = crew.wait()
        if isinstance(ended, BaseException) or not ended.stopped:
            self._record(execution, ended)
        else:
            execution.give_up("stopped", ended.status)
        if self._failure and crew.is_busy:
            self._project.emit(Warned(f"{self._failure}; waiting for {', '.join(crew.names)} to end"))
        elif self._options.capture and self._options.jobs > 1:
            self._project.emit(Progress("stages", len(self.outcomes), self._total, "stage"))

    def _record(self, execution: Execution, ended: Ended | BaseException) -> None:
        stage, state = execution.stage, "stopped"
        try:
            execution.require_success(ended)
            if not self._options.allow_missing:
                execution.explain_missing_outs()
            self._treatment.record(stage, execution.inputs)
        except (DvnbError, OSError) as exc:
            state = "failed"
            execution.give_up(state, getattr(ended, "status", None))
            self._fail(stage, exc)
            return
        except BaseException:
            execution.give_up(state, getattr(ended, "status", None))
            raise
        execution.finish()
        self._project.emit(StageFinished(execution.name))
        self._done(StageOutcome(stage, "ran", execution.reasons, time.monotonic() - execution.started))

    def _done(self, outcome: StageOutcome) -> None:
        stage = outcome.stage
        self.outcomes.append(outcome)
        if (
            self._options.force_downstream
            and outcome.outcome != "blocked"
            and (outcome.outcome != "skipped" or self._forced[stage])
        ):
            self._forced.update(dict.fromkeys(self._graph.downstream[stage], True))
        self._schedule.finish(stage)

    def _fail(self, stage: Stage, exc: BaseException) -> None:
        name = self._index.address(stage)
        self._failed.append(stage)
        self.outcomes.append(StageOutcome(stage, "failed", message=str(exc)))
        self._schedule.finish(stage)
        if self._options.on_error == "fail":
            failure = StageFailedError(f"failed to reproduce '{name}': {exc}", name)
            if self._failure:
                self._project.emit(Warned(str(failure)))
            else:
                failure.__cause__ = exc
                self._failure = failure
            return
        ignoring = self._options.on_error == "ignore"
        self._project.emit(Warned(f"{exc} (ignored)" if ignoring else str(exc)))
        self._project.emit(StageFailed(name, str(exc)))
        dependents = [] if ignoring else self._graph.dependents(stage)
        if dependents:
            noun = "Stages" if len(dependents) > 1 else "Stage"
            self._project.emit(Warned(f"{noun} {self._names(dependents)} will be skipped due to this failure"))
        self._blocked.update(dependents)

    def _names(self, stages: list[Stage]) -> str:
        quoted = [f"'{self._index.address(stage)}'" for stage in stages]
        return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
