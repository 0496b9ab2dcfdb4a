"""Removing objects that nothing uses any more from the cache and from remotes.

Source: dvc's repo/gc.py, repo/brancher.py, scm.py (iter_revs); SPEC 7.8.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from dvnb.errors import DvnbError, FormatError, MissingObjectsError
from dvnb.git import command
from dvnb.git.trees import RevTree
from dvnb.git.worktree import Git
from dvnb.objects.hashing import LEGACY, MD5, HashInfo
from dvnb.objects.remote import ObjectStore, all_hashes, open_remote, remove_object
from dvnb.objects.store import LocalStore
from dvnb.objects.trash import Trash
from dvnb.objects.tree import Tree
from dvnb.pipeline.index import Index, load_index
from dvnb.pipeline.stage import Out
from dvnb.project.project import Project
from dvnb.repo.results import GcResult, GcStore
from dvnb.repo.session import Session

NO_SCOPE = (
    "Either of `-w|--workspace`, `-a|--all-branches`, `-T|--all-tags` `--all-experiments`, `--all-commits`,"
    " `--date` or `--rev` needs to be set."
)
UNKNOWN_MEMBERS = "unable to fully collect used cache without cache for directory '{path}'. Use `-f` to force."


@dataclass(frozen=True, slots=True)
class GcScope:
    """Whose objects stay; the names are those of dvc's flags. The workspace's always do."""

    workspace: bool = False
    rev: str | None = None
    num: int | None = None
    all_branches: bool = False
    all_tags: bool = False
    all_commits: bool = False
    date: str | None = None
    all_experiments: bool = False
    not_in_remote: bool = False
    cloud: bool = False
    remote: str | None = None
    skip_failed: bool = False
    jobs: int | None = None
    projects: tuple[str, ...] = ()

    def check(self) -> None:
        """Refuse flags that contradict each other. Raises: DvnbError."""
        if self.remote and not (self.cloud or self.not_in_remote):
            raise DvnbError("`--remote` requires `--cloud` or `--not-in-remote`")
        if self.not_in_remote and self.cloud:
            raise DvnbError("`--not-in-remote` and `--cloud` are mutually exclusive")
        revs = (self.all_branches, self.all_tags, self.all_commits, self.all_experiments, self.date, self.rev)
        if not (self.workspace or any(revs)):
            raise DvnbError(NO_SCOPE)
        if self.num and not (self.rev or self.all_branches):
            raise DvnbError("`--num` can only be used alongside `--rev` or `--all-branches`")
        self.since()

    def since(self) -> float | None:
        """`date` as seconds since the epoch. Raises: DvnbError if it is none."""
        if self.date is None:
            return None
        from datetime import datetime

        try:
            return datetime.strptime(self.date, "%Y-%m-%d").timestamp()  # noqa: DTZ007 - local time, as dvc has it
        except ValueError as exc:
            raise DvnbError(f"'{self.date}' is not a date of the form yyyy-mm-dd") from exc


# Objects in use by the remote of their outs (None: the default one).
Used = dict[str | None, set[HashInfo]]


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
    used: Used = {}
    with ExitStack() as stack:
        for other in _projects(project, scope.projects):
            stack.callback(other.close)
            stack.enter_context(other.lock())
            _collect(other, load_index(other), scope, used, force=force)
        _collect(project, session.index, scope, used, force=force)
    remotes = _by_remote(project, scope, used) if scope.cloud or scope.not_in_remote else []
    keep = {hash_info for group in used.values() for hash_info in group}
    if scope.not_in_remote:
        keep = {hash_info for remote, group in remotes for hash_info in remote.missing(group)}
    result = GcResult(dry=dry)
    work = _Work(project, scope.jobs, dry=dry, purge=purge)
    unused = [hash_info for hash_info in all_hashes(project.cache) if hash_info not in keep]
    for kind, algorithm in (("repo", MD5), ("legacy", LEGACY)):
        result.stores.append(work.remove(kind, project.cache, [h for h in unused if h.algorithm == algorithm]))
    for remote, group in remotes if scope.cloud else []:
        listed = list(all_hashes(remote))
        result.stores.append(work.remove("remote", remote, [h for h in listed if h not in group]))
    return result


@dataclass(slots=True)
class _Work:
    """How objects are removed."""

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
            trash = _trash_of(self.project, store)
            for hash_info in ordered:
                trash.move(store.path(hash_info))
            done.trash = os.path.join(trash.folder, trash.operation) if ordered else None
        else:
            self._remove_for_good(store, ordered)
        return done

    def _remove_for_good(self, store: ObjectStore, ordered: list[HashInfo]) -> None:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self.jobs or 4) as pool:
            for is_dir in (True, False):
                todo = [hash_info for hash_info in ordered if hash_info.is_dir == is_dir]
                list(pool.map(partial(remove_object, store), todo))


def _shown(store: ObjectStore, hash_info: HashInfo) -> str:
    return store.path(hash_info) if isinstance(store, LocalStore) else hash_info.value


def _trash_of(project: Project, store: LocalStore) -> Trash:
    """The project's trash, or one of its own for a cache that lies elsewhere and may be on another filesystem."""
    if store is not project.cache or project.contains(store.root):
        return project.trash
    return Trash(os.path.join(store.root, ".dvnb-trash"))


