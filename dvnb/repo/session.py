"""One verb's view of a project: opened, its index loaded, its targets found, its metafiles told to git."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from dvnb.pipeline.graph import Graph, build_graph
from dvnb.pipeline.index import Index, load_index
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

    @cached_property
    def index(self) -> Index:
        """All stages of the workspace."""
        return load_index(self.project)

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
        from dvnb.git import command  # git's program is needed by few verbs

        command.add(project.git, written)
        return shown, True
