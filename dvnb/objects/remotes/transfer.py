"""Copying objects between the cache and a remote.

Members of a folder go first, its listing (`.dir`) last. A remote gets a listing only if it holds all members, because
everybody may take that for granted (SPEC 7.3). The cache gets one in any case, so that a checkout can restore what
there is.
Source: dvc_data's hashfile/transfer.py and status.py, dvc's stage/cache.py (transfer).
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import cast

from dvnb.errors import MissingObjectsError, RemoteError
from dvnb.events import Listener, ignore_events
from dvnb.objects.hashing import MD5, WHOLE, HashInfo, hash_bytes, hash_file, md5_bytes
from dvnb.objects.links import READ_FLAGS, discard
from dvnb.objects.meter import Meter
from dvnb.objects.names import temporary_name
from dvnb.objects.remotes.between import Bulk, bulk_copy
from dvnb.objects.remotes.remote import FarStore, ObjectStore, far_store, run_files
from dvnb.objects.soundness import is_doubtful, looks_sound
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.objects.tree import Tree
from dvnb.records import dataclass, field

# Objects, and for a folder's listing optionally the only relpaths that matter: members at or below them.
Wanted = Mapping[HashInfo, Iterable[str] | None] | Iterable[HashInfo]
Copy = Callable[[HashInfo], None]

_RUN = re.compile(r"runs/[0-9a-f]{2}/[0-9a-f]{64}/[0-9a-f]{64}")


@dataclass(slots=True)
class Failure:
    """An object that could not be copied, and why."""

    hash_info: HashInfo
    error: str

    def __str__(self) -> str:
        return f"'{self.hash_info.value}' - {self.error}"


@dataclass(slots=True)
class TransferResult:
    """What a push or fetch did.

    `transferred` counts objects, listings too; `missing` are objects that neither side has; `withheld` are listings
    that were not given to the remote because members of theirs failed or are missing.
    """

    transferred: int = 0
    failed: list[Failure] = field(default_factory=list[Failure])
    missing: list[HashInfo] = field(default_factory=list[HashInfo])
    withheld: list[HashInfo] = field(default_factory=list[HashInfo])


@dataclass(slots=True)
class _Way:
    """How objects are copied: one, how many at once, and many between folders of this machine."""

    copy: Copy
    workers: int
    bulk: Bulk | None = None


@dataclass(slots=True)
class _Listing:
    """A wanted folder: values of all its members, and of those that shall be copied."""

    hash_info: HashInfo
    members: set[str]
    chosen: set[str]


@dataclass(slots=True)
class _Plan:
    """What is wanted, by algorithm: values of files, and folders."""

    files: dict[str, set[str]]
    listings: list[_Listing]

    def values(self, *, all_members: bool) -> dict[str, set[str]]:
        """Values of all files and members; of partly wanted folders all members or only the chosen ones."""
        values = {algorithm: set(files) for algorithm, files in self.files.items()}
        for listing in self.listings:
            wanted = listing.members if all_members else listing.chosen
            values.setdefault(listing.hash_info.algorithm, set()).update(wanted)
        return values


def push(
    objects: Wanted,
    cache: LocalStore,
    remote: ObjectStore,
    *,
    state: State | None = None,
    jobs: int | None = None,
    emit: Listener = ignore_events,
) -> TransferResult:
    """Copy objects that the remote lacks, with the members of folders, from the cache.

    `state` remembers which folders a remote that is a folder holds as a whole.

    Raises: RemoteError if the remote cannot be read at all; failures of single objects are in the result.
    """
    result = TransferResult()
    wanted = dict(_pairs(objects))
    if state is not None and isinstance(remote, LocalStore):
        wanted = {each: paths for each, paths in wanted.items() if not _holds_all(remote, each, cache, state)}
    plan = _plan(wanted, cache, remote, result)
    values = plan.values(all_members=True)
    for listing in plan.listings:
        values[listing.hash_info.algorithm].add(listing.hash_info.value)
    lacking = _missing(remote, values)
    chosen = plan.values(all_members=False)
    todo = [
        HashInfo(algorithm, value)
        for algorithm in sorted(chosen)
        for value in sorted(chosen[algorithm] & lacking[algorithm])
    ]
    way = _pusher(cache, remote, jobs)
    done = _copy_all(way, todo, Meter(emit, "push", len(todo)), result)
    for hash_info in done:
        lacking[hash_info.algorithm].discard(hash_info.value)
    complete: list[HashInfo] = []
    for listing in plan.listings:
        absent = lacking[listing.hash_info.algorithm]
        if listing.hash_info.value in absent:
            (complete if absent.isdisjoint(listing.members) else result.withheld).append(listing.hash_info)
    _copy_all(way, complete, None, result)
    return result


def fetch(
    objects: Wanted,
    remote: ObjectStore,
    cache: LocalStore,
    *,
    jobs: int | None = None,
    emit: Listener = ignore_events,
    lenient: bool = False,
) -> TransferResult:
    """Copy objects that the cache lacks, with the members of folders, from the remote; what arrives is verified.

    A remote that has a folder's listing should have its members: one that lacks some has failed, unless `lenient`.

    Raises: as `push`.
    """
    result = TransferResult()
    plan = _plan(objects, cache, remote, result)
    values = plan.values(all_members=False)
    lacking = _missing(cache, values)
    todo = [HashInfo(algorithm, value) for algorithm in sorted(lacking) for value in sorted(lacking[algorithm])]
    way = _fetcher(remote, cache, jobs)
    _copy_all(way, todo, Meter(emit, "fetch", len(todo)), result)
    if not lenient:
        _blame_remote(plan, remote, result)
    listings = [listing.hash_info for listing in plan.listings if not cache.has(listing.hash_info)]
    _copy_all(way, listings, None, result)
    return result


def _holds_all(remote: LocalStore, hash_info: HashInfo, cache: LocalStore, state: State) -> bool:
    """Whether a remote has a folder's listing, and all that it lists."""
    if not (hash_info.is_dir and remote.has(hash_info)):
        return False
    try:
        return not remote.missing_members(hash_info, lambda: set(cache.read_tree(hash_info).entries.values()), state)
    except MissingObjectsError:
        return False


