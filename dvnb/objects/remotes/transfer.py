"""Copying objects between the cache and a remote.

Members of a folder go first, its listing (`.dir`) last. A remote gets a listing only if it holds all members, because
everybody may take that for granted (SPEC 7.3). The cache gets one in any case, so that a checkout can restore what
there is.
Source: dvc_data's hashfile/transfer.py and status.py, dvc's stage/cache.py (transfer).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

from dvnb.errors import MissingObjectsError
from dvnb.events import Listener, ignore_events
from dvnb.objects.hashing import HashInfo
from dvnb.objects.meter import Meter
from dvnb.objects.remotes.between import Bulk
from dvnb.objects.remotes.copying import Way, to_cache, to_remote
from dvnb.objects.remotes.remote import ObjectStore, run_files
from dvnb.objects.remotes.wanted import Selection, Wanted, pairs, select
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.records import dataclass, field

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
    wanted = dict(pairs(objects))
    if state is not None and isinstance(remote, LocalStore):
        wanted = {each: paths for each, paths in wanted.items() if not _holds_all(remote, each, cache, state)}
    selection = select(wanted, cache, remote)
    result = TransferResult(missing=selection.missing)
    values = selection.values(all_members=True)
    for listing in selection.listings:
        values[listing.hash_info.algorithm].add(listing.hash_info.value)
    lacking = _missing(remote, values)
    chosen = selection.values(all_members=False)
    todo = [
        HashInfo(algorithm, value)
        for algorithm in sorted(chosen)
        for value in sorted(chosen[algorithm] & lacking[algorithm])
    ]
    way = to_remote(cache, remote, jobs)
    done = _copy_all(way, todo, Meter(emit, "push", len(todo)), result)
    for hash_info in done:
        lacking[hash_info.algorithm].discard(hash_info.value)
    complete: list[HashInfo] = []
    for listing in selection.listings:
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
    selection = select(objects, cache, remote)
    result = TransferResult(missing=selection.missing)
    values = selection.values(all_members=False)
    lacking = _missing(cache, values)
    todo = [HashInfo(algorithm, value) for algorithm in sorted(lacking) for value in sorted(lacking[algorithm])]
    way = to_cache(remote, cache, jobs)
    _copy_all(way, todo, Meter(emit, "fetch", len(todo)), result)
    if not lenient:
        _blame_remote(selection, remote, result)
    listings = [listing.hash_info for listing in selection.listings if not cache.has(listing.hash_info)]
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


def _blame_remote(selection: Selection, remote: ObjectStore, result: TransferResult) -> None:
    """Turn missing members of listings that the remote has into failures."""
    if all(hash_info.is_dir for hash_info in result.missing):
        return
    there = [listing for listing in selection.listings if remote.has(listing.hash_info)]
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


def count_runs(store: ObjectStore) -> int:
    """How many files of the run cache a store has."""
    return sum(_RUN.fullmatch(name) is not None for name in run_files(store).names())


def _missing(store: ObjectStore, values: dict[str, set[str]]) -> dict[str, set[str]]:
    return {algorithm: store.missing_values(asked, algorithm) for algorithm, asked in values.items()}


def _copy_all(way: Way, todo: list[HashInfo], meter: Meter | None, result: TransferResult) -> list[HashInfo]:
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
