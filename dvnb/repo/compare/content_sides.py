"""The files at a path in one version of a project: of a rev (from git and the cache) or of the workspace."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count

from dvnb.errors import Hint, MissingObjectsError
from dvnb.git import command
from dvnb.git.trees import RevTree
from dvnb.objects.hashing import MD5, HashInfo, hash_file, md5_bytes
from dvnb.objects.tree import Tree
from dvnb.pipeline.index import Index, is_metafile, load_index
from dvnb.pipeline.stage import Out
from dvnb.project.project import Project
from dvnb.records import dataclass
from dvnb.repo.session import Session

WORKSPACE = "workspace"
_HIDDEN = frozenset((".gitignore", ".dvcignore", "dvc.lock"))
_names = count()


@dataclass(slots=True)
class File:
    """One file of one version; `path` is where it belongs in the workspace, `where` the version's name.

    Its bytes are `data`, or in the file `place`. `missing`: they are not in the cache.
    """

    path: str
    where: str
    hash_info: HashInfo | None
    place: str = ""
    data: bytes | None = None
    folder: str = ""
    missing: bool = False

    def obtain(self) -> str:
        """A file that holds the bytes."""
        if self.data is None:
            return self.place
        place = os.path.join(self.folder, str(next(_names)))
        with open(place, "wb") as file:
            file.write(self.data)
        return place


Files = dict[str, File]
"""By path relative to what was asked for; "" if that is a file itself."""


def at_rev(session: Session, rev: str, path: str, folder: str) -> Files:
    """What a rev has at `path` (absolute); git's files are written to `folder` when their bytes are wanted.

    Raises: GitError for an unknown rev; MissingObjectsError where a folder's listing is not in the cache.
    """
    project = session.project
    assert project.git is not None  # noqa: S101 - checked by the caller
    with RevTree(project.git, rev, project.root) as tree:
        index = load_index(project, tree)
        found: Files = {}
        for out in _outs(index, path):
            try:
                found |= dict(_recorded(session, out, rev, path))
            except MissingObjectsError as error:
                raise MissingObjectsError(
                    f"the listing of '{project.shown(out.path)}' in '{rev}' is not in the cache",
                    [project.shown(out.path)],
                    fetch_hint(project, rev, project.shown(out.path)),
                ) from error
        if _tracked(index, path) is None:
            for relpath in _git_files(tree, project.relpath(path)):
                place = os.path.join(project.root, *relpath.split("/"))
                data = tree.read(relpath)
                found[_inner(place, path)] = File(place, rev, HashInfo(MD5, md5_bytes(data)), data=data, folder=folder)
        return found


def in_workspace(session: Session, path: str) -> Files:
    """What is at `path` (absolute) now: data of outs, and files that git tracks, or the very file asked for."""
    project = session.project
    assert project.git is not None  # noqa: S101 - checked by the caller
    found: Files = {}
    for out in _outs(session.index, path):
        built = session.measure.out(out)
        if built is None:
            continue
        hash_info = built.fingerprint.hash_info
        tree = built.tree or Tree({"": hash_info.value} if hash_info else {}, hash_info.algorithm if hash_info else MD5)
        for name, value in tree.entries.items():
            place = os.path.join(out.path, *name.split("/")) if name else out.path
            if _lies_at(place, path):
                found[_inner(place, path)] = File(place, WORKSPACE, HashInfo(tree.algorithm, value), place)
    if _tracked(session.index, path) is None:
        places = [path] if os.path.isfile(path) else project.git.tracked_under(path)
        for place in places:
            if os.path.isfile(place) and (place == path or not _is_hidden(place)):
                found.setdefault(_inner(place, path), File(place, WORKSPACE, HashInfo(MD5, hash_file(place)), place))
    return found


def _tracked(index: Index, path: str) -> Out | None:
    owner = index.containing(path)
    return owner[1] if owner and owner[1].cache else None


def _outs(index: Index, path: str) -> list[Out]:
    """The outs at, above or below a path."""
    owner = _tracked(index, path)
    return [owner] if owner else [out for _, out in index.below(path) if out.cache]


def _recorded(session: Session, out: Out, rev: str, path: str) -> Iterator[tuple[str, File]]:
    hash_info = out.recorded.hash_info if out.recorded else None
    if hash_info is None:
        return
    cache = session.project.cache
    tree = cache.read_tree(hash_info) if hash_info.is_dir else Tree({"": hash_info.value}, hash_info.algorithm)
    for name, value in tree.entries.items():
        place = os.path.join(out.path, *name.split("/")) if name else out.path
        if _lies_at(place, path):
            member = HashInfo(tree.algorithm, value)
            yield _inner(place, path), File(place, rev, member, cache.path(member), missing=not cache.has(member))


def _git_files(tree: RevTree, relpath: str) -> Iterator[str]:
    """Git's files at a path, without those that only dvc and git themselves read below it."""
    if relpath and not tree.exists(relpath):
        return
    if relpath and not tree.isdir(relpath):
        yield relpath
        return
    for name, is_dir in tree.listdir(relpath):
        inner = f"{relpath}/{name}" if relpath else name
        if is_dir:
            yield from _git_files(tree, inner) if name != ".dvc" else ()
        elif not _is_hidden(inner):
            yield inner


def _is_hidden(path: str) -> bool:
    name = os.path.basename(path)
    return name in _HIDDEN or is_metafile(name) or ".dvc" in path.split("/")


def _lies_at(place: str, path: str) -> bool:
    return place == path or place.startswith(path + os.sep)


def _inner(place: str, path: str) -> str:
    return "" if place == path else os.path.relpath(place, path).replace(os.sep, "/")


def fetch_hint(project: Project, rev: str, path: str) -> Hint:
    """What fetches the data of a rev."""
    if project.git is None or rev in ("HEAD", WORKSPACE):
        return Hint("fetch", path)
    if rev in command.tags(project.git):
        return Hint("fetch", "--all-tags", path)
    if rev in command.branches(project.git):
        return Hint("fetch", "--all-branches", path)
    return Hint("fetch", "--all-commits", path)
