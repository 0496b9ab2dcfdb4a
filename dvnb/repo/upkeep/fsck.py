"""Making sure that the cache, or a remote, holds what metafiles promise, unharmed; and mending it.

Nothing in dvc corresponds to it.
"""

from __future__ import annotations

from collections.abc import Iterable

from dvnb.errors import DvnbError, MissingObjectsError
from dvnb.git import command
from dvnb.git.trees import RevTree
from dvnb.objects.hashing import HashInfo, hash_file
from dvnb.objects.leftovers import sweep_store
from dvnb.objects.remotes import transfer
from dvnb.objects.remotes.remote import ObjectStore, remove_object
from dvnb.objects.store import LocalStore
from dvnb.objects.verify import damaged, is_sound
from dvnb.pipeline.index import Index, load_index
from dvnb.pipeline.stage import Out
from dvnb.repo.results.fsck import FsckResult, Hurt
from dvnb.repo.session import Session

WORKSPACE = "workspace"


def fsck(session: Session, *, repair: bool = False, jobs: int | None = None) -> FsckResult:
    """Read every object of the cache again; damaged ones go to quarantine, and are missing from then on.

    Missing is what the workspace's metafiles record and the cache lacks. `repair`: bring both back, from files of the
    workspace or else from the remote.
    """
    project = session.project
    sweep_store(project.cache)
    checked, bad = damaged(project.cache, jobs=jobs, emit=project.emit)
    places = {each: project.journal.leave(project.cache.path(each)) for each in bad}
    needed = _needed(session, session.index)
    lost = project.cache.missing(needed) - set(bad)
    hurt = {each: Hurt(each.value, "damaged", quarantine=places[each]) for each in bad}
    hurt |= {each: Hurt(each.value, "missing") for each in sorted(lost, key=lambda each: each.value)}
    _blame(session, hurt)
    result = FsckResult(checked, list(hurt.values()))
    if repair and hurt:
        _repair(session, hurt, needed, jobs)
    return result


def fsck_remote(session: Session, name: str | None, *, repair: bool = False, jobs: int | None = None) -> FsckResult:
    """Read every object of a remote again; `repair` replaces damaged ones by those of the cache, if these are intact.

    Raises: ConfigError, RemoteError.
    """
    project = session.project
    store = project.remote(name)
    name, _ = project.config.remote(name)
    if isinstance(store, LocalStore):
        sweep_store(store)
    checked, bad = damaged(store, jobs=jobs, emit=project.emit)
    hurt = {each: Hurt(each.value, "damaged") for each in bad}
    _blame(session, hurt)
    for hash_info, each in hurt.items() if repair else ():
        if project.cache.has(hash_info) and is_sound(project.cache, hash_info):
            _replace(store, project.cache, hash_info)
            each.repaired_from = "cache"
    return FsckResult(checked, list(hurt.values()), name)


def _needed(session: Session, index: Index) -> dict[HashInfo, str | None]:
    """What an index records, with members of folders as far as their listings are known: object -> remote."""
    needed: dict[HashInfo, str | None] = {}
    for out, hash_info in _outs(index):
        needed.setdefault(hash_info, out.remote)
        for value in _members(session.project.cache, hash_info).values():
            needed.setdefault(HashInfo(hash_info.algorithm, value), out.remote)
    return needed


def _outs(index: Index) -> Iterable[tuple[Out, HashInfo]]:
    for stage in index.stages:
        for out in stage.outs:
            if out.cache and out.recorded and out.recorded.hash_info:
                yield out, out.recorded.hash_info


def _members(cache: LocalStore, hash_info: HashInfo) -> dict[str, str]:
    if not hash_info.is_dir:
        return {}
    try:
        return cache.read_tree(hash_info).entries
    except MissingObjectsError:
        return {}


def _blame(session: Session, hurt: dict[HashInfo, Hurt]) -> None:
    """Note which paths of which revs need the objects."""
    if not hurt:
        return
    project = session.project
    _blame_rev(session, session.index, WORKSPACE, hurt)
    if project.git is None:
        return
    for rev in dict.fromkeys([*command.branches(project.git), *command.tags(project.git)]):
        with RevTree(project.git, rev, project.root) as tree:
            _blame_rev(session, load_index(project, tree), rev, hurt)


def _blame_rev(session: Session, index: Index, rev: str, hurt: dict[HashInfo, Hurt]) -> None:
    for out, hash_info in _outs(index):
        shown = session.index.shown(out.path)
        if hash_info in hurt:
            hurt[hash_info].used_by.setdefault(shown, []).append(rev)
        for rel, value in _members(session.project.cache, hash_info).items():
            each = hurt.get(HashInfo(hash_info.algorithm, value))
            if each is not None:
                each.used_by.setdefault(f"{shown}/{rel}", []).append(rev)


def _repair(session: Session, hurt: dict[HashInfo, Hurt], needed: dict[HashInfo, str | None], jobs: int | None) -> None:
    """Bring objects back. Listings first: they tell which members are missing too."""
    project = session.project
    _repair_from_workspace(session, hurt)
    left = [hash_info for hash_info, each in hurt.items() if each.repaired_from is None]
    by_remote: dict[str | None, list[HashInfo]] = {}
    for hash_info in left:
        by_remote.setdefault(needed.get(hash_info), []).append(hash_info)
    for name, objects in by_remote.items():
        try:
            transfer.fetch(objects, project.remote(name), project.cache, jobs=jobs, emit=project.emit)
        except DvnbError:
            continue  # no remote, or one that cannot be read: the objects stay hurt
    for hash_info in left:
        if project.cache.has(hash_info):
            hurt[hash_info].repaired_from = "remote"


def _repair_from_workspace(session: Session, hurt: dict[HashInfo, Hurt]) -> None:
    """Store files of tracked data whose content, read anew, is what an object should be."""
    cache = session.project.cache
    for out, recorded in _outs(session.index):
        built = session.measure.out(out, recorded.algorithm)
        if built is None:
            continue
        if built.tree is not None and recorded in hurt and built.fingerprint.hash_info == recorded:
            cache.put_bytes(built.tree.to_bytes(), recorded)
            hurt[recorded].repaired_from = WORKSPACE
        for part in built.parts:
            for name, value in zip(part.folder.names, part.values, strict=True):
                each = HashInfo(recorded.algorithm, value)
                if each in hurt and hurt[each].repaired_from is None:
                    path = f"{part.folder.path}/{name}"
                    if hash_file(path, each.algorithm) == value:
                        cache.put_file(path, each)
                        hurt[each].repaired_from = WORKSPACE


def _replace(store: ObjectStore, cache: LocalStore, hash_info: HashInfo) -> None:
    """Give a remote an intact object in place of its damaged one, which no one can use."""
    remove_object(store, hash_info)
    store.put_file(cache.path(hash_info), hash_info)
