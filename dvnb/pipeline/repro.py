"""Bringing stages up to date, in order.

Source: dvc's repo/reproduce.py and stage/__init__.py (reproduce, run); SPEC 4.6 to 4.8, 4.13.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any, Literal

from dvnb.errors import DvnbError, StageFailedError
from dvnb.events import (
    CommandStarted,
    SourceVerified,
    StageFailed,
    StageFinished,
    StageRestored,
    StageSkipped,
    StageStarted,
    Warned,
)
from dvnb.objects.hashing import Fingerprint
from dvnb.pipeline import runcache
from dvnb.pipeline.aside import Aside
from dvnb.pipeline.command import run_commands
from dvnb.pipeline.graph import Graph
from dvnb.pipeline.index import Index
from dvnb.pipeline.measure import Measure
from dvnb.pipeline.record import Recorder, lock_entry
from dvnb.pipeline.stage import Out, Stage
from dvnb.pipeline.status import StageStatus
from dvnb.project.project import Project
from dvnb.project.reach import Reach
from dvnb.records import dataclass, field

OnError = Literal["fail", "keep-going", "ignore"]
Fetch = Callable[[Iterable[Out]], None]


@dataclass(frozen=True, slots=True)
class ReproOptions:
    """How to reproduce; the names are those of dvc's flags. `capture`: commands' output is emitted as events."""

    force: bool = False
    force_downstream: bool = False
    allow_missing: bool = False
    dry: bool = False
    on_error: OnError = "fail"
    commit: bool = True
    run_cache: bool = True
    capture: bool = False
    confirm: Callable[[str], bool] | None = None


@dataclass(slots=True)
class StageOutcome:
    """What happened to one stage."""

    stage: Stage
    outcome: Literal["ran", "skipped", "restored", "verified", "failed", "would-run", "blocked"]
    reasons: list[Any] = field(default_factory=list[Any])
    seconds: float = 0.0
    message: str = ""


class Reproduction:
    """One run over some stages of one index. `fetch` brings missing content from a remote (`--pull`)."""

    def __init__(
        self, project: Project, index: Index, graph: Graph, options: ReproOptions, fetch: Fetch | None = None
    ) -> None:
        self._project = project
        self._index = index
        self._graph = graph
        self._options = options
        self._fetch = fetch
        self._measure = Measure(project, index)
        self._status = StageStatus(project, index, self._measure)
        self.recorder = Recorder(project, index, self._measure)
        self.outcomes: list[StageOutcome] = []

    def run(self, stages: list[Stage]) -> list[StageOutcome]:
        """Deal with the stages in the given order.

        Raises: StageFailedError at the first failure, or with `on_error="keep-going"` at the end, naming all failures.
        """
        forced = dict.fromkeys(stages, self._options.force)
        blocked: set[Stage] = set()
        failed: list[Stage] = []
        for stage in stages:
            if stage in blocked:
                self.outcomes.append(StageOutcome(stage, "blocked"))
                continue
            try:
                outcome = self._reproduce(stage, force=forced[stage])
            except (DvnbError, OSError) as exc:
                failed.append(stage)
                blocked.update(self._on_failure(stage, exc))
                continue
            self.outcomes.append(outcome)
            if self._options.force_downstream and (outcome.outcome != "skipped" or forced[stage]):
                forced.update(dict.fromkeys(self._graph.downstream[stage], True))
        if failed and self._options.on_error != "ignore":
            raise StageFailedError(
                f"failed to reproduce stages: {self._names(failed)}"
                if len(failed) > 1
                else f"failed to reproduce {self._names(failed)}"
            )
        return self.outcomes

    def _on_failure(self, stage: Stage, exc: Exception) -> list[Stage]:
        name = self._index.address(stage)
        self.outcomes.append(StageOutcome(stage, "failed", message=str(exc)))
        if self._options.on_error == "fail":
            raise StageFailedError(f"failed to reproduce '{name}': {exc}", name) from exc
        ignoring = self._options.on_error == "ignore"
        self._project.emit(Warned(f"{exc} (ignored)" if ignoring else str(exc)))
        self._project.emit(StageFailed(name, str(exc)))
        dependents = [] if ignoring else self._graph.dependents(stage)
        if dependents:
            noun = "Stages" if len(dependents) > 1 else "Stage"
            self._project.emit(Warned(f"{noun} {self._names(dependents)} will be skipped due to this failure"))
        return dependents

    def _names(self, stages: list[Stage]) -> str:
        quoted = [f"'{self._index.address(stage)}'" for stage in stages]
        return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"

    def _reproduce(self, stage: Stage, *, force: bool) -> StageOutcome:
        name = self._index.address(stage)
        if stage.frozen and not stage.is_import:
            self._project.emit(Warned(f"stage: '{name}' is frozen. Its dependencies are not going to be reproduced."))
        self._project.path_locks.check(_paths(stage))
        Reach(self._project).require(out.path for out in stage.outs if out.cache)
        reasons = self._status.reasons(stage)
        if not force and self._is_fresh(stage, reasons):
            self._project.emit(StageSkipped(name))
            return StageOutcome(stage, "skipped")
        confirm = self._options.confirm
        if confirm and not confirm(f"Going to reproduce stage: '{name}'. Are you sure you want to continue?"):
            raise StageFailedError("reproduction aborted by the user", name)
        started = time.monotonic()
        outcome = self._bring_up_to_date(stage, name, force=force)
        outcome.reasons = reasons
        outcome.seconds = time.monotonic() - started
        self._project.emit(StageFinished(name))
        return outcome

    def _is_fresh(self, stage: Stage, reasons: list[Any]) -> bool:
        if not reasons:
            return True
        if not (self._options.allow_missing or self._fetch):
            return False
        fresh = not self._status.without_missing(stage, self._graph.upstream[stage])
        if fresh and self._fetch and not self._options.allow_missing and not self._options.dry:
            return self._fetch_outs(stage)
        return fresh

    def _fetch_outs(self, stage: Stage) -> bool:
        """Bring a stage's outs, which alone are missing, from the remote; whether that worked."""
        assert self._fetch  # noqa: S101 - asked by the caller
        try:
            self._fetch(stage.outs)
            for out in stage.outs:
                self._check_out(out, out.recorded)
        except DvnbError:
            self._project.emit(Warned(f"Unable to pull data for {self._index.describe(stage)}"))
            return False
        return True

    def _bring_up_to_date(self, stage: Stage, name: str, *, force: bool) -> StageOutcome:
        if stage.cmd is None or stage.frozen:
            return self._verify(stage, name)
        if not self._options.dry and self._fetch:
            self._fetch_missing_deps(stage)
        entry = None if force else self._known_run(stage)
        if self._options.dry:
            return self._pretend(stage, name, restorable=entry is not None)
        if entry is not None:
            self._restore(stage, name, entry)
            self._record(stage)
            return StageOutcome(stage, "restored")
        self._execute(stage, name)
        return StageOutcome(stage, "ran")

    def _pretend(self, stage: Stage, name: str, *, restorable: bool) -> StageOutcome:
        if restorable:
            self._project.emit(StageRestored(name))
        self._project.emit(StageStarted(name))
        for command in stage.commands():
            self._project.emit(CommandStarted(name, command))
        return StageOutcome(stage, "would-run")

    def _verify(self, stage: Stage, name: str) -> StageOutcome:
        if not self._options.dry:
            self._project.emit(SourceVerified(name, frozen=stage.frozen))
            missing = [out for out in stage.outs if self._measure.out(out) is None]
            if missing and not self._options.allow_missing:
                listing = ", ".join(self._index.shown(out.path) for out in missing)
                raise StageFailedError(f"missing data 'source': {listing}", name)
            self._record(stage)
        return StageOutcome(stage, "verified")

    def _execute(self, stage: Stage, name: str) -> None:
        """Run the commands with the old outs aside; they come back if anything fails."""
        self.recorder.take_deps(stage, allow_missing=self._options.allow_missing)
        project = self._project
        aside = Aside(project, self._measure, stage)
        project.emit(StageStarted(name))
        with project.path_locks.hold(_reads(stage), _writes(stage)):
            aside.take()
            try:
                with project.repo_lock.yielded():
                    run_commands(stage, root=project.root, name=name, emit=project.emit, capture=self._options.capture)
                self._measure.forget()
                project.forget_git()
                self._record(stage)
            except BaseException:
                aside.bring_back()
                raise
            aside.discard()

    def _record(self, stage: Stage) -> None:
        options = self._options
        self.recorder.take_deps(stage, allow_missing=options.allow_missing)
        self.recorder.take_outs(stage, commit=options.commit, allow_missing=options.allow_missing)
        if options.commit:
            runcache.remember(self._project, self.recorder, stage)
        self.recorder.write(stage)

    def _known_run(self, stage: Stage) -> list[tuple[Out, Fingerprint]] | None:
        """The outs of a run on the same inputs, all of them in the cache (SPEC 5.4)."""
        unchanged = not self._status.definition_changed(stage) and stage.locked and not self._status.changed_deps(stage)
        if not unchanged or any(out.recorded is None for out in stage.outs):
            if not self._options.run_cache:
                return None
            if not self._options.dry:
                self.recorder.take_deps(stage)
            entry = self._look_up(stage)
        else:
            entry = lock_entry(stage) if runcache.is_eligible(self._project, stage) else None
        if entry is None:
            return None
        made = {item.path: item.fingerprint for item in entry.outs}
        if any(out.text not in made for out in stage.outs):
            return None
        found = [(out, made[out.text]) for out in stage.outs]
        return found if self._all_cached(found) else None

    def _look_up(self, stage: Stage) -> Any:
        probe = self._with_current_deps(stage) if self._options.dry else stage
        return runcache.load_run(self._project, probe) if runcache.is_eligible(self._project, probe) else None

    def _with_current_deps(self, stage: Stage) -> Stage:
        """A copy of the stage that says what its deps are now, so that a dry run leaves the stage alone."""
        from copy import deepcopy  # dry runs only

        probe = deepcopy(stage)
        self.recorder.take_deps(probe, allow_missing=self._options.allow_missing)
        return probe

    def _all_cached(self, found: list[tuple[Out, Fingerprint]]) -> bool:
        if self._fetch and not self._options.dry:
            self._fetch_made(found)
        return all(made.hash_info is not None and self._measure.is_cached(made.hash_info) for _, made in found)

    def _fetch_made(self, found: list[tuple[Out, Fingerprint]]) -> None:
        assert self._fetch  # noqa: S101 - asked by the caller
        try:
            self._fetch([Out(out.path, out.text, remote=out.remote, recorded=made) for out, made in found])
        except DvnbError:
            return
        self._measure.forget()

    def _fetch_missing_deps(self, stage: Stage) -> None:
        assert self._fetch  # noqa: S101 - asked by the caller
        owners = [self._index.containing(dep.path) for dep in stage.deps if self._measure.dep(dep) is None]
        outs = [owner[1] for owner in owners if owner]
        if outs:
            self._fetch(outs)
            for out in outs:
                self._check_out(out, out.recorded)

    def _restore(self, stage: Stage, name: str, found: list[tuple[Out, Fingerprint]]) -> None:
        self._project.emit(StageRestored(name))
        for out, made in found:
            self._check_out(out, made)
        self._project.state.record_links([out.path for out in stage.outs])

    def _check_out(self, out: Out, want: Fingerprint | None) -> None:
        project = self._project
        project.checkout(out.path, want, link_types=None if out.cache else ["copy"])
        self._measure.forget(out.path)


def _reads(stage: Stage) -> list[str]:
    deps = [dep.path for dep in stage.deps if dep.repo is None and dep.db is None]
    return [*deps, *(params.path for params in stage.params)]


def _writes(stage: Stage) -> list[str]:
    return [out.path for out in stage.outs]


def _paths(stage: Stage) -> list[str]:
    return [*_reads(stage), *_writes(stage)]
