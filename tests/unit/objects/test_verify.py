"""Objects that are not what their names say are found, near and far."""

from __future__ import annotations

import fsspec
import pytest

from dvnb.events import ignore_events
from dvnb.objects.hashing import LEGACY, MD5, HashInfo, hash_bytes, md5_bytes
from dvnb.objects.remotes.remote import open_remote
from dvnb.objects.store import LocalStore
from dvnb.objects.verify import damaged


def put(store, content: bytes, *, algorithm: str = MD5) -> HashInfo:
    hash_info = HashInfo(algorithm, hash_bytes(content, algorithm))
    store.put_bytes(content, hash_info)
    return hash_info


@pytest.mark.parametrize("jobs", [None, 1, 3])
def test_near(store: LocalStore, jobs: int | None):
    objects = [put(store, b"%d" % number) for number in range(600)]
    listing = HashInfo(MD5, md5_bytes(b"[]") + ".dir")
    store.put_bytes(b"[]", listing)
    legacy = put(store, b"a\r\nb\r\n", algorithm=LEGACY)
    assert damaged(store, jobs=jobs, emit=ignore_events) == (602, [])
    hurt = [objects[7], objects[599], listing, legacy]
    for each in hurt:
        path = store.path(each)
        import os

        os.chmod(path, 0o644)
        with open(path, "wb") as file:
            file.write(b"bad")
    count, found = damaged(store, jobs=jobs, emit=ignore_events)
    assert count == 602
    assert sorted(found, key=str) == sorted(hurt, key=str)


def test_far():
    store = open_remote("memory://verify-test", {})
    objects = [put(store, content) for content in (b"one", b"two", b"x" * 3_000_000)]
    assert damaged(store, emit=ignore_events) == (3, [])
    value = objects[1].value
    fsspec.filesystem("memory").pipe_file(f"/verify-test/files/md5/{value[:2]}/{value[2:]}", b"bad")
    assert damaged(store, emit=ignore_events) == (3, [objects[1]])


def test_an_empty_store(store: LocalStore):
    assert damaged(store, emit=ignore_events) == (0, [])