def _blame_remote(plan: _Plan, remote: ObjectStore, result: TransferResult) -> None:
    """Turn missing members of listings that the remote has into failures."""
    if all(hash_info.is_dir for hash_info in result.missing):
        return
    there = [listing for listing in plan.listings if remote.has(listing.hash_info)]
    promised = {HashInfo(listing.hash_info.algorithm, value) for listing in there for value in listing.chosen}
    reason = "the remote has the listing of its folder, but not this file"
    result.failed += [Failure(hash_info, reason) for hash_info in result.missing if hash_info in promised]
    result.missing = [hash_info for hash_info in result.missing if hash_info not in promised]


def copy_runs(source: ObjectStore, target: ObjectStore) -> int:
    """Copy the files of the run cache that `target` lacks; how many.

    Raises: RemoteError for a remote that can have none.
    """
    there, here = run_files(target), run_files(source)
    # Names come from the remote: none may point elsewhere.
    names = sorted(name for name in here.names() - there.names() if _RUN.fullmatch(name))
    for name in names:
        there.write(name, here.read(name))
    return len(names)


def read_listing(hash_info: HashInfo, cache: LocalStore, remote: ObjectStore) -> Tree | None:
    """A folder's listing from the cache, else from the remote; None if neither has it intact.

    Raises: RemoteError if the remote cannot be read; FormatError.
    """
    try:
        return cache.read_tree(hash_info)
    except MissingObjectsError:
        pass
    try:
        with remote.open(hash_info) as file:
            data = file.read()
    except FileNotFoundError:
        return None
    except Exception as exc:  # each filesystem has exceptions of its own
        raise RemoteError(f"cannot read '{hash_info.value}' in the remote: {exc}") from exc
    return Tree.from_bytes(data, hash_info.algorithm) if f"{md5_bytes(data)}.dir" == hash_info.value else None


