"""A folder's listing, wherever it is."""

from __future__ import annotations

from dvnb.errors import MissingObjectsError, RemoteError
from dvnb.objects.hashing import HashInfo, md5_bytes
from dvnb.objects.remotes.remote import ObjectStore
from dvnb.objects.store import LocalStore
from dvnb.objects.tree import Tree


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
