"""One verb's view of a project: opened, its index loaded, its targets found, its metafiles told to git."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from dvnb.errors import TargetError
from dvnb.pipeline.graph import Graph, build_graph
from dvnb.pipeline.index import Index, is_metafile, load_index
from dvnb.pipeline.measure import Measure
from dvnb.pipeline.status import StageStatus
from dvnb.pipeline.targets import Targets
from dvnb.project.project import Project

if TYPE_CHECKING:
    from dvnb.pipeline.record import Recorder


class Session:
    """What a verb works with, each part made when first used. A session lives as long as one verb."""

    def __init__(self, project: Project) -> None:
        self.project = project
        _ = project.config  # a configuration that is not valid stops every verb, whether it needs a setting or not

    @cached_property
    def index(self) -> Index:
        """All stages of the workspace. Raises: TargetError for an out that is ignored: its content is nobody's."""
        return self._checked(load_index(self.project))

    def narrow(self, targets: Sequence[str]) -> None:
        """Let other stages be broken, where all targets are names of stages or metafiles; called before all else.

        Raises: FormatError where what is broken may matter.
        """
        if not targets or "index" in self.__dict__:
            return
        index = load_index(self.project, tolerant=True)
        if index.broken:
            found = Targets(self.project, index, lambda: build_graph(index))
            if not all(found.is_by_name(text) for text in targets):
                raise next(iter(index.broken.values()))
        self.index = self._checked(index)

    def _checked(self, index: Index) -> Index:
        for stage in index.stages:
            for out in stage.outs:
                known = out.recorded.hash_info if out.recorded else None
                refuse_ignored(self.project, out.path, is_dir=known is not None and known.is_dir)
        return index

    @cached_property
    def graph(self) -> Graph:
        """Their graph, checked."""
        return build_graph(self.index)

    @cached_property
    def targets(self) -> Targets:
        """What targets mean in the workspace."""
        return Targets(self.project, self.index, lambda: self.graph)

    @cached_property
    def measure(self) -> Measure:
        """What the workspace holds."""
        return Measure(self.project, self.index)

    @cached_property
    def status(self) -> StageStatus:
        """What changed."""
        return StageStatus(self.project, self.index, self.measure)

    @cached_property
    def recorder(self) -> Recorder:
        """The writer of metafiles."""
        from dvnb.pipeline.record import Recorder  # verbs that only read do without

        return Recorder(self.project, self.index, self.measure)

    def absolute(self, text: str | os.PathLike[str]) -> str:
        """A path given by the user, absolute."""
        return os.path.normpath(os.path.join(self.project.cwd, os.fspath(text)))

    def tell_git(self, written: list[str]) -> tuple[list[str], bool]:
        """Metafiles as their user would write them, and whether `core.autostage` staged them."""
        project = self.project
        if project.git is None or not written:
            return [], False
        shown = [project.shown(path) for path in written]
        if not project.config.get("core.autostage"):
            return shown, False
        from dvnb.objects.undo.gitchanges import stage  # git's program is needed by few verbs

        stage(project.journal, project.git, written)
        return shown, True


def refuse_metafile(project: Project, path: str) -> None:
    """Make sure that a new out is no file that can define stages. Raises: TargetError."""
    if is_metafile(os.path.basename(path)):
        raise TargetError(f"DVC file '{project.shown(path)}' cannot be an output.")


def refuse_ignored(project: Project, path: str, *, is_dir: bool | None = None) -> None:
    """Make sure that `.dvcignore` does not leave a path out; `is_dir`: what will be there, if it is not there yet.

    Raises: TargetError.
    """
    rules = project.ignore
    is_dir = os.path.isdir(path) if is_dir is None else is_dir
    if rules.is_ignored(path, is_dir):
        rule = rules.explain(path, is_dir)
        where = ":".join(str(part) for part in rule if part != 0) if rule else ".dvcignore"
        raise TargetError(f"Path '{path}' is ignored by {where}")