def _plan(objects: Wanted, cache: LocalStore, remote: ObjectStore, result: TransferResult) -> _Plan:
    """Sort out files and folders; notes listings that nobody has as missing."""
    plan = _Plan({}, [])
    for hash_info, paths in _pairs(objects):
        if not hash_info.is_dir:
            plan.files.setdefault(hash_info.algorithm, set()).add(hash_info.value)
            continue
        tree = read_listing(hash_info, cache, remote)
        if tree is None:
            result.missing.append(hash_info)
            continue
        parts = [tree] if paths is None else [tree.under(path) for path in paths]
        chosen = {value for part in parts for value in part.entries.values()}
        plan.listings.append(_Listing(hash_info, set(tree.entries.values()), chosen))
    return plan


def _pairs(objects: Wanted) -> Iterable[tuple[HashInfo, Iterable[str] | None]]:
    if isinstance(objects, Mapping):
        return cast("Mapping[HashInfo, Iterable[str] | None]", objects).items()
    return ((hash_info, None) for hash_info in set(objects))


def _missing(store: ObjectStore, values: dict[str, set[str]]) -> dict[str, set[str]]:
    return {algorithm: store.missing_values(asked, algorithm) for algorithm, asked in values.items()}


def _pusher(cache: LocalStore, remote: ObjectStore, jobs: int | None) -> _Way:
    if isinstance(remote, LocalStore):
        return _between(cache, remote, jobs, verify=False)
    far = far_store(remote)
    return _Way(_upload(cache, far), jobs or far.jobs)


def _fetcher(remote: ObjectStore, cache: LocalStore, jobs: int | None) -> _Way:
    if isinstance(remote, LocalStore):
        return _between(remote, cache, jobs, verify=True)
    far = far_store(remote)
    return _Way(_download(far, cache), jobs or far.jobs)


def _between(source: LocalStore, target: LocalStore, jobs: int | None, *, verify: bool) -> _Way:
    # Between folders the kernel does the work: threads pay only where someone says so (a network mount).
    workers = jobs or 1
    bulk = bulk_copy(source, target, verify=verify) if workers == 1 else None
    return _Way(_local_copy(source, target, verify=verify), workers, bulk)


def _copy_all(way: _Way, todo: list[HashInfo], meter: Meter | None, result: TransferResult) -> list[HashInfo]:
    """Copy each object, several at once; what went wrong is noted in the result. Returns what was copied."""
    done: list[HashInfo] = []

    def attempt(hash_info: HashInfo) -> Exception | None:
        try:
            way.copy(hash_info)
        except Exception as exc:  # noqa: BLE001 - one object's failure is reported, the others still go
            return exc
        return None

    def note(hash_info: HashInfo, error: Exception | None) -> None:
        if error is None:
            done.append(hash_info)
        elif isinstance(error, FileNotFoundError):
            result.missing.append(hash_info)
        else:
            result.failed.append(Failure(hash_info, str(error)))
        if meter:
            meter.add()

    left = todo if way.bulk is None else _in_bulk(way.bulk, todo, done, meter)
    if way.workers == 1 or len(left) < 2:  # noqa: PLR2004 - nothing to do at once
        for hash_info in left:
            note(hash_info, attempt(hash_info))
    else:
        _in_threads(attempt, note, left, way.workers)
    if meter and todo:
        meter.finish()
    result.transferred += len(done)
    return done


