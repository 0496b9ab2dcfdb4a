"""What `lineage` is asked about: `PATH`, `STAGE`, either with `@REV`."""

from __future__ import annotations

import os
from collections.abc import Iterator

from dvnb.errors import GitError, MissingObjectsError, TargetError
from dvnb.git.trees import FileTree, RevTree
from dvnb.pipeline.index import Index, is_metafile, load_index
from dvnb.pipeline.stage import Out
from dvnb.project.project import Project
from dvnb.records import dataclass
from dvnb.repo.lineage.trace import Place

WORKSPACE = "workspace"


@dataclass(slots=True)
class Asked:
    """The places that are meant, in the index of a rev (a commit; None: the workspace); `close` it in the end."""

    text: str
    rev: str | None
    index: Index
    places: list[Place]

    def close(self) -> None:
        """End the git process that a rev's tree is read by."""
        if isinstance(self.index.tree, RevTree):
            self.index.tree.close()


def find(project: Project, text: str, rev: str | None = None) -> Asked:
    """What is meant; without `rev`, an `@REV` at the end of `text` counts unless the whole names something.

    Raises: TargetError for what is nowhere; GitError for an unknown rev.
    """
    if rev is not None:
        return _at(project, text, rev)
    try:
        return _at(project, text, None)
    except TargetError as exc:
        unfound = exc
    for name, at in _splits(text):
        try:
            return _at(project, name, at)
        except TargetError as exc:
            unfound = exc  # the rev is one, so that was meant
        except GitError as exc:
            if name == text.rpartition("@")[0] and str(unfound).startswith(f"'{text}'"):
                raise TargetError(f"{unfound}; and {exc}") from None
    raise unfound


def whole(project: Project, rev: str | None = None) -> Asked:
    """Everything that is tracked, and what stages read.

    Raises: GitError for an unknown rev; FormatError.
    """
    rev = None if rev == WORKSPACE else rev
    tree = _tree(project, rev)
    asked = Asked("", tree.rev, load_index(project, tree, tolerant=rev is not None), [])
    for stage in asked.index.stages:
        asked.places += [stage] if stage.cmd is not None else [out.path for out in stage.outs]
    return asked


def _splits(text: str) -> Iterator[tuple[str, str]]:
    """All ways to split a rev from a text, the shortest path first: revs may hold an @ too."""
    for at, letter in enumerate(text):
        if letter == "@" and at and text[at + 1 :]:
            yield text[:at], text[at + 1 :]


def _at(project: Project, name: str, rev: str | None) -> Asked:
    rev = None if rev == WORKSPACE else rev
    tree = _tree(project, rev)
    asked = Asked(name, tree.rev, load_index(project, tree, tolerant=rev is not None), [])
    asked.places = _places(project, asked.index, name)
    if not asked.places:
        asked.close()
        where = f" at '{rev}'" if rev else ""
        raise TargetError(f"'{name}' is no stage, nothing that a stage makes or reads, and no file{where}")
    return asked


def _tree(project: Project, rev: str | None) -> FileTree:
    """The files of a rev, which may be an experiment's name."""
    if rev is None:
        return project.tree()
    from dvnb.repo.experiments.baselines import resolve

    if project.git is None:
        return project.tree(rev)  # which says that there is no git
    return project.tree(resolve(project.git, rev))


def _places(project: Project, index: Index, name: str) -> list[Place]:
    path = name if "://" in name else os.path.normpath(os.path.join(project.cwd, name))
    if is_metafile(os.path.basename(path)) or path in index.pointers:
        stages = index.in_file(path)
        return [place for stage in stages for place in ([stage] if stage.cmd else [out.path for out in stage.outs])]
    owner = index.containing(path)
    if owner is not None:
        return [path] if _is_there(project, index, owner[1], path) else []
    read = any(dep.path == path for stage in index.stages for dep in (*stage.deps, *stage.params))
    if read or index.below(path):
        return [path] if read else [out.path for _, out in index.below(path)]
    stages = [stage for stage in index.stages if stage.name is not None and index.address(stage) == name]
    stages = stages or [stage for stage in index.stages if stage.name is not None and stage.generator == name]
    if stages:
        return list(stages)
    inside = "://" not in path and project.contains(path)
    return [path] if inside and index.tree.exists(project.relpath(path)) else []


def _is_there(project: Project, index: Index, out: Out, path: str) -> bool:
    """Whether a path is an out, or a member of one as far as anybody can tell."""
    in_workspace = index.tree.rev is None
    if out.path == path or (in_workspace and os.path.lexists(path)):
        return True
    folder = out.recorded.hash_info if out.recorded else None
    if folder is None or not folder.is_dir:
        return False
    try:
        found = project.cache.read_tree(folder).under(os.path.relpath(path, out.path).replace(os.sep, "/"))
    except MissingObjectsError:
        return "@" not in os.path.basename(path)  # which is a rev as a rule
    return bool(found.entries)
