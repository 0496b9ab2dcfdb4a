"""`Repo`, the part that looks at notebooks before they become stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dvnb.repo.facade.opening import Opened

if TYPE_CHECKING:
    from dvnb.notebooks.stages import StageRequest
    from dvnb.repo.results import NotebookLintResult, NotebookPromoteResult, NotebookTraceResult


class NotebookReviewVerbs(Opened):
    """Lint, trace and promote."""

    def notebook_lint(
        self, *notebooks: str, select: Sequence[str] = (), ignore: Sequence[str] = ()
    ) -> NotebookLintResult:
        """Find what may keep notebooks from running the same way again; without any named, in all below this folder.

        `select` and `ignore` are beginnings of rule codes.
        """
        from dvnb.repo.notebooks.linting import lint

        project = self._open()
        try:
            return lint(project, self.cwd, notebooks, select=select, ignore=ignore, emit=self._listener)
        finally:
            project.close()

    def notebook_trace(
        self,
        notebook: str,
        name: str | None = None,
        *,
        parameters: Sequence[str] = (),
        kernel: str | None = None,
        wdir: str | None = None,
        watcher: str | None = None,
        scratch: bool = False,
        timeout: float | None = None,
    ) -> NotebookTraceResult:
        """Run a notebook once, watched, and say which deps and outs its stage should have.

        It runs in a copy of the project; what it made is then put into the workspace, unless `scratch`.
        """
        from dvnb.notebooks.stages import StageRequest
        from dvnb.repo.notebooks.tracing import trace

        request = StageRequest(notebook, name, assignments=parameters, kernel=kernel, wdir=wdir)
        project = self._open("notebook trace")
        try:
            return trace(
                project, self.cwd, request, watcher=watcher, scratch=scratch, timeout=timeout, emit=self._listener
            )
        finally:
            project.close()

    def notebook_promote(
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
        kernel: str | None = None,
        wdir: str | None = None,
        desc: str | None = None,
        tolerance: float = 0.0,
        accept: bool = False,
        force: bool = False,
        watcher: str | None = None,
        timeout: float | None = None,
    ) -> NotebookPromoteResult:
        """Run a notebook clean, compare with what lies on the disk, and record it as a stage if nothing differs.

        `accept` records it in spite of differences, `force` also in the place of a stage of that name.
        """
        from dvnb.notebooks.stages import StageRequest
        from dvnb.repo.notebooks.promoting import promote
        from dvnb.repo.running import defining, notebooks

        request: StageRequest = StageRequest(
            notebook,
            name,
            copy="" if no_copy else copy,
            deps=deps,
            outs=notebooks.out_specs(outs, outs_no_cache, metrics, metrics_no_cache, plots, plots_no_cache),
            params=defining.parse_params(params),
            assignments=parameters,
            kernel=kernel,
            wdir=wdir,
            desc=desc,
            propose=not params,
        )
        project = self._open("notebook promote")
        try:
            return promote(
                project,
                self.cwd,
                request,
                tolerance=tolerance,
                accept=accept,
                force=force,
                watcher=watcher,
                timeout=timeout,
                emit=self._listener,
            )
        finally:
            project.close()
