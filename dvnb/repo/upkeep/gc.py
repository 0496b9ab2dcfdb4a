"""Removing objects that nothing uses any more from the cache and from remotes.

Source: dvc's repo/gc.py, dvc_data's hashfile/gc.py; SPEC 7.8.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import partial

from dvnb.objects.hashing import LEGACY, MD5, HashInfo
from dvnb.objects.leftovers import sweep_store
from dvnb.objects.remotes.remote import ObjectStore, all_hashes, remove_object
from dvnb.objects.store import LocalStore
from dvnb.pipeline.index import load_index
from dvnb.project.project import Project
from dvnb.records import dataclass
from dvnb.repo.results import GcResult, GcStore
from dvnb.repo.session import Session
from dvnb.repo.upkeep.gc_scope import GcScope
from dvnb.repo.upkeep.used_objects import Used, by_remote, collect_used


def collect_garbage(
    session: Session, scope: GcScope, *, force: bool = False, dry: bool = False, purge: bool = False
) -> GcResult:
    """Remove what neither the workspace nor the chosen revs use: into a trash, or for good with `purge`.

    `force`: go on where the listing of a used folder is lost, so that its members count as unused. `dry`: only tell.
    Objects of remotes that are no local folders always go for good; the run cache stays.

    Raises: DvnbError for a wrong scope; ConfigError without the remote asked for; MissingObjectsError.
    """
    scope.check()
    project = session.project
    with ExitStack() as stack:  # nobody may add what nothing uses yet until all is removed
        others = list(_projects(project, scope.projects, stack))
        for other in others:
            stack.enter_context(other.lock())
        used: Used = {}
        for each in (*others, project):
            collect_used(each, session.index if each is project else load_index(each), scope, used, force=force)
        return _remove_unused(project, scope, used, Removal(project, scope.jobs, dry=dry, purge=purge))


def _remove_unused(project: Project, scope: GcScope, used: Used, work: Removal) -> GcResult:
    remotes = by_remote(project, scope, used) if scope.cloud or scope.not_in_remote else []
    keep = {hash_info for group in used.values() for hash_info in group}
    if scope.not_in_remote:
        keep = {hash_info for remote, group in remotes for hash_info in remote.missing(group)}
    if not work.dry:
        sweep_store(project.cache)
    result = GcResult(dry=work.dry)
    unused = [hash_info for hash_info in all_hashes(project.cache) if hash_info not in keep]
    for kind, algorithm in (("repo", MD5), ("legacy", LEGACY)):
        result.stores.append(work.remove(kind, project.cache, [h for h in unused if h.algorithm == algorithm]))
    for remote, group in remotes if scope.cloud else []:
        if not work.dry and isinstance(remote, LocalStore):
            sweep_store(remote)
        listed = [hash_info for hash_info in all_hashes(remote) if hash_info not in group]
        for algorithm in (MD5, LEGACY):
            result.stores.append(work.remove("remote", remote, [h for h in listed if h.algorithm == algorithm]))
    return result


@dataclass(slots=True)
class Removal:
    """How objects are removed: only told of, moved into a trash, or `purge`d."""

    project: Project
    jobs: int | None
    dry: bool
    purge: bool

    def remove(self, kind: str, store: LocalStore | ObjectStore, unused: Iterable[HashInfo]) -> GcStore:
        """Remove objects of one store, folders before their members, so that no listing lacks its members."""
        ordered = sorted(unused, key=lambda hash_info: (not hash_info.is_dir, hash_info.value))
        done = GcStore(kind, len(ordered), None)
        if isinstance(store, LocalStore):
            done.size = sum(os.stat(store.path(hash_info)).st_size for hash_info in ordered)
        if self.dry:
            done.paths = [_shown(store, hash_info) for hash_info in ordered]
        elif isinstance(store, LocalStore) and not self.purge:
            paths = [store.path(hash_info) for hash_info in ordered]
            done.trash = self.project.journal.move_parts(store.root, paths, home=self._trash_beside(store))
        else:
            self._remove_for_good(store, ordered)
        return done

    def _trash_beside(self, store: LocalStore) -> str | None:
        """A trash beside the objects, where moving them to the project's would mean copying them."""
        same = _device(store.root) == _device(self.project.root)
        return None if same else os.path.join(store.root, ".dvnb-trash")

    def _remove_for_good(self, store: ObjectStore, ordered: list[HashInfo]) -> None:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self.jobs or 4) as pool:
            for is_dir in (True, False):
                todo = [hash_info for hash_info in ordered if hash_info.is_dir == is_dir]
                list(pool.map(partial(remove_object, store), todo))


def _shown(store: ObjectStore, hash_info: HashInfo) -> str:
    return store.path(hash_info) if isinstance(store, LocalStore) else hash_info.value


def _device(path: str) -> int | None:
    """The filesystem that a path is on, None where there is nothing."""
    try:
        return os.stat(path).st_dev
    except FileNotFoundError:
        return None


def _projects(project: Project, paths: Iterable[str], stack: ExitStack) -> Iterator[Project]:
    """The other projects at `paths`, each once, closed with `stack`."""
    roots = {project.root}
    for path in paths:
        other = Project.open(os.path.join(project.cwd, path), listener=project.emit)
        stack.callback(other.close)
        if other.root not in roots:
            roots.add(other.root)
            yield other
