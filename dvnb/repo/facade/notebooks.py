"""`Repo`, the part that makes notebooks stages."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from dvnb.repo.facade.pipelines import PipelineVerbs

if TYPE_CHECKING:
    from dvnb.repo.notebooks.inline import InlineRun
    from dvnb.repo.notebooks.stagecells import CellRequest
    from dvnb.repo.results import NotebookRunResult, ReproResult, StageAddResult
    from dvnb.repo.results.stagecells import CellStagesResult


class NotebookVerbs(PipelineVerbs):
    """Notebooks as stages."""

    def notebook_run(
        self,
        notebook: str,
        output: str | None = None,
        *,
        parameters: Sequence[str] = (),
        kernel: str | None = None,
        timeout: float | None = None,
        notebook_timeout: float | None = None,
        stage: str | None = None,
    ) -> NotebookRunResult:
        """Run a notebook into its executed copy, with the params of the stage this belongs to.

        `timeout` is seconds a cell may take, `notebook_timeout` seconds for all of them.
        """
        from dvnb.notebooks.running.run import RunOptions
        from dvnb.repo.running import notebooks

        return notebooks.run(
            self._open(),
            self.cwd,
            notebook,
            output,
            parameters=parameters,
            options=RunOptions(cwd=self.cwd, kernel=kernel, timeout=timeout, notebook_timeout=notebook_timeout),
            stage=stage,
            emit=self._listener,
        )

    def notebook_stage(
        self,
        notebook: str,
        name: str | None = None,
        *,
        deps: Sequence[str] = (),
        params: Sequence[str] = (),
        outs: Sequence[str] = (),
        outs_no_cache: Sequence[str] = (),
        metrics: Sequence[str] = (),
        metrics_no_cache: Sequence[str] = (),
        plots: Sequence[str] = (),
        plots_no_cache: Sequence[str] = (),
        copy: str | None = None,
        no_copy: bool = False,
        parameters: Sequence[str] = (),
        grid: Sequence[str] = (),
        env: str | None = None,
        kernel: str | None = None,
        wdir: str | None = None,
        desc: str | None = None,
        force: bool = False,
        run: bool = False,
    ) -> StageAddResult:
        """Make a notebook a stage; params that its tagged cell asks for are proposed by params.yaml.

        `grid`: `NAME=VALUE,VALUE` make it one stage for each combination. `env`: a lock or requirements file it needs.
        """
        from dvnb.notebooks import grid as grids
        from dvnb.notebooks.stages import StageRequest
        from dvnb.repo.running import defining, notebooks

        matrix = grids.parse(grid)
        request = StageRequest(
            notebook,
            name,
            copy="" if no_copy else copy or (grids.executed_copy(notebook) if matrix else None),
            deps=[*deps, *notebooks.environment_deps(env)],
            outs=notebooks.out_specs(outs, outs_no_cache, metrics, metrics_no_cache, plots, plots_no_cache),
            params=defining.parse_params(params),
            assignments=[*parameters, *grids.assignments(matrix)],
            kernel=kernel,
            wdir=wdir,
            desc=desc,
            propose=not params,
        )
        with self._writing("notebook stage") as session:
            plan = notebooks.plan(session.project, self.cwd, request)
            if matrix:
                grids.check_outs(plan.spec)
            result = defining.add_spec(session, plan.name, plan.spec, force=force, matrix=matrix or None)
        if run:
            self._run_new(result, session)
        return result

    # ---- `%%stage` cells

    def cell_stage(self, request: CellRequest, *, replaces: str | None = None) -> tuple[StageAddResult, str]:
        """Make a `%%stage` cell a stage, in place of the one that it `replaces`; also the id of the operation.

        Raises: DvnbError; nothing is changed then.
        """
        from dvnb.repo.notebooks import stagecells
        from dvnb.repo.upkeep import undo

        words = f"%%stage {request.name}"
        if replaces is None:
            with self._writing(words) as session:
                return stagecells.define(session, request), session.project.journal.operation
        with self._writing(words) as session:
            stagecells.remove(session, replaces, request.owner)
            operation = session.project.journal.operation
        try:
            with self._going_on(operation), self._writing(words) as session:
                return stagecells.define(session, request), operation
        except BaseException:
            with self._writing("undo") as session:
                undo.undo(session.project, operation)
            raise

    def run_cell_stage(self, name: str, operation: str, *, force: bool = False) -> ReproResult:
        """Bring the stage of a `%%stage` cell up to date, as part of the operation that defined it."""
        file = os.path.relpath(os.path.join(self.root, "dvc.yaml"), self.cwd)
        with self._going_on(operation):
            return self.repro(name if file == "dvc.yaml" else f"{file}:{name}", single_item=True, force=force)

    def cell_stages(self, owner: str = "", gone: Collection[str] = ()) -> CellStagesResult:
        """The stages of the project, those of the `%%stage` cells of notebook `owner` (from the root) first.

        `gone`: stages whose cells it has no more.
        """
        from dvnb.repo.notebooks import stagecells

        with self._reading() as session:
            return stagecells.listed(session, owner, gone)

    def remove_cell_stage(self, name: str, owner: str = "") -> None:
        """Remove the stage of a `%%stage` cell that is gone, and its notebooks; what it made stays.

        Raises: OwnershipError for a stage that is none, or of another notebook.
        """
        from dvnb.repo.notebooks import stagecells

        with self._writing(f"%stages --remove {name}") as session:
            stagecells.remove(session, name, owner)

    def begin_inline(self, name: str, operation: str) -> InlineRun:
        """Prepare for running a stage's cell in the kernel that asks, as part of an operation."""
        from dvnb.repo.notebooks import inline

        with self._going_on(operation), self._writing("") as session:
            return inline.begin(session, name)

    def end_inline(self, run: InlineRun, *, worked: bool) -> None:
        """Note what the cell made; if it failed, bring the old outs back."""
        from dvnb.repo.notebooks import inline

        with self._going_on(run.operation), self._writing("") as session:
            inline.end(session, run, worked=worked)

    def own_pickle(self, path: str) -> bytes:
        """The content of a pickle that a stage made on this machine.

        Raises: OwnershipError for any other.
        """
        from dvnb.repo.running import produced

        with self._reading() as session:
            return produced.pickle_bytes(session, os.path.join(self.cwd, path))
