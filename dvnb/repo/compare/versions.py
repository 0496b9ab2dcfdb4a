"""Versions of tracked data as metafiles record them, and what differs between two of them, file by file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from dvnb.errors import DvnbError
from dvnb.objects.hashing import Fingerprint, HashInfo
from dvnb.objects.tree import Tree
from dvnb.pipeline.stage import Out, Stage, address
from dvnb.project.project import Project
from dvnb.records import dataclass, field
from dvnb.repo.session import Session

ADDED, MODIFIED, DELETED = KINDS = ("added", "modified", "deleted")
_KEPT_LISTINGS = 4


@dataclass(slots=True)
class Version:
    """Content of an out (`path`, absolute), or only of what is at `member` in it; `tree` is its listing if known."""

    path: str
    fingerprint: Fingerprint
    tree: Tree | None = None
    member: str = ""


@dataclass(slots=True)
class Changes:
    """Numbers of files by kind of change, and their absolute paths as far as known; `unknown`: a listing is missing."""

    numbers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    paths: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    unknown: bool = False

    def add(self, kind: str, paths: list[str], number: int | None = None) -> None:
        """Note files of one kind; `number` is how many they are where their names are not known."""
        self.numbers[kind] += len(paths) if number is None else number
        self.paths[kind] += paths

    def counts(self) -> tuple[int | None, int | None, int | None]:
        """Added, modified, deleted; None where they are not known."""
        if self.unknown:
            return None, None, None
        return self.numbers[ADDED], self.numbers[MODIFIED], self.numbers[DELETED]

    def shown(self, project: Project) -> dict[str, list[str]]:
        """The paths that are known, by kind, as their user would write them."""
        return {kind: sorted(map(project.shown, paths)) for kind, paths in self.paths.items() if paths}


class Scope:
    """Which outs, or members of outs, targets mean in any commit; no targets mean all tracked data."""

    def __init__(self, session: Session, targets: Sequence[str]) -> None:
        self._project = session.project
        self._wanted = {target: session.absolute(target) for target in targets}
        self.unfound = set(targets)

    def folders(self) -> set[str]:
        """Folders (relative to the root) right in which a .dvc file may speak of a target."""
        found: set[str] = set()
        for path in self._wanted.values():
            folder = self._project.relpath(path)
            while folder:
                folder = folder.rpartition("/")[0]
                found.add(folder)
        return found

    def subtrees(self) -> set[str]:
        """Folders (relative to the root) at any depth below which a .dvc file may speak of a target."""
        return {self._project.relpath(path) for path in self._wanted.values()} if self._wanted else {""}

    def versions(
        self, stages: Iterable[Stage], measured: Callable[[Out], Version | None] | None = None
    ) -> Iterator[tuple[str, Version]]:
        """What is meant of the outs of these stages: by absolute path, as `measured`, else as recorded."""
        for stage in stages:
            for out in stage.outs:
                members = self._members(stage, out)
                version = measured(out) if measured and members else None
                if version is None and out.recorded is not None:
                    version = Version(out.path, out.recorded)
                if version is None or version.fingerprint.hash_info is None:
                    continue
                for member in members:
                    path = os.path.join(out.path, *member.split("/")) if member else out.path
                    yield path, Version(out.path, version.fingerprint, version.tree, member)

    def _members(self, stage: Stage, out: Out) -> list[str]:
        """What of an out is meant: [] nothing, [""] all of it."""
        if not self._project.contains(out.path):
            return []
        members: list[str] = [] if self._wanted else [""]
        for target, path in self._wanted.items():
            if out.path == path or out.path.startswith(path + os.sep) or self._names(stage, target, path):
                members.append("")
            elif path.startswith(out.path + os.sep):
                members.append(os.path.relpath(path, out.path).replace(os.sep, "/"))
            else:
                continue
            self.unfound.discard(target)
        return [""] if "" in members else members

    def _names(self, stage: Stage, target: str, path: str) -> bool:
        return stage.file == path or address(stage, self._project.cwd) == target


class Versions:
    """Compares versions; listings come from the cache, and only the latest ones are kept in memory."""

    def __init__(self, session: Session) -> None:
        self._cache = session.project.cache
        self._listings: dict[HashInfo, Tree | None] = {}

    def compare(self, before: Mapping[str, Version], after: Mapping[str, Version]) -> Changes | None:
        """What changed; None if nothing did."""
        changes = Changes()
        for path in {**before, **after}:
            old, new = before.get(path), after.get(path)
            if old is None or new is None or old.fingerprint.hash_info != new.fingerprint.hash_info:
                self._compare_one(path, old, new, changes)
        return changes if changes.unknown or any(changes.numbers.values()) else None

    def entries(self, version: Version) -> dict[str, str] | None:
        """Members (below `member`) by path within the out, "" for a single file; None if the listing is missing."""
        hash_info = version.fingerprint.hash_info
        if hash_info is None or not hash_info.is_dir:
            return {"": hash_info.value} if hash_info and not version.member else {}
        tree = version.tree or self._listing(hash_info)
        return None if tree is None else tree.under(version.member).entries

    def sizes(self, version: Version) -> tuple[int | None, int | None]:
        """Bytes and number of files."""
        if not version.member:
            hash_info = version.fingerprint.hash_info
            is_dir = hash_info is not None and hash_info.is_dir
            return version.fingerprint.size, version.fingerprint.nfiles if is_dir else 1
        entries = self.entries(version)
        hash_info = version.fingerprint.hash_info
        if entries is None or hash_info is None:
            return None, None
        size = 0
        for value in entries.values():
            try:
                size += os.stat(self._cache.path(HashInfo(hash_info.algorithm, value))).st_size
            except OSError:
                return None, len(entries)
        return size, len(entries)

    def _compare_one(self, path: str, old: Version | None, new: Version | None, changes: Changes) -> None:
        before = self.entries(old) if old else {}
        after = self.entries(new) if new else {}
        folder = (new or old or Version(path, Fingerprint(None))).path
        if before is None or after is None:
            self._count_unlisted(old, new, changes)
            return
        changes.add(ADDED, [_join(folder, name) for name in after.keys() - before.keys()])
        changes.add(DELETED, [_join(folder, name) for name in before.keys() - after.keys()])
        changes.add(
            MODIFIED, [_join(folder, name) for name in before.keys() & after.keys() if before[name] != after[name]]
        )

    def _count_unlisted(self, old: Version | None, new: Version | None, changes: Changes) -> None:
        """A folder that came or went as a whole has a recorded number of files; of anything else nothing is known."""
        only = new if old is None else old if new is None else None
        number = only.fingerprint.nfiles if only and not only.member else None
        if number is None:
            changes.unknown = True
        else:
            changes.add(ADDED if old is None else DELETED, [], number)

    def _listing(self, hash_info: HashInfo) -> Tree | None:
        if hash_info not in self._listings:
            while len(self._listings) >= _KEPT_LISTINGS:
                del self._listings[next(iter(self._listings))]
            try:
                with self._cache.open(hash_info) as file:
                    self._listings[hash_info] = Tree.from_bytes(file.read(), hash_info.algorithm)
            except (OSError, DvnbError):
                self._listings[hash_info] = None
        return self._listings[hash_info]


def identity(versions: Versions, held: Iterable[Version]) -> str | None:
    """The one hash of what is held, a folder's with `.dir`; None for several outs, or where a listing is missing."""
    whole = list(held)
    if len(whole) != 1 or whole[0].fingerprint.hash_info is None:
        return None
    if not whole[0].member:
        return whole[0].fingerprint.hash_info.value
    entries = versions.entries(whole[0])
    if entries is None:
        return None
    if list(entries) == [whole[0].member]:
        return entries[whole[0].member]
    return Tree(entries).under(whole[0].member).hash_info().value


def total(versions: Versions, held: Iterable[Version]) -> tuple[int | None, int | None]:
    """Bytes and number of files of all of them; None if one is not known."""
    sizes = [versions.sizes(version) for version in held]
    size = sum(one or 0 for one, _ in sizes) if all(one is not None for one, _ in sizes) else None
    nfiles = sum(one or 0 for _, one in sizes) if all(one is not None for _, one in sizes) else None
    return size, nfiles


def _join(folder: str, name: str) -> str:
    return os.path.join(folder, *name.split("/")) if name else folder
