"""`Repo`, the part that knows stages."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from dvnb.repo.facade.opening import Opened
from dvnb.repo.facade.remembered import remembered
from dvnb.repo.session import Session

if TYPE_CHECKING:
    from dvnb.pipeline.running.treatment import OnError
    from dvnb.pipeline.stage import Out
    from dvnb.repo.results import (
        DagResult,
        LineageResult,
        LogsResult,
        MigrateStagesResult,
        ReproResult,
        StageAddResult,
        StageListResult,
        WhyResult,
    )


class PipelineVerbs(Opened):
    """Stages: defining, listing, freezing, running them."""

    def stage_add(
        self, name: str, cmd: Sequence[str] | str, *, force: bool = False, run: bool = False, **options: Any
    ) -> StageAddResult:
        """Define a stage; `options` are those of `defining.StageOptions`. `run`: and run it."""
        from dvnb.repo.running import defining

        with self._writing("stage add") as session:
            result = defining.add_stage(session, name, cmd, defining.StageOptions(**options), force=force)
        if run:
            self._run_new(result, session)
        return result

    def run(
        self,
        name: str | None,
        cmd: Sequence[str] | str,
        *,
        file: str | None = None,
        force: bool = False,
        execute: bool = True,
        **options: Any,
    ) -> StageAddResult:
        """Define a stage and run it; without a name, it is known by a file of its own (`file`: "train.dvc")."""
        if name is not None:
            return self.stage_add(name, cmd, run=execute, force=force, **options)
        from dvnb.repo.running import defining, single_stages

        with self._writing("run") as session:
            wanted = defining.StageOptions(**options)
            result = single_stages.add_with_pointer(session, file, cmd, wanted, force=force)
        if execute:
            self._run_new(result, session)
        return result

    def _run_new(self, result: StageAddResult, defined: Session) -> None:
        """Run a new stage; to undo, that and its definition are one operation."""
        with self._going_on(defined.project.journal.operation):
            stage = result.stage if os.path.dirname(result.file) == "" else f"{result.file}:{result.stage}"
            try:
                result.run = self.repro(stage, single_item=True)
            except BaseException:
                with self._writing("stage add") as session:
                    defined.recorder.ignores.take_back(session.project)
                raise
        result.to_stage = list(dict.fromkeys([*result.run.to_stage, *result.to_stage]))

    @remembered()
    def stage_list(
        self, *targets: str, all: bool = False, fail: bool = False, recursive: bool = False
    ) -> StageListResult:
        """The stages of this folder's dvc.yaml, of targets, or all."""
        from dvnb.repo.running import stagelist

        with self._reading() as session:
            return stagelist.list_stages(session, targets, all=all, fail=fail, recursive=recursive)

    def freeze(self, *targets: str) -> list[StageAddResult]:
        """Stop stages from running when what they read changes."""
        from dvnb.repo.running import freezing

        with self._writing("freeze") as session:
            return freezing.set_frozen(session, targets, frozen=True)

    def unfreeze(self, *targets: str) -> list[StageAddResult]:
        """Let stages run again."""
        from dvnb.repo.running import freezing

        with self._writing("unfreeze") as session:
            return freezing.set_frozen(session, targets, frozen=False)

    def repro(
        self,
        *targets: str,
        force: bool = False,
        single_item: bool = False,
        pipeline: bool = False,
        all_pipelines: bool = False,
        recursive: bool = False,
        downstream: bool = False,
        force_downstream: bool = False,
        pull: bool = False,
        allow_missing: bool = False,
        dry: bool = False,
        on_error: OnError = "fail",
        glob: bool = False,
        no_commit: bool = False,
        no_run_cache: bool = False,
        interactive: Callable[[str], bool] | None = None,
        jobs: int | None = None,
    ) -> ReproResult:
        """Bring stages up to date, running those that changed; `jobs`: up to so many at once (default: one)."""
        from dvnb.pipeline.running.treatment import ReproOptions
        from dvnb.repo.running import pipelines

        selection = pipelines.Selection(single_item, pipeline, all_pipelines, recursive, downstream, glob)
        options = ReproOptions(
            force=force,
            force_downstream=force_downstream,
            allow_missing=allow_missing,
            dry=dry,
            on_error=on_error,
            commit=not no_commit,
            run_cache=not no_run_cache,
            capture=self._capture,
            confirm=interactive,
            jobs=jobs or 1,
        )
        with self._writing("repro") as session:
            fetch = _fetcher(session, runs=not no_run_cache) if pull else None
            return pipelines.reproduce(session, targets, selection, options, fetch)

    @remembered()
    def dag(
        self, target: str | None = None, *, outs: bool = False, full: bool = False, collapse: bool = False
    ) -> DagResult:
        """The graph of stages (or of outputs)."""
        from dvnb.repo.running import drawing

        with self._reading() as session:
            return drawing.draw(session, target, outs=outs, full=full, collapse=collapse)

    @remembered()
    def lineage(
        self,
        path: str | None = None,
        rev: str | None = None,
        *,
        upstream: bool = True,
        downstream: bool = True,
        depth: int | None = None,
    ) -> LineageResult:
        """Where data (or a stage) comes from and what depends on it, in the workspace or at a rev.

        `path` may end in `@REV`, and without one all of the project is meant; `depth`: how many stages away to look.
        Raises: TargetError; GitError.
        """
        from dvnb.repo.lineage.lineage import lineage

        with self._reading() as session:
            return lineage(session, path, rev=rev, upstream=upstream, downstream=downstream, depth=depth)

    def pipeline_show(self, *targets: str, outs: bool = False, commands: bool = False) -> DagResult:
        """What targets depend on, upstream first: stages, or their outputs, or their commands."""
        from dvnb.repo.running import drawing

        with self._reading() as session:
            return drawing.show(session, targets, outs=outs, commands=commands)

    def pipeline_list(self) -> DagResult:
        """All stages and what leads from one to another: stages that nothing joins are different pipelines."""
        return self.dag()

    def metrics_modify(self, path: str, *, type: str | None = None, xpath: str | None = None) -> StageAddResult:
        """Say how a metrics file is read: its `type` (raw, json, csv, tsv, hcsv, htsv) and what of it counts."""
        from dvnb.repo.running import metric_forms

        with self._writing("metrics modify") as session:
            return metric_forms.modify(session, path, type, xpath)

    def migrate(self, *targets: str, pointers: bool = False, dry: bool = False) -> MigrateStagesResult:
        """Turn single-stage files of dvc's first years into stages of dvc.yaml and dvc.lock; nothing is run.

        `pointers`: files of the old names stay, and stand for the stages.
        """
        from dvnb.repo.upkeep import migrate_stages

        with self._writing("migrate") as session:
            return migrate_stages.migrate(session, targets, pointers=pointers, dry=dry)

    def logs(
        self, stage: str | None = None, *, runs: int = 1, listed: bool = False, follow: bool = False
    ) -> LogsResult:
        """What the latest `runs` of a stage wrote; `listed`: all runs kept; `follow`: by events, to its end."""
        from dvnb.repo.running import logs

        with self._reading() as session:
            return logs.logs(session, stage, runs=runs, listed=listed, follow=follow)

    @remembered(elsewhere=True)
    def why(self, stage: str) -> WhyResult:
        """Why a stage is not up to date: what changed since it ran, how much, and since which commit."""
        from dvnb.repo.running import why

        with self._reading() as session:
            return why.why(session, stage)


def _fetcher(session: Session, *, runs: bool) -> Callable[[Iterable[Out]], None]:
    """What `repro --pull` brings missing content with; `runs`: the run cache comes first."""
    from dvnb.repo.remotes import sync

    if runs:
        sync.fetch_runs(session)
    return lambda outs: sync.fetch_outs(session, outs)