def _projects(project: Project, paths: Iterable[str]) -> Iterator[Project]:
    for path in paths:
        other = Project.open(os.path.join(project.cwd, path), listener=project.emit)
        if other.root != project.root:
            yield other


def _collect(project: Project, index: Index, scope: GcScope, used: Used, *, force: bool) -> None:
    """Note what the workspace and the revs in scope use."""
    _note(project, index, scope, used, force=force)
    git = project.git
    if git is None:
        return
    for commit in _commits(git, scope):
        try:
            with RevTree(git, commit, project.root) as tree:
                at_rev = load_index(project, tree)
        except FormatError:
            if not scope.skip_failed:
                raise
            continue
        _note(project, at_rev, scope, used, force=force)


def _commits(git: Git, scope: GcScope) -> list[str]:
    """The commits in scope, each once."""
    num = scope.num or 1
    found = _last(git, scope.rev, num) if scope.rev else []
    if scope.all_commits:
        found += command.all_commits(git)
    else:
        for branch in command.branches(git) if scope.all_branches else []:
            found += _last(git, f"refs/heads/{branch}", num)
        found += [command.resolve(git, f"refs/tags/{tag}") for tag in (command.tags(git) if scope.all_tags else [])]
        since = scope.since()
        if since is not None:
            stamped = command.run(git, "log", "--format=%ct %H", "--branches", "--tags", "--remotes").decode()
            found += [sha for at, sha in map(str.split, stamped.splitlines()) if int(at) >= since]
    if scope.all_experiments:
        refs = command.run(git, "for-each-ref", "--format=%(objectname)", "refs/exps/").decode()
        found += refs.split()
    return list(dict.fromkeys(found))


def _last(git: Git, rev: str, num: int) -> list[str]:
    commit = command.resolve(git, rev)
    limit = [f"--max-count={num}"] if num > 0 else []
    return command.run(git, "rev-list", "--first-parent", *limit, commit).decode().split()


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
    from dvnb.objects.transfer import read_listing

    return read_listing(hash_info, project.cache, _open(project, name))


def _open(project: Project, name: str | None) -> LocalStore | ObjectStore:
    _, options = project.config.remote(name)
    return open_remote(options["url"], options)


def _by_remote(project: Project, scope: GcScope, used: Used) -> list[tuple[LocalStore | ObjectStore, set[HashInfo]]]:
    """The remotes in use and what each shall keep; two names for one place are one remote."""
    stores: dict[str, tuple[LocalStore | ObjectStore, set[HashInfo]]] = {}
    for name in dict.fromkeys([None, *used]):
        _, options = project.config.remote(name or scope.remote)
        _, group = stores.setdefault(options["url"], (open_remote(options["url"], options), set()))
        group.update(used.get(name, ()))
    return list(stores.values())
