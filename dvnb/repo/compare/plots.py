"""Plots of the workspace and of revs.

Source: dvc's repo/plots/__init__.py, repo/plots/diff.py.
"""

from __future__ import annotations

import errno
import os
import posixpath
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from dvnb.errors import DvnbError, MissingObjectsError, ProjectError
from dvnb.events import Warned
from dvnb.git import command
from dvnb.git.worktree import Git
from dvnb.pipeline.index import Index
from dvnb.pipeline.sections import top_level
from dvnb.pipeline.stage import Out, Stage
from dvnb.project.project import Project
from dvnb.records import dataclass, field
from dvnb.repo.elsewhere.files import Files
from dvnb.repo.elsewhere.repos import Elsewhere
from dvnb.repo.results.plots import PlotsResult, PlotsTemplatesResult
from dvnb.reports.plots import vega
from dvnb.reports.plots.definitions import Declared, OutPlot
from dvnb.reports.plots.figures import Figure, RevPlots, collect, figures
from dvnb.reports.plots.problems import encoded
from dvnb.reports.sources import WORKSPACE

_TEMPLATES = "plots"
_NOWHERE = "No storage files available"


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
    """The commit that an experiment of this name or hash began from, as dvc names its refs."""
    listed = command.run(git, "for-each-ref", "--format=%(refname) %(objectname)", "refs/exps/").decode()
    for line in listed.splitlines():
        ref, commit = line.split(" ")
        *_, start, rest, name = ref.split("/")  # refs/exps/ab/cdef…/name: of commit abcdef…
        if rev == name or commit.startswith(rev):
            return [(start + rest)[:7]]
    return []


def _collect(project: Project, rev: str, targets: Sequence[str], props: dict[str, Any]) -> RevPlots:
    tree = project.tree(None if rev == WORKSPACE else rev)
    with closing(Files(Elsewhere(project.root, project, tree, cloned=False))) as files:
        try:
            return collect(rev, _declared(project, files), _SeenFiles(files, project), targets, props)
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


class _SeenFiles:
    """The files of a rev by their paths relative to the folder that the user is in."""

    def __init__(self, files: Files, project: Project) -> None:
        self._files = files
        self._folder = project.relpath(project.cwd)

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""
        return self._kind(path) is not None

    def isdir(self, path: str) -> bool:
        """Whether there is a folder."""
        return self._kind(path) == "directory"

    def find(self, path: str) -> list[str]:
        """All files below a folder, sorted."""
        found: list[str] = []
        for name, info in self._files.children(self._inside(path)).items():
            inner = posixpath.normpath(posixpath.join(path, name))
            found.extend(self.find(inner) if info["type"] == "directory" else [inner])
        return sorted(found)

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises: FileNotFoundError with dvc's words, its path relative to the project."""
        inside = self._inside(path)
        try:
            with self._files.open(inside) as file:
                return file.read()
        except MissingObjectsError as exc:
            raise FileNotFoundError(2, _NOWHERE, inside) from exc
        except FileNotFoundError as exc:
            found = self._files.index.containing(os.path.join(self._files.other.project.root, inside))
            is_data = found is not None and found[1].cache
            raise FileNotFoundError(2, _NOWHERE if is_data else os.strerror(errno.ENOENT), inside) from exc

    def _kind(self, path: str) -> str | None:
        try:
            return self._files.info(self._inside(path))["type"]
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _inside(self, path: str) -> str:
        inside = posixpath.normpath(posixpath.join(self._folder, path))
        if inside.startswith(("../", "/")) or inside == "..":
            raise FileNotFoundError(2, "No such file or directory", path)
        return "" if inside == "." else inside


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
