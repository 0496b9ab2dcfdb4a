"""`Repo`, the part that draws plots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dvnb.git.worktree import Git
from dvnb.project.project import Project
from dvnb.repo.facade.opening import Opened

if TYPE_CHECKING:
    from dvnb.repo.results import PlotsModifyResult, PlotsResult, PlotsTemplatesResult


class PlotVerbs(Opened):
    """Plots: drawing, comparing, changing how they look."""

    def plots_show(
        self,
        *targets: str,
        revs: Sequence[str] = ("workspace",),
        template: str | None = None,
        x: str | None = None,
        y: str | None = None,
        x_label: str | None = None,
        y_label: str | None = None,
        title: str | None = None,
        header: bool | None = None,
        out: str | None = None,
        page: bool = False,
        html_template: str | None = None,
        split: bool = False,
    ) -> PlotsResult:
        """Plots of the workspace, or of `revs`, as figures with their Vega-Lite.

        What is given from `template` to `header` wins over what dvc.yaml says. `out`: a folder to write pictures to;
        with `page` the HTML page too, into "dvc_plots" if no folder is given. `split`: leave out of the specs what many
        figures share, and return it beside them.
        """
        from dvnb.repo.compare import plots

        props = _props(template, x, y, x_label, y_label, title, header)
        options = plots.PlotOptions(props, out, page, html_template, split)
        with self._reading() as session:
            return plots.show_plots(session.project, targets, revs, options)

    def plots_diff(
        self,
        *revisions: str,
        targets: Sequence[str] = (),
        experiment: bool = False,
        template: str | None = None,
        x: str | None = None,
        y: str | None = None,
        x_label: str | None = None,
        y_label: str | None = None,
        title: str | None = None,
        header: bool | None = None,
        out: str | None = None,
        page: bool = False,
        html_template: str | None = None,
        split: bool = False,
    ) -> PlotsResult:
        """Plots of several revs in the same figures; of one rev beside the workspace, of none HEAD's beside it.

        The rest is as in `plots_show`.
        """
        from dvnb.repo.compare import plots

        props = _props(template, x, y, x_label, y_label, title, header)
        options = plots.PlotOptions(props, out, page, html_template, split)
        with self._reading() as session:
            wanted = plots.diff_revs(session.project, revisions, experiment=experiment)
            if not plots.has_commits(session.project):
                wanted = []
            return plots.show_plots(session.project, targets, wanted, options)

    def plots_modify(
        self,
        target: str,
        *,
        template: str | None = None,
        x: str | None = None,
        y: str | None = None,
        x_label: str | None = None,
        y_label: str | None = None,
        title: str | None = None,
        header: bool | None = None,
        unset: Sequence[str] = (),
    ) -> PlotsModifyResult:
        """Set properties of a stage's output, which becomes a plot, or take them away."""
        from dvnb.repo.compare import plots_modify

        props = _props(template, x, y, x_label, y_label, title, header)
        with self._writing("plots modify") as session:
            return plots_modify.modify(session, target, props, unset)

    def plots_templates(self, template: str | None = None) -> PlotsTemplatesResult:
        """The names of dvc's templates, or the content of one."""
        from dvnb.repo.compare import plots

        return plots.templates(template)


class PlotsAnywhere(PlotVerbs):
    """Plots of files around a folder that belongs to no project; in git, of their revs too."""

    def _open(self, verb: str = "") -> Project:
        git = Git.find(self.cwd)
        return Project(git.root if git else self.cwd, cwd=self.cwd, listener=self._listener, wait=self._wait)


def _props(*values: Any) -> dict[str, Any]:
    """The properties that are given, by dvc's names and in dvc's order."""
    names = ("template", "x", "y", "x_label", "y_label", "title", "header")
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}
