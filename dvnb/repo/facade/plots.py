"""`Repo`, the part that draws plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dvnb.repo.facade.opening import Opened

if TYPE_CHECKING:
    from dvnb.repo.results import PlotsModifyResult, PlotsResult, PlotsTemplatesResult


class PlotVerbs(Opened):
    """Plots: drawing, comparing, changing how they look."""

    def plots_show(
        self,
        *targets: str,
        revs: Sequence[str] = ("workspace",),
        props: Mapping[str, Any] | None = None,
        out: str | None = None,
        page: bool = False,
        html_template: str | None = None,
        split: bool = False,
    ) -> PlotsResult:
        """Plots of the workspace, or of `revs`, as figures with their Vega-Lite.

        `props` (template, x, y, x_label, y_label, title, header) win over what dvc.yaml says. `out`: a folder to write
        pictures to; with `page` the HTML page too, into "dvc_plots" if no folder is given. `split`: leave out of the
        specs what many figures share, and return it beside them.
        """
        from dvnb.repo.compare import plots

        options = plots.PlotOptions(dict(props or {}), out, page, html_template, split)
        with self._reading() as session:
            return plots.show_plots(session.project, targets, revs, options)

    def plots_diff(
        self,
        *revs: str,
        targets: Sequence[str] = (),
        experiment: bool = False,
        props: Mapping[str, Any] | None = None,
        out: str | None = None,
        page: bool = False,
        html_template: str | None = None,
        split: bool = False,
    ) -> PlotsResult:
        """Plots of several revs in the same figures; of one rev beside the workspace, of none HEAD's beside it.

        The rest is as in `plots_show`.
        """
        from dvnb.repo.compare import plots

        options = plots.PlotOptions(dict(props or {}), out, page, html_template, split)
        with self._reading() as session:
            wanted = plots.diff_revs(session.project, revs, experiment=experiment)
            if not plots.has_commits(session.project):
                wanted = []
            return plots.show_plots(session.project, targets, wanted, options)

    def plots_modify(
        self, target: str, props: Mapping[str, Any] | None = None, *, unset: Sequence[str] = ()
    ) -> PlotsModifyResult:
        """Set properties of a stage's output, which becomes a plot, or take them away."""
        from dvnb.repo.compare import plots_modify

        with self._writing("plots modify") as session:
            return plots_modify.modify(session, target, dict(props or {}), unset)

    def plots_templates(self, template: str | None = None) -> PlotsTemplatesResult:
        """The names of dvc's templates, or the content of one."""
        from dvnb.repo.compare import plots

        return plots.templates(template)
