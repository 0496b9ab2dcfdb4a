"""`Repo` with its widgets: the class that `dvnb.Repo` is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dvnb.repo.facade import Repo as PlainRepo

if TYPE_CHECKING:
    from dvnb.widgets.diff import DiffWidget
    from dvnb.widgets.lineage import LineageWidget
    from dvnb.widgets.metrics import MetricsWidget
    from dvnb.widgets.params import ParamsWidget
    from dvnb.widgets.stages import StagesWidget
    from dvnb.widgets.versions import VersionsWidget


class Repo(PlainRepo):
    """The project around a folder: every verb a method, and widgets for notebooks.

    Widgets need a front end that shows ipywidgets; elsewhere each is a table or a picture.
    """

    def versions_widget(self, path: str) -> VersionsWidget:
        """The versions of tracked data: pick one, see what differs, check it out, undo.

        Raises: DvnbError for a path that is not tracked.
        """
        from dvnb.widgets.versions import VersionsWidget

        return VersionsWidget(self, path)

    def diff_widget(self, a: str | None = None, b: str | None = None, path: str | None = None) -> DiffWidget:
        """What differs between two versions: files of a folder, rows and cells, pictures, lines, values, cells.

        `a` is HEAD and `b` the workspace unless given, `path` the whole project; all can be changed in the widget.
        Raises: GitError for an unknown rev; TargetError for what neither version has.
        """
        from dvnb.widgets.diff import DiffWidget

        return DiffWidget(self, a, b, path)

    def lineage_widget(self, path: str | None = None) -> LineageWidget:
        """Stages, notebooks, data and params as a graph: see what is stale and why, and run it.

        `path` (or a stage, maybe `@REV`) shows what it comes from and what depends on it, else all of the project.
        Raises: TargetError for what is nowhere.
        """
        from dvnb.widgets.lineage import LineageWidget

        return LineageWidget(self, path)

    def metrics_widget(
        self,
        revs: str | Sequence[str] | None = None,
        *,
        num: int | None = None,
        all_branches: bool = False,
        all_tags: bool = False,
        all_commits: bool = False,
    ) -> MetricsWidget:
        """Metrics and params of the workspace, of commits and their experiments: sort, filter, compare, plot them.

        `num`: each rev with the `num` - 1 commits before it. With nothing asked for: the last commits, branches, tags.

        Raises: GitError for an unknown rev.
        """
        from dvnb.widgets.metrics import MetricsWidget

        wanted = (revs,) if isinstance(revs, str) else tuple(revs or ())
        return MetricsWidget(
            self, wanted, num=num, all_branches=all_branches, all_tags=all_tags, all_commits=all_commits
        )

    def stages_widget(self) -> StagesWidget:
        """The stages of the project, fresh or stale and why, and buttons to run them; `%stages` knows the notebook."""
        from dvnb.widgets.stages import StagesWidget

        return StagesWidget(self)

    def params_widget(self, notebook: str, stage: str | None = None, **definition: Any) -> ParamsWidget:
        """A form of a notebook's parameters: run it as its stage, once, or as an experiment, and undo that.

        A notebook without a stage becomes one, by `definition` (see `notebook_stage`).
        Raises: NotebookError for what is no notebook, and where several stages run it and `stage` names none.
        """
        from dvnb.widgets.params import ParamsWidget

        return ParamsWidget(self, notebook, stage, **definition)


Repo.__doc__ = f"{Repo.__doc__}\n{PlainRepo.__doc__}"