def _in_bulk(bulk: Bulk, todo: list[HashInfo], done: list[HashInfo], meter: Meter | None) -> list[HashInfo]:
    """Copy what can be copied fast, folder by folder, and add it to `done`; the others."""
    left: list[HashInfo] = []
    for (algorithm, _), group in itertools.groupby(todo, lambda each: (each.algorithm, each.value[:2])):
        some = list(group)
        copied = bulk(algorithm, [each.value for each in some])
        before = len(done)
        for each, is_copied in zip(some, copied, strict=True):
            (done if is_copied else left).append(each)
        if meter:
            meter.add(len(done) - before)
    return left


def _in_threads(
    attempt: Callable[[HashInfo], Exception | None],
    note: Callable[[HashInfo, Exception | None], None],
    todo: list[HashInfo],
    workers: int,
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(workers, len(todo))) as pool:
        try:
            for hash_info, error in zip(todo, pool.map(attempt, todo), strict=True):
                note(hash_info, error)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _local_copy(source: LocalStore, target: LocalStore, *, verify: bool) -> Copy:
    """Copy between folders, never by a hard link; `verify`: what is read is hashed on the way."""
    reflinks: list[bool] = []

    def copy(hash_info: HashInfo) -> None:
        path = source.path(hash_info)
        fd = os.open(path, READ_FLAGS)
        try:
            status = os.fstat(fd)
            # An object that looks as it was left is believed, as everywhere (SPEC 2.8).
            suspect = is_doubtful(hash_info.value, status, os.stat(os.path.dirname(path)).st_mtime_ns)
            if not reflinks:
                reflinks.append(target.can_reflink(path))
            if reflinks[0]:
                # Sharing blocks reads nothing: `verify` would cost what it saves.
                _copy_whole(path, status.st_size, hash_info, target, clone=True, verify=suspect)
            elif status.st_size >= WHOLE:
                _copy_whole(path, status.st_size, hash_info, target, clone=False, verify=suspect or verify)
            else:
                data = os.read(fd, status.st_size + 1)
                if suspect or verify:
                    _check(hash_bytes(data, _algorithm(hash_info)), hash_info)
                target.put_bytes(data, hash_info)
        finally:
            os.close(fd)

    return copy


def _copy_whole(path: str, size: int, hash_info: HashInfo, target: LocalStore, *, clone: bool, verify: bool) -> None:
    """Copy a file that is large, or can be reflinked."""
    if verify and hash_info.algorithm == MD5 and not hash_info.is_dir:
        # Read once: it is stored under the hash it has, which should be the one that is wanted.
        _check(target.ingest(path, size, clone=clone), hash_info)
        return
    if verify:
        _check(hash_file(path, _algorithm(hash_info)), hash_info)
    target.put_file(path, hash_info, clone=clone)


def _upload(cache: LocalStore, remote: FarStore) -> Copy:
    def copy(hash_info: HashInfo) -> None:
        path = cache.path(hash_info)
        if not looks_sound(path):
            _check(hash_file(path, _algorithm(hash_info)), hash_info)
        try:
            remote.put_file(path, hash_info)
        except FileNotFoundError as exc:  # of the remote's: a bucket that is not there, not an object that is missing
            raise RemoteError(str(exc)) from exc

    return copy


def _download(remote: FarStore, cache: LocalStore) -> Copy:
    def copy(hash_info: HashInfo) -> None:
        cache.make_folder(cache.root)
        temporary = os.path.join(cache.root, temporary_name())
        try:
            remote.get_file(hash_info, temporary)
            _check(hash_file(temporary, _algorithm(hash_info)), hash_info)
            if not cache.put_link(temporary, hash_info):
                cache.put_file(temporary, hash_info)
        finally:
            discard(temporary)

    return copy


def _algorithm(hash_info: HashInfo) -> str:
    # Listings of dvc 2 are hashed as they are.
    return MD5 if hash_info.is_dir else hash_info.algorithm


def _check(value: str, hash_info: HashInfo) -> None:
    if value != hash_info.value.removesuffix(".dir"):
        raise RemoteError(f"the object is damaged: its content has the hash '{value}'")
