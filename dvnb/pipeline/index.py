"""All stages of a project, in the workspace or at a rev, and who owns which path.

Source: dvc's repo/index.py (collect_files) and repo/trie.py.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dvnb.errors import DvnbError, TargetError
from dvnb.formats import dvcfile
from dvnb.formats.ignore import IgnoreRules, dvcignore
from dvnb.git.trees import FileTree
from dvnb.pipeline.load import data_stage, pipeline_stages, single_stage
from dvnb.pipeline.stage import Out, Stage, address
from dvnb.project.project import Project
from dvnb.records import dataclass, field

if TYPE_CHECKING:
    from dvnb.formats.dvcyaml import DvcYaml

PIPELINE_FILE = "dvc.yaml"
DATA_SUFFIX = ".dvc"
OLD_FILE = "Dvcfile"
IGNORE_FILES = (".dvcignore", ".gitignore")
_OLD_MARKS = (b"cmd:", b"metric:", b"plot:", b"tags:", b"live:", b"params:", b"dvnb:")


@dataclass(eq=False)
class Index:
    """Stages in the order they were found, and the parsed dvc.yaml files by absolute path.

    `pointers` are files that only stand for a stage of the dvc.yaml beside them: absolute path -> name of the stage.
    `broken` are metafiles that were left out, wholly or but for what could be read, and why; `unresolved` are stages of
    such files, by file and name, that could not be resolved.
    """

    tree: FileTree
    cwd: str
    stages: list[Stage] = field(default_factory=list[Stage])
    files: dict[str, DvcYaml] = field(default_factory=dict[str, "DvcYaml"])
    pointers: dict[str, str] = field(default_factory=dict[str, str])
    broken: dict[str, DvnbError] = field(default_factory=dict[str, DvnbError])
    unresolved: dict[tuple[str, str], DvnbError] = field(default_factory=dict[tuple[str, str], DvnbError])
    _owners: dict[str, tuple[Stage, Out]] = field(default_factory=dict[str, tuple[Stage, Out]])
    _paths: list[str] | None = None

    def add(self, stage: Stage) -> None:
        """Take in one more stage; of two owners of a path the first one counts (`graph.check` refuses such)."""
        self.stages.append(stage)
        for out in stage.outs:
            self._owners.setdefault(out.path, (stage, out))
        self._paths = None

    def replace(self, stages: list[Stage]) -> None:
        """Hold just these stages."""
        self.stages = []
        self._owners = {}
        for stage in stages:
            self.add(stage)

    def owner(self, path: str) -> tuple[Stage, Out] | None:
        """The stage and out at exactly this absolute path."""
        return self._owners.get(path)

    def containing(self, path: str) -> tuple[Stage, Out] | None:
        """The stage and out at this path or at a folder above it."""
        while path:
            found = self._owners.get(path)
            if found is not None:
                return found
            path = path.rpartition(os.sep)[0]
        return None

    def below(self, folder: str) -> list[tuple[Stage, Out]]:
        """Stages and outs strictly below a folder, by path."""
        if self._paths is None:
            self._paths = sorted(self._owners)
        prefix = folder.rstrip(os.sep) + os.sep
        found: list[tuple[Stage, Out]] = []
        for path in self._paths[bisect_left(self._paths, prefix) :]:
            if not path.startswith(prefix):
                break
            found.append(self._owners[path])
        return found

    def shown(self, path: str) -> str:
        """`path` (absolute) as a person in the current folder would write it."""
        return os.path.relpath(path, self.cwd)

    def address(self, stage: Stage) -> str:
        """A stage as it is addressed from the current folder: `train`, `sub/dvc.yaml:train`, `data.csv.dvc`."""
        return address(stage, self.cwd)

    def describe(self, stage: Stage) -> str:
        """A stage as messages name it: `stage: 'train'`, `stage: 'data.csv.dvc'`."""
        return f"stage: '{self.address(stage)}'"

    def in_file(self, file: str) -> list[Stage]:
        """The stages of one dvc.yaml or .dvc file (absolute), or the one that a pointer stands for.

        Raises: FormatError for a file that is broken.
        """
        name = self.pointers.get(file)
        if name is not None:
            return self.named(os.path.join(os.path.dirname(file), PIPELINE_FILE), name)
        if file in self.broken:
            raise self.broken[file]
        return [stage for stage in self.stages if stage.file == file]

    def named(self, file: str, name: str) -> list[Stage]:
        """The stage of a dvc.yaml (absolute) that has this name, or all of the foreach or matrix of this name.

        Raises: FormatError where it is broken, or may be in what is.
        """
        for (broken, other), error in self.unresolved.items():
            if broken == file and (other == name or other.startswith(f"{name}@")):
                raise error
        stages = [stage for stage in self.stages if stage.file == file]
        found = [stage for stage in stages if stage.name == name] or [s for s in stages if s.generator == name]
        if not found and file in self.broken:
            raise self.broken[file]
        return found

    def is_group(self, file: str, name: str) -> bool:
        """Whether this is a foreach or matrix of a dvc.yaml (absolute): one whose list is empty has no stages."""
        parsed = self.files.get(file)
        definition = parsed.stages.get(name, {}) if parsed else {}
        return "foreach" in definition or "matrix" in definition

    def pointers_to(self, stage: Stage) -> list[str]:
        """The files (absolute) that only stand for this stage."""
        folder = os.path.dirname(stage.file)
        named = (path for path, name in self.pointers.items() if name == stage.name)
        return [path for path in named if os.path.dirname(path) == folder and path != stage.file]


def load_index(project: Project, tree: FileTree | None = None, *, tolerant: bool = False) -> Index:
    """Every stage of the workspace, or of another tree of the same project.

    Raises: FormatError for the first file that is broken; `tolerant`: what is broken is left out, and in `broken`.
    """
    tree = tree or project.tree()
    index = Index(tree, project.cwd)
    for relpath in _metafiles(project, tree, index):
        try:
            load_file(project, index, relpath, tolerant=tolerant)
        except DvnbError as error:
            if not tolerant:
                raise
            index.broken[os.path.join(project.root, *relpath.split("/"))] = error
    return index


def load_file(project: Project, index: Index, relpath: str, *, tolerant: bool = False) -> None:
    """Take the stages of one metafile into the index; `tolerant`: those that can be resolved.

    Raises: FormatError.
    """
    path = os.path.join(project.root, *relpath.split("/"))
    data = index.tree.read(relpath)
    if not relpath.endswith(PIPELINE_FILE):
        _load_data_file(project, index, path, data)
        return
    from dvnb.formats import dvcyaml  # a project of data alone has none

    parsed = dvcyaml.parse(data, project.shown(path), project.state, rev=index.tree.rev)
    index.files[path] = parsed
    unresolved: dict[str, DvnbError] | None = {} if tolerant else None
    for stage in pipeline_stages(project, index.tree, path, parsed, unresolved):
        index.add(stage)
    for name, error in (unresolved or {}).items():
        index.unresolved[path, name] = error
        index.broken.setdefault(path, error)


def _load_data_file(project: Project, index: Index, path: str, data: bytes) -> None:
    shown, rev = project.shown(path), index.tree.rev
    if _may_be_old(path, data):
        from dvnb.formats import single_stage as old  # of dvc's first years: seldom met

        if old.looks_old(data):
            index.add(single_stage(path, old.parse(data, shown, project.state, rev)))
            return
        stage = old.pointed_to(dvcfile.parse(data, shown, project.state, rev))
        if stage is not None:
            index.pointers[path] = stage
            return
        if not path.endswith(DATA_SUFFIX):
            return  # a Dvcfile that is none, which dvc leaves alone too
    index.add(data_stage(path, dvcfile.parse(data, shown, project.state, rev)))


def _may_be_old(path: str, data: bytes) -> bool:
    """Whether the exact look at a file that may be of dvc's first years, or a pointer, is worth its price."""
    return not path.endswith(DATA_SUFFIX) or any(mark in data for mark in _OLD_MARKS)


