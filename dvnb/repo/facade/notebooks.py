"""`Repo`, the part that makes notebooks stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dvnb.repo.facade.pipelines import PipelineVerbs

if TYPE_CHECKING:
    from dvnb.repo.results import NotebookRunResult, StageAddResult


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
        from dvnb.notebooks.running.execute import RunOptions
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
