"""How objects get into a remote and back: by the kernel between folders, else by the client of the remote's kind."""

from __future__ import annotations

import os
from collections.abc import Callable

from dvnb.errors import RemoteError
from dvnb.objects.hashing import MD5, WHOLE, HashInfo, hash_bytes, hash_file
from dvnb.objects.links import READ_FLAGS, discard
from dvnb.objects.names import temporary_name
from dvnb.objects.remotes.between import Bulk, bulk_copy
from dvnb.objects.remotes.remote import FarStore, ObjectStore, far_store
from dvnb.objects.soundness import is_doubtful, looks_sound
from dvnb.objects.store import LocalStore
from dvnb.records import dataclass

Copy = Callable[[HashInfo], None]


@dataclass(slots=True)
class Way:
    """How objects are copied: one, how many at once, and many between folders of this machine."""

    copy: Copy
    workers: int
    bulk: Bulk | None = None


def to_remote(cache: LocalStore, remote: ObjectStore, jobs: int | None) -> Way:
    """How objects of the cache get into a remote; where they may be damaged they are read again first."""
    if isinstance(remote, LocalStore):
        return _between(cache, remote, jobs, verify=False)
    far = far_store(remote)
    return Way(_upload(cache, far), jobs or far.jobs)


def to_cache(remote: ObjectStore, cache: LocalStore, jobs: int | None) -> Way:
    """How objects of a remote get into the cache; what arrives is verified."""
    if isinstance(remote, LocalStore):
        return _between(remote, cache, jobs, verify=True)
    far = far_store(remote)
    return Way(_download(far, cache), jobs or far.jobs)


def _between(source: LocalStore, target: LocalStore, jobs: int | None, *, verify: bool) -> Way:
    # Between folders the kernel does the work: threads pay only where someone says so (a network mount).
    workers = jobs or 1
    bulk = bulk_copy(source, target, verify=verify) if workers == 1 else None
    return Way(_local_copy(source, target, verify=verify), workers, bulk)


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
                    _check(hash_bytes(data, hash_info.digest_algorithm), hash_info)
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
        _check(hash_file(path, hash_info.digest_algorithm), hash_info)
    target.put_file(path, hash_info, clone=clone)


def _upload(cache: LocalStore, remote: FarStore) -> Copy:
    def copy(hash_info: HashInfo) -> None:
        path = cache.path(hash_info)
        if not looks_sound(path):
            _check(hash_file(path, hash_info.digest_algorithm), hash_info)
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
            _check(hash_file(temporary, hash_info.digest_algorithm), hash_info)
            if not cache.put_link(temporary, hash_info):
                cache.put_file(temporary, hash_info)
        finally:
            discard(temporary)

    return copy


def _check(value: str, hash_info: HashInfo) -> None:
    if value != hash_info.digest:
        raise RemoteError(f"the object is damaged: its content has the hash '{value}'")
