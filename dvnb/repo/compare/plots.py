"""Plots of the workspace and of revs.

Source: dvc's repo/plots/__init__.py, repo/plots/diff.py.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from dvnb.errors import DvnbError, GitError, ProjectError
from dvnb.events import Warned
from dvnb.git import command
from dvnb.git.trees import FileTree
from dvnb.git.worktree import Git
from dvnb.pipeline.index import Index
from dvnb.pipeline.sections import top_level
from dvnb.pipeline.stage import Out, Stage
from dvnb.project.project import Project
from dvnb.records import dataclass, field
from dvnb.repo.compare.plots_files import SeenFiles
from dvnb.repo.elsewhere.files import Files
from dvnb.repo.elsewhere.repos import Elsewhere
from dvnb.repo.experiments import refs as experiments
from dvnb.repo.experiments.baselines import resolve
from dvnb.repo.results.plots import PlotsResult, PlotsTemplatesResult
from dvnb.reports.plots import vega
from dvnb.reports.plots.definitions import Declared, OutPlot
from dvnb.reports.plots.figures import Figure, RevPlots, collect, figures
from dvnb.reports.plots.problems import encoded
from dvnb.reports.sources import WORKSPACE

_TEMPLATES = "plots"


@dataclass(slots=True)
class PlotOptions:
    """How plots shall look, and what is made of them; see `Repo.plots_show`."""

    props: dict[str, Any] = field(default_factory=dict[str, Any])
    out: str | None = None
    page: bool = False
    html_template: str | None = None
    split: bool = False


def show_plots(project: Project, targets: Sequence[str], revs: Sequence[str], options: PlotOptions) -> PlotsResult:
    """The plots of `revs`, "workspace" among them comes first.

    Raises: GitError for an unknown rev; PlotError.
    """
    wanted = [_seen_from_cwd(project, target) for target in targets]
    ordered = dict.fromkeys([*(rev for rev in revs if rev == WORKSPACE), *revs])
    collected = [_collect(project, rev, wanted, options.props) for rev in ordered]
    found = figures(plots for plots in collected if plots.error is None)
    _warn(project, collected, found)
    for figure in found:
        vega.fill(figure, os.path.join(project.dvc_dir, _TEMPLATES), split=options.split)
    result = PlotsResult(found, {plots.rev: plots.error for plots in collected if plots.error is not None})
    if options.page or options.out is not None:
        from dvnb.repo.compare import plots_page

        plots_page.write(project, result, options)
    return result


def diff_revs(project: Project, revs: Sequence[str], *, experiment: bool = False) -> list[str]:
    """What `plots diff` compares: one rev with the workspace; without any HEAD, if the workspace differs from it.

    `experiment`: one experiment with the commit it began from. Raises: ProjectError without git.
    """
    git = project.git
    if git is None:
        raise ProjectError("revs can only be compared in a git repository")
    wanted = list(revs)
    if experiment and len(wanted) == 1:
        wanted += _baseline(git, wanted[0])
    if len(wanted) > 1:
        return wanted
    if not wanted and command.run(git, "status", "--porcelain", "--untracked-files=no"):
        wanted.append("HEAD")
    return [*wanted, WORKSPACE]


def has_commits(project: Project) -> bool:
    """Whether there is anything to compare with."""
    return project.git is not None and project.git.head() is not None


def templates(name: str | None) -> PlotsTemplatesResult:
    """The names of dvc's templates, or one of them. Raises: PlotError."""
    if name:
        return PlotsTemplatesResult([name], vega.template_content(name))
    return PlotsTemplatesResult(vega.template_names())


def _baseline(git: Git, rev: str) -> list[str]:
    """The commit that an experiment of this name or hash began from, short as dvc shows it."""
    found = [one for one in experiments.listed(git) if rev == one.name or (one.commit or "").startswith(rev)]
    return [found[0].baseline[:7]] if found else []


def _tree(project: Project, rev: str) -> FileTree:
    """The files of a rev, which may be the name of an experiment. Raises: GitError."""
    if rev == WORKSPACE:
        return project.tree()
    try:
        return project.tree(rev)
    except GitError:
        if project.git is None:
            raise
        return project.tree(resolve(project.git, rev))


def _collect(project: Project, rev: str, targets: Sequence[str], props: dict[str, Any]) -> RevPlots:
    tree = _tree(project, rev)
    with closing(Files(Elsewhere(project.root, project, tree, cloned=False))) as files:
        try:
            return collect(rev, _declared(project, files), SeenFiles(files), targets, props)
        except DvnbError as error:  # a broken dvc.yaml of one rev must not hide the others
            return RevPlots(rev, error=encoded(error))


def _declared(project: Project, files: Files) -> Declared:
    index = files.index
    return Declared(
        {_posix(index.shown(file)): items for file, items in top_level(project, index, "plots")},
        [_out_plot(index, stage, out) for stage in index.stages for out in stage.outs if out.kind == "plots"],
    )


def _out_plot(index: Index, stage: Stage, out: Out) -> OutPlot:
    shown = _posix(index.shown(out.path))
    path = shown if os.path.isabs(out.text) else posixpath.normpath(f"{_posix(index.shown(stage.wdir))}/{out.text}")
    return OutPlot(path, shown, dict(out.plot) if isinstance(out.plot, dict) else {})


def _seen_from_cwd(project: Project, target: str) -> str:
    return _posix(project.shown(target)) if os.path.isabs(target) else _posix(target)


def _posix(path: str) -> str:
    return path.replace(os.sep, "/")


def _warn(project: Project, collected: Sequence[RevPlots], found: Sequence[Figure]) -> None:
    """Say what could not be loaded: the result holds the rest."""
    for plots in collected:
        if plots.error is not None:
            project.emit(Warned(f"failed to load plots in revision '{plots.rev}', {plots.error['msg']}"))
    for figure in found:
        for rev, error in figure.errors.items():
            project.emit(Warned(f"In '{rev}', {error['msg']}"))
    failed = [plots.rev for plots in collected if plots.errors or plots.error is not None]
    if failed:
        project.emit(Warned(f"failed to load some plots for following revisions: '{', '.join(failed)}'."))
