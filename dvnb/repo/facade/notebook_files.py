"""`Repo`, the part that is about notebooks as files: params, clean, diff, export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dvnb.repo.facade.opening import Opened

if TYPE_CHECKING:
    from dvnb.repo.results import (
        NotebookCleanResult,
        NotebookDiffResult,
        NotebookExportResult,
        NotebookFilterResult,
        NotebookParamsResult,
    )


class NotebookFileVerbs(Opened):
    """Notebooks as files."""

    def notebook_params(self, notebook: str) -> NotebookParamsResult:
        """Names, types, defaults, comments and choices of a notebook's `parameters` cell."""
        from dvnb.repo.notebooks import reading

        return reading.params(self.cwd, notebook)

    def notebook_clean(
        self, *notebooks: str, keep_output_tags: Sequence[str] = (), check: bool = False
    ) -> NotebookCleanResult:
        """Write notebooks without outputs and run-time metadata; as they were, they are in the trash.

        Where a stage that is up to date was recorded with the outputs, as stock dvc does, dvc.lock gets the clean hash.
        Cells tagged `keep_output`, or by one of `keep_output_tags`, keep outputs. `check`: only say what is not clean.
        """
        from dvnb.repo.notebooks import cleaning

        if check:
            return cleaning.clean_all(None, self.cwd, notebooks, keep=keep_output_tags, check=True)
        with self._writing("notebook clean") as session:
            return cleaning.clean_recorded(session, self.cwd, notebooks, keep=keep_output_tags)

    def notebook_filter(self, *, keep_output_tags: Sequence[str] = (), remove: bool = False) -> NotebookFilterResult:
        """Let git clean the project's notebooks when it takes them, or no longer; the work tree is not changed."""
        from dvnb.repo.notebooks import filters

        with self._writing("notebook clean") as session:
            if remove:
                return filters.remove(session.project)
            return filters.install(session.project, list(keep_output_tags))

    def notebook_diff(self, notebook: str, a_rev: str = "HEAD", b_rev: str = "workspace") -> NotebookDiffResult:
        """What people changed in a notebook between two versions, outputs aside."""
        from dvnb.repo.notebooks import reading

        with self._reading() as session:
            return reading.diff(session, notebook, a_rev, b_rev)

    def notebook_export(
        self, notebook: str, output: str | None = None, *, with_input: bool = True
    ) -> NotebookExportResult:
        """Write an executed copy as one HTML file that opens without a network."""
        from dvnb.repo.notebooks import reading

        with self._writing("notebook export") as session:
            return reading.export(session.project, self.cwd, notebook, output, with_input=with_input)
