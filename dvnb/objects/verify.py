"""Reading stored objects again, to see whether each still is what its name says."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from dvnb.events import Listener
from dvnb.objects.hashing import MD5, HashInfo, hash_bytes, hash_file, new_md5
from dvnb.objects.meter import Meter
from dvnb.objects.remotes.remote import ObjectStore, all_hashes, far_store
from dvnb.objects.store import LocalStore
from dvnb.objects.undo.journal import Journal
from dvnb.objects.workspace.restore import put_away

BLOCK = 1 << 20
BATCH = 256


def damaged(
    store: ObjectStore, *, jobs: int | None = None, emit: Listener, task: str = "fsck"
) -> tuple[int, list[HashInfo]]:
    """How many objects a store holds, and those whose content is another than their hash says.

    All are read, `jobs` at a time (default: as many as a folder's store has processors to use, or as a remote allows).

    Raises: RemoteError for a store that cannot be listed.
    """
    objects = list(all_hashes(store))
    meter = Meter(emit, task, len(objects))
    found = [each for each, intact in zip(objects, _checked(store, objects, jobs, meter), strict=True) if not intact]
    meter.finish()
    return len(objects), sorted(found, key=lambda each: each.value)


def put_away_damaged(
    store: LocalStore, objects: Iterable[HashInfo], *, journal: Journal, emit: Listener, jobs: int | None = None
) -> set[HashInfo]:
    """Read these objects again, as far as they are there, and move damaged ones into the trash; which those were."""
    there = [each for each in objects if store.has(each)]
    meter = Meter(emit, "verify", len(there))
    sound = zip(there, _checked(store, there, jobs, meter), strict=True)
    bad = {each for each, intact in sound if not intact}
    meter.finish()
    for each in sorted(bad, key=lambda each: each.value):
        put_away(each.value, store.path(each), journal, emit)
    return bad


def is_sound(store: ObjectStore, hash_info: HashInfo) -> bool:
    """Whether an object, read again, is what its name says. Raises: FileNotFoundError."""
    if isinstance(store, LocalStore):
        value = hash_file(store.path(hash_info), hash_info.digest_algorithm)
    else:
        value = _hash_far(store, hash_info)
    return value == hash_info.digest


def _checked(store: ObjectStore, objects: list[HashInfo], jobs: int | None, meter: Meter) -> Iterable[bool]:
    from concurrent.futures import ThreadPoolExecutor  # hashing lets go of the interpreter

    def batch(chosen: list[HashInfo]) -> list[bool]:
        return [is_sound(store, each) for each in chosen]

    rest = iter(objects)
    batches = iter(lambda: list(islice(rest, BATCH)), [])
    with ThreadPoolExecutor(jobs or _workers(store)) as pool:
        for intact in pool.map(batch, batches):
            meter.add(len(intact))
            yield from intact


def _workers(store: ObjectStore) -> int:
    import os

    return os.cpu_count() or 1 if isinstance(store, LocalStore) else far_store(store).jobs


def _hash_far(store: ObjectStore, hash_info: HashInfo) -> str:
    with store.open(hash_info) as file:
        if hash_info.digest_algorithm != MD5:
            return hash_bytes(file.read(), hash_info.digest_algorithm)
        digest = new_md5()
        while block := file.read(BLOCK):
            digest.update(block)
        return digest.hexdigest()
