"""Which objects the workspace and revs use, by the remote they belong to.

Source: dvc's repo/__init__.py (used_objs), repo/gc.py (_merge_remote_obj_ids); SPEC 7.8.
"""

from __future__ import annotations

from collections.abc import Iterator

from dvnb.errors import FormatError, MissingObjectsError
from dvnb.git.trees import RevTree
from dvnb.objects.hashing import HashInfo
from dvnb.objects.remotes.remote import ObjectStore, open_remote
from dvnb.objects.store import LocalStore
from dvnb.objects.tree import Tree
from dvnb.pipeline.index import Index, load_index
from dvnb.pipeline.stage import Out
from dvnb.project.project import Project
from dvnb.repo.upkeep.gc_scope import GcScope, commits_in

UNKNOWN_MEMBERS = "unable to fully collect used cache without cache for directory '{path}'. Use `-f` to force."

# Objects in use by the remote of their outs (None: the default one).
Used = dict[str | None, set[HashInfo]]


def collect_used(project: Project, index: Index, scope: GcScope, used: Used, *, force: bool) -> None:
    """Note what the workspace and the revs in scope use.

    Raises: MissingObjectsError where a folder's listing is lost, unless `force`; FormatError, unless failed revs may
    be skipped; GitError, ConfigError, RemoteError.
    """
    _note(project, index, scope, used, force=force)
    git = project.git
    if git is None:
        return
    for commit in commits_in(git, scope):
        try:
            with RevTree(git, commit, project.root) as tree:
                at_rev = load_index(project, tree)
        except FormatError:
            if not scope.skip_failed:
                raise
            continue
        _note(project, at_rev, scope, used, force=force)


def _note(project: Project, index: Index, scope: GcScope, used: Used, *, force: bool) -> None:
    for stage in index.stages:
        for out in stage.outs:
            if out.cache and out.recorded and out.recorded.hash_info:
                group = used.setdefault(out.remote, set())
                group.update(_objects(project, scope, out, out.recorded.hash_info, known=group, force=force))


def _objects(
    project: Project, scope: GcScope, out: Out, hash_info: HashInfo, *, known: set[HashInfo], force: bool
) -> Iterator[HashInfo]:
    """An out's object and, of a folder, its members."""
    if hash_info in known:
        return
    yield hash_info
    if not hash_info.is_dir:
        return
    tree = _listing(project, scope, out, hash_info)
    if tree is None and not force:
        raise MissingObjectsError(UNKNOWN_MEMBERS.format(path=project.shown(out.path)))
    for value in (tree.entries if tree else {}).values():
        yield HashInfo(hash_info.algorithm, value)


def _listing(project: Project, scope: GcScope, out: Out, hash_info: HashInfo) -> Tree | None:
    """What a folder holds: as the cache knows, else its remote."""
    try:
        return project.cache.read_tree(hash_info)
    except MissingObjectsError:
        name = out.remote or scope.remote or project.config.get("core.remote")
    if not name:
        return None
    from dvnb.objects.remotes.listings import read_listing

    return read_listing(hash_info, project.cache, project.remote(name))


def by_remote(project: Project, scope: GcScope, used: Used) -> list[tuple[LocalStore | ObjectStore, set[HashInfo]]]:
    """The remotes in use and what each shall keep; two names for one place are one remote."""
    stores: dict[str, tuple[LocalStore | ObjectStore, set[HashInfo]]] = {}
    for name in dict.fromkeys([None, *used]):
        _, options = project.config.remote(name or scope.remote)
        _, group = stores.setdefault(options["url"], (open_remote(options["url"], options), set()))
        group.update(used.get(name, ()))
    return list(stores.values())
