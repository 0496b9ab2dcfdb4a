"""What a target on the command line means: stages, and where it names one of their outs or members, that path.

Source: dvc's repo/stage.py (collect, collect_granular) and utils/__init__.py (parse_target).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from dvnb.errors import TargetError
from dvnb.pipeline.graph import Graph
from dvnb.pipeline.index import PIPELINE_FILE, Index, is_metafile, require_metafile
from dvnb.pipeline.stage import Out, Stage
from dvnb.project.project import Project


class Target(NamedTuple):
    """A stage, and the absolute path of an out or of a member of one where the target named that."""

    stage: Stage
    path: str | None = None


class Targets:
    """Finds what targets name in one index; `graph` is asked for only where deps are wanted."""

    def __init__(self, project: Project, index: Index, graph: Callable[[], Graph]) -> None:
        self._project = project
        self._index = index
        self._graph = graph

    def find(self, texts: Sequence[str], *, with_deps: bool = False, recursive: bool = False) -> list[Target]:
        """All that the targets name, each once; no targets: every stage.

        Raises: TargetError.
        """
        if not texts:
            return [Target(stage) for stage in self._index.stages]
        found: dict[Target, None] = {}
        for text in texts:
            targets = self._granular(text, recursive=recursive)
            if with_deps:
                targets = [Target(stage) for stage in self._graph().with_upstream(t.stage for t in targets)]
            found.update(dict.fromkeys(targets))
        return without_contained(found)

    def stages(
        self, texts: Sequence[str], *, recursive: bool = False, glob: bool = False, empty_groups: bool = False
    ) -> list[Stage]:
        """The stages that targets of `repro` and the like name, each once; outs name none here.

        `empty_groups`: a foreach or matrix without any item may be named.

        Raises: TargetError.
        """
        found: dict[Stage, None] = {}
        for text in texts:
            stages = self._stages(text, recursive=recursive, glob=glob)
            if not stages and not (recursive or glob or empty_groups) and split_target(text)[0] is None:
                raise TargetError(f"Stage '{text}' not found inside '{PIPELINE_FILE}' file")
            found.update(dict.fromkeys(stages))
        return list(found)

    def is_by_name(self, text: str) -> bool:
        """Whether this target is a stage's name or a metafile, so that no other stage needs to be known to find it.

        Raises: TargetError; FormatError where that stage or file is broken.
        """
        file, name = split_target(text)
        if file is None:
            return bool(self._index.named(os.path.join(self._project.cwd, PIPELINE_FILE), text))
        return bool(self._in_file(file, name))

    def _granular(self, text: str, *, recursive: bool) -> list[Target]:
        path = self._absolute(text)
        file, name = split_target(text)
        if recursive and os.path.isdir(path):
            return [Target(stage) for stage in self._below(path)]
        if file is None:
            pipeline = os.path.join(self._project.cwd, PIPELINE_FILE)
            stages = self._index.named(pipeline, text)
            if stages or self._index.is_group(pipeline, text):
                return [Target(stage) for stage in stages]
        elif is_metafile(os.path.basename(file)):
            return [Target(stage) for stage in self._in_file(file, name)]
        return self._by_path(text, path)

    def _by_path(self, text: str, path: str) -> list[Target]:
        owner = self._index.containing(path)
        if owner:
            refuse_below_file(self._index, owner[1], path, text)
            return [Target(owner[0], path)]
        below = self._index.below(path)
        if below:
            return [Target(stage, out.path) for stage, out in below]
        raise TargetError(f"'{text}' does not exist as an output or a stage name in '{PIPELINE_FILE}'{self._no_file()}")

    def _no_file(self) -> str:
        exists = os.path.isfile(os.path.join(self._project.cwd, PIPELINE_FILE))
        return "" if exists else f": '{PIPELINE_FILE}' does not exist"

    def _stages(self, text: str, *, recursive: bool, glob: bool) -> list[Stage]:
        path = self._absolute(text)
        if recursive and os.path.isdir(path):
            return self._below(path)
        file, name = split_target(text)
        if file is None:
            file, name = PIPELINE_FILE, text
        return self._in_file(file, name, glob=glob)

    def _in_file(self, file: str, name: str | None, *, glob: bool = False) -> list[Stage]:
        path = require_metafile(self._project, self._absolute(file))
        if name is None or not path.endswith(PIPELINE_FILE):
            stages = self._index.in_file(path)
            if not stages and path in self._index.pointers:
                stage = self._index.pointers[path]
                raise TargetError(f"'{file}' stands for stage '{stage}', which is not in '{PIPELINE_FILE}'")
            return stages
        found = self._matching(self._index.in_file(path), name) if glob else self._index.named(path, name)
        if not found and not glob and not self._index.is_group(path, name):
            raise TargetError(f"Stage '{name}' not found inside '{file}' file")
        return found

    def _matching(self, stages: Iterable[Stage], pattern: str) -> list[Stage]:
        from fnmatch import fnmatchcase  # not needed to start

        return [stage for stage in stages if fnmatchcase(stage.name or "", pattern)]

    def _below(self, folder: str) -> list[Stage]:
        prefix = folder.rstrip(os.sep) + os.sep
        return [stage for stage in self._graph().plan(None) if stage.file.startswith(prefix)]

    def _absolute(self, text: str) -> str:
        return os.path.normpath(os.path.join(self._project.cwd, text))


def without_contained(found: Collection[Target]) -> list[Target]:
    """Targets without those that another one of the same stage includes."""
    chosen: dict[Stage, set[str | None]] = {}
    for stage, path in found:
        chosen.setdefault(stage, set()).add(path)
    return [target for target in found if not _is_contained(target.path, chosen[target.stage])]


def _is_contained(path: str | None, chosen: set[str | None]) -> bool:
    if path is None or len(chosen) == 1:
        return False
    return None in chosen or any(other is not None and path.startswith(other + os.sep) for other in chosen)


def refuse_below_file(index: Index, out: Out, path: str, text: str) -> None:
    """Make sure that a path in an out can be one of its members.

    Raises: TargetError for a path below what is tracked as a file.
    """
    recorded = out.recorded.hash_info if out.recorded else None
    if path != out.path and recorded is not None and not recorded.is_dir:
        raise TargetError(f"'{text}' does not exist: '{index.shown(out.path)}' is tracked as a file, not as a folder")


def split_target(text: str) -> tuple[str | None, str | None]:
    """A target's file and stage name: `a/dvc.yaml:train`, `:train`, `data.dvc`; (None, None) where it is neither."""
    if is_metafile(os.path.basename(text)):
        return text, None
    file, colon, name = text.rpartition(":")
    if not colon or not name:
        return None, None
    if not file:
        return PIPELINE_FILE, name
    return (file, name) if os.path.basename(file) == PIPELINE_FILE else (None, None)
