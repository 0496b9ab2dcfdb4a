"""What need not be run: stages that are up to date, and runs whose outcome is known, or can be fetched.

Source: dvc's stage/__init__.py (reproduce), stage/cache.py (restore); SPEC 4.12, 5.4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from dvnb.errors import DvnbError
from dvnb.events import StageRestored, Warned
from dvnb.objects.hashing import Fingerprint
from dvnb.pipeline.graph import Graph
from dvnb.pipeline.index import Index
from dvnb.pipeline.record import Recorder
from dvnb.pipeline.running import runcache
from dvnb.pipeline.stage import Out, Stage
from dvnb.pipeline.stage_records import lock_entry
from dvnb.pipeline.status import StageStatus
from dvnb.project.project import Project

if TYPE_CHECKING:
    from dvnb.pipeline.running.treatment import ReproOptions

Fetch = Callable[[Iterable[Out]], None]
Made = list[tuple[Out, Fingerprint]]


class KnownRuns:
    """Knows it for the stages of one index. `fetch` brings missing content from a remote (`--pull`)."""

    def __init__(
        self,
        project: Project,
        index: Index,
        graph: Graph,
        recorder: Recorder,
        options: ReproOptions,
        fetch: Fetch | None,
    ) -> None:
        self._project = project
        self._index = index
        self._graph = graph
        self._measure = recorder.measure
        self._recorder = recorder
        self._options = options
        self._fetch = fetch
        self.status = StageStatus(project, index, recorder.measure)

    def is_fresh(self, stage: Stage, reasons: list[Any]) -> bool:
        """Whether a stage with these reasons to run needs no run, since at most content is missing."""
        if stage.frozen:
            reasons = [reason for reason in reasons if reason != "always changed"]
        if not reasons:
            return True
        if not (self._options.allow_missing or self._fetch):
            return False
        fresh = not self.status.without_missing(stage, self._graph.upstream[stage])
        if fresh and self._fetch and not self._options.allow_missing and not self._options.dry:
            return self._fetch_outs(stage, self._fetch)
        return fresh

    def _fetch_outs(self, stage: Stage, fetch: Fetch) -> bool:
        """Bring a stage's outs, which alone are missing, from the remote; whether that worked."""
        if any(out.recorded is None for out in stage.outs):
            return False  # it never ran
        try:
            fetch(stage.outs)
            for out in stage.outs:
                self._check_out(out, out.recorded)
        except DvnbError:
            self._project.emit(Warned(f"Unable to pull data for {self._index.describe(stage)}"))
            return False
        return True

    def fetch_missing_deps(self, stage: Stage) -> None:
        """Bring what a stage reads and the workspace lacks."""
        if self._options.dry or self._fetch is None:
            return
        owners = [self._index.containing(dep.path) for dep in stage.deps if self._measure.dep(dep) is None]
        outs = [owner[1] for owner in owners if owner]
        if outs:
            self._fetch(outs)
            for out in outs:
                self._check_out(out, out.recorded)

    def find(self, stage: Stage) -> Made | None:
        """The outs of a run on the same inputs, all of them in the cache (SPEC 5.4)."""
        if not stage.outs:
            return None
        unchanged = not self.status.definition_changed(stage) and stage.locked and not self.status.changed_deps(stage)
        if not unchanged or any(out.recorded is None for out in stage.outs):
            options = self._options
            if not options.dry:
                self._recorder.take_deps(stage, allow_missing=options.allow_missing and not options.run_cache)
            if not options.run_cache:
                return None
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
        self._recorder.take_deps(probe, allow_missing=self._options.allow_missing)
        return probe

    def _all_cached(self, found: Made) -> bool:
        if self._fetch and not self._options.dry:
            self._fetch_made(found, self._fetch)
        return all(made.hash_info is not None and self._measure.is_cached(made.hash_info) for _, made in found)

    def _fetch_made(self, found: Made, fetch: Fetch) -> None:
        try:
            fetch([Out(out.path, out.text, remote=out.remote, recorded=made) for out, made in found])
        except DvnbError:
            return
        self._measure.forget()

    def restore(self, stage: Stage, name: str, found: Made) -> None:
        """Check out what an earlier run made."""
        self._project.emit(StageRestored(name))
        for out, made in found:
            self._check_out(out, made)
        self._project.state.record_links([out.path for out in stage.outs])

    def _check_out(self, out: Out, want: Fingerprint | None) -> None:
        project = self._project
        project.checkout(out.path, want, link_types=None if out.cache else ["copy"])
        self._measure.forget(out.path)