def is_metafile(name: str) -> bool:
    """Whether a file of this name can define stages."""
    return name in (PIPELINE_FILE, OLD_FILE) or (name.endswith(DATA_SUFFIX) and name != DATA_SUFFIX)


def _metafiles(project: Project, tree: FileTree, index: Index) -> Iterator[str]:
    """Relative paths of all metafiles; folders that are outs (as far as known), or ignored, are not entered."""
    in_workspace = tree.rev is None
    ignored = project.ignore if in_workspace else dvcignore(project.root, tree)
    git_ignored = project.gitignore if in_workspace else None
    pending = [""]
    while pending:
        folder = pending.pop()
        path = os.path.join(project.root, *folder.split("/")) if folder else project.root
        dirs, files = _listing(tree, folder, path, ignored, git_ignored)
        prefix = f"{folder}/" if folder else ""
        yield from (prefix + name for name in files)
        pending.extend(prefix + name for name in reversed(dirs) if index.owner(os.path.join(path, name)) is None)


def _listing(
    tree: FileTree, folder: str, path: str, ignored: IgnoreRules, git_ignored: IgnoreRules | None
) -> tuple[list[str], list[str]]:
    entries = tree.listdir(folder)
    dirs = [name for name, is_dir in entries if is_dir]
    # The rules look for their own file among the names they are given.
    files = [name for name, is_dir in entries if not is_dir and (is_metafile(name) or name in IGNORE_FILES)]
    dirs, files = ignored.filter_names(path, dirs, files)
    if git_ignored is not None:
        dirs, files = git_ignored.filter_names(path, dirs, files)
    return dirs, [name for name in files if name not in IGNORE_FILES]


def require_metafile(project: Project, path: str) -> str:
    """`path` (absolute) if it is a file that may define stages.

    Raises: TargetError with dvc's words.
    """
    if not os.path.exists(path):
        raise TargetError(f"'{project.shown(path)}' does not exist")
    if not os.path.isfile(path):
        raise TargetError(f"'{project.shown(path)}' is not a file")
    if project.ignore.is_ignored(path, is_dir=False):
        raise TargetError(f"'{project.shown(path)}' is dvc-ignored")
    if project.gitignore and project.gitignore.is_ignored(path, is_dir=False):
        raise TargetError(f"bad DVC file name '{project.shown(path)}' is git-ignored.")
    return path
