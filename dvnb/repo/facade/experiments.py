"""`Repo`, the part that knows experiments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dvnb.repo.facade.opening import Opened

if TYPE_CHECKING:
    from dvnb.repo.results import ExperimentListResult, ExperimentSaveResult, ExperimentShowResult


class ExperimentVerbs(Opened):
    """Experiments: commits beside the branches that record what a workspace held."""

    def exp_show(
        self,
        *revs: str,
        num: int = 1,
        all_branches: bool = False,
        all_tags: bool = False,
        all_commits: bool = False,
        param_deps: bool = False,
        force: bool = False,
        hide_workspace: bool = False,
        hashes_only: bool = False,
    ) -> ExperimentShowResult:
        """The workspace, and baselines with the experiments derived from them; baselines are `revs`, else HEAD.

        `num`: each rev with the `num` - 1 commits before it. `param_deps`: of params only those that stages declare.
        `force`: read commits again, even if they are remembered. `hashes_only`: baselines without names.
        """
        from dvnb.repo.elsewhere.repos import Elsewhere
        from dvnb.repo.experiments.baselines import Baselines
        from dvnb.repo.experiments.collect import show

        with self._reading() as session:
            project = session.project
            other = Elsewhere(project.root, project, project.tree(), cloned=False)
            return show(
                other,
                Baselines(revs, num, all_branches, all_tags, all_commits),
                param_deps=param_deps,
                force=force,
                hide_workspace=hide_workspace,
                hashes_only=hashes_only,
            )

    def exp_list(
        self, *revs: str, num: int = 1, all_commits: bool = False, git_remote: str | None = None
    ) -> ExperimentListResult:
        """Experiments by the commit they derive from: of `revs` (HEAD), of all, here or in another git repository."""
        from dvnb.repo.experiments import listing
        from dvnb.repo.experiments.baselines import Baselines

        with self._reading() as session:
            baselines = None if all_commits else Baselines(revs, num)
            return listing.list_experiments(session, baselines, git_remote)

    def exp_save(
        self,
        *targets: str,
        name: str | None = None,
        force: bool = False,
        include_untracked: Sequence[str] = (),
        message: str | None = None,
        recursive: bool = False,
    ) -> ExperimentSaveResult:
        """Record the workspace as an experiment of HEAD; `targets`: only their data goes into the cache.

        `force`: it may replace one of its name; `include_untracked`: files that git does not track.
        """
        from dvnb.repo.experiments import save

        options = save.SaveOptions(name, force, include_untracked, message, recursive)
        with self._writing("exp save") as session:
            return save.save(session, targets, options)
