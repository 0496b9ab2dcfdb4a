"""`Repo`, the part that runs notebooks with values that someone filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dvnb.repo.facade.experiments import ExperimentVerbs
from dvnb.repo.facade.notebooks import NotebookVerbs

if TYPE_CHECKING:
    from dvnb.repo.results import NotebookFormResult, NotebookTryResult


class NotebookFormVerbs(NotebookVerbs, ExperimentVerbs):
    """Notebooks as forms."""

    def notebook_form(self, notebook: str, stage: str | None = None) -> NotebookFormResult:
        """What a notebook's `parameters` cell offers, with the values that its stage would give it now.

        Raises: NotebookError for what is no notebook, and where several stages run it and none is named.
        """
        from dvnb.repo.notebooks import forms

        with self._reading() as session:
            return forms.form(session, notebook, stage)

    def notebook_try(
        self,
        notebook: str,
        values: Mapping[str, Any],
        *,
        stage: str | None = None,
        experiment: str | None = None,
        **definition: Any,
    ) -> NotebookTryResult:
        """Write values into the params files of a notebook's stage, and run that; to undo, both are one operation.

        A notebook without a stage becomes one, by `definition` (see `notebook_stage`). `experiment`: a name ("": any)
        under which the workspace is recorded afterwards, as `exp_save` does; HEAD and the branch stay where they are.

        Raises: NotebookError; StageFailedError, and then the values stay written.
        """
        from dvnb.repo.notebooks import forms, trials
        from dvnb.repo.results import NotebookTryResult

        with self._writing("notebook try") as session:
            if experiment is not None:
                trials.check_name(session, experiment)
            name = forms.form(session, notebook, stage).stage
            changed = forms.fill(session, notebook, values, stage)
            operation = session.project.journal.operation
        with self._going_on(operation):
            if name is None:
                name = self.notebook_stage(notebook, **definition).stage
            result = NotebookTryResult(name, changed, self.repro(name))
            if experiment is not None:
                with self._reading() as session:
                    extra = forms.untracked(session, notebook)
                result.experiment = self.exp_save(name=experiment or None, include_untracked=extra)
        return result
