from __future__ import annotations

import os
import shutil
import stat
import threading
import time
from pathlib import Path

import pytest

from dvnb.errors import FormatError, MissingObjectsError
from dvnb.objects.hashing import WHOLE, HashInfo, md5_bytes
from dvnb.objects.pipe import copy_and_hash
from dvnb.objects.stamp import stamp_of
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.objects.tree import Tree

CONTENT = b"content"
CONTENT_HASH = HashInfo("md5", md5_bytes(CONTENT))


def _mode(path: str | Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_layout_is_that_of_dvc(store: LocalStore) -> None:
    value = "d751713988987e9331980363e24189ce.dir"
    assert store.path(HashInfo("md5", value)) == f"{store.root}/files/md5/d7/51713988987e9331980363e24189ce.dir"
    assert store.path(HashInfo("md5-dos2unix", value)) == f"{store.root}/d7/51713988987e9331980363e24189ce.dir"


@pytest.mark.parametrize("size", [0, 5, WHOLE - 1, WHOLE, 2 * WHOLE + 3])
def test_what_is_ingested_is_hashed_and_kept_read_only(root: Path, store: LocalStore, size: int) -> None:
    data = os.urandom(size)
    (root / "f").write_bytes(data)
    value = store.ingest(str(root / "f"), size)
    assert value == md5_bytes(data)
    path = store.path(HashInfo("md5", value))
    assert Path(path).read_bytes() == data
    assert _mode(path) == 0o444
    assert _files(Path(store.root)) == [os.path.relpath(path, store.root)]


@pytest.mark.parametrize("expected", [0, 3, 1000])
def test_ingest_takes_all_of_a_file_that_grew_or_shrank(root: Path, store: LocalStore, expected: int) -> None:
    (root / "f").write_bytes(CONTENT)
    assert store.ingest(str(root / "f"), expected) == CONTENT_HASH.value
    assert store.open(CONTENT_HASH).read() == CONTENT


@pytest.mark.parametrize("size", [3, WHOLE + 1])
def test_put_file_copies_and_leaves_the_source(root: Path, store: LocalStore, size: int) -> None:
    data = os.urandom(size)
    (root / "f").write_bytes(data)
    (root / "f").chmod(0o640)
    hash_info = HashInfo("md5", md5_bytes(data))
    assert store.put_file(str(root / "f"), hash_info)
    assert store.open(hash_info).read() == data
    assert _mode(store.path(hash_info)) == 0o444
    assert _mode(root / "f") == 0o640


def test_put_file_refuses_a_file_with_another_stamp(root: Path, store: LocalStore) -> None:
    (root / "f").write_bytes(b"before")
    stamp = stamp_of(os.stat(root / "f"))
    (root / "f").write_bytes(CONTENT)
    assert not store.put_file(str(root / "f"), CONTENT_HASH, stamp=stamp)
    assert not store.has(CONTENT_HASH)
    assert _files(Path(store.root)) == []


def test_a_damaged_object_that_is_not_read_only_is_replaced(root: Path, store: LocalStore) -> None:
    store.put_bytes(CONTENT, CONTENT_HASH)
    path = Path(store.path(CONTENT_HASH))
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    store.put_bytes(CONTENT, CONTENT_HASH)
    assert path.read_bytes() == CONTENT
    assert _mode(path) == 0o444


def test_modes_do_not_depend_on_the_umask(root: Path) -> None:
    old = os.umask(0o077)
    try:
        store = LocalStore(str(root / "c"))
        store.put_bytes(CONTENT, CONTENT_HASH)
        assert _mode(store.path(CONTENT_HASH)) == 0o444
        assert _mode(os.path.dirname(store.path(CONTENT_HASH))) == 0o700
    finally:
        os.umask(old)


def test_folders_of_a_group_cache_are_writable_for_the_group(root: Path) -> None:
    store = LocalStore(str(root / "shared" / "c"), shared_group=True)
    store.put_bytes(CONTENT, CONTENT_HASH)
    folder = Path(store.path(CONTENT_HASH)).parent
    assert [_mode(path) for path in (folder, folder.parent, folder.parent.parent, Path(store.root))] == [0o2775] * 4
    assert _mode(root / "shared") == 0o777 & ~0o022
    assert _mode(store.path(CONTENT_HASH)) == 0o444


@pytest.mark.parametrize("count", [10, 3000])
def test_missing_names_just_what_is_not_there(store: LocalStore, count: int) -> None:
    hashes = [HashInfo(("md5", "md5-dos2unix")[n % 2], md5_bytes(b"%d" % n)) for n in range(count)]
    assert store.missing(iter(hashes)) == set(hashes)
    for number, hash_info in enumerate(hashes):
        if number % 3:
            store.put_bytes(b"%d" % number, hash_info)
    assert store.missing(hashes) == {hash_info for number, hash_info in enumerate(hashes) if not number % 3}


def test_missing_in_a_store_that_holds_much_more(store: LocalStore) -> None:
    # One folder as large as those of a store of 50,000 objects: listing them all would take too long.
    held = [f"ab{md5_bytes(b'%d' % number)[2:]}" for number in range(200)]
    for value in held:
        store.put_bytes(b"", HashInfo("md5", value))
    others = [md5_bytes(b"%d" % number) for number in range(2000)]
    assert store.missing_values({*held[:100], *others}) == set(others)


def test_trees(store: LocalStore) -> None:
    tree = Tree({"a": CONTENT_HASH.value})
    hash_info = store.put_tree(tree)
    assert hash_info == tree.hash_info()
    fresh = LocalStore(store.root)
    assert fresh.read_tree(hash_info) == tree
    assert fresh.read_tree(hash_info) is fresh.read_tree(hash_info)
    with pytest.raises(MissingObjectsError):
        fresh.read_tree(HashInfo("md5", "0" * 32 + ".dir"))


def test_a_damaged_tree_is_missing_or_an_error(store: LocalStore) -> None:
    hash_info = store.put_tree(Tree({"a": CONTENT_HASH.value}))
    path = Path(store.path(hash_info))
    path.chmod(0o644)
    path.write_bytes(b"[]")
    with pytest.raises(MissingObjectsError):
        LocalStore(store.root).read_tree(hash_info)
    path.write_bytes(b"[")
    path.chmod(0o444)
    ahead = path.parent.stat().st_mtime_ns + 10**9
    os.utime(path, ns=(ahead, ahead))  # newer than its folder: written to in place
    with pytest.raises(MissingObjectsError):
        LocalStore(store.root).read_tree(hash_info)
    os.utime(path, ns=(0, 0))
    with pytest.raises(FormatError):
        LocalStore(store.root).read_tree(hash_info)


def test_all_objects_skips_what_is_none(store: LocalStore) -> None:
    legacy = HashInfo("md5-dos2unix", CONTENT_HASH.value)
    store.put_bytes(CONTENT, CONTENT_HASH)
    assert not store.has_legacy()
    store.put_bytes(CONTENT, legacy)
    assert store.has_legacy()
    tree = store.put_tree(Tree({}))
    for stray in ("files/md5/ab/.xyz.tmp", "runs/ab/abc", "files/md5/README"):
        path = Path(store.root, stray)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    assert {hash_info for hash_info, _ in store.all_objects()} == {CONTENT_HASH, legacy, tree}


def test_put_link_shares_the_inode(root: Path, store: LocalStore) -> None:
    (root / "f").write_bytes(CONTENT)
    assert store.put_link(str(root / "f"), CONTENT_HASH)
    assert os.path.samefile(root / "f", store.path(CONTENT_HASH))
    assert _mode(root / "f") == 0o444
    assert not store.put_link(str(root / "none"), HashInfo("md5", "0" * 32))


def test_a_failing_write_leaves_no_temporary_file(root: Path, store: LocalStore) -> None:
    store.put_bytes(CONTENT, CONTENT_HASH)
    os.makedirs(store.path(HashInfo("md5", "0" * 32)) + "/blocker")
    with pytest.raises(OSError, match="directory"):
        store.put_bytes(b"x", HashInfo("md5", "0" * 32))
    assert not [name for name in _files(Path(store.root)) if name.endswith(".tmp")]


def test_several_threads_store_the_same_content(root: Path, store: LocalStore) -> None:
    (root / "f").write_bytes(CONTENT)
    threads = [threading.Thread(target=store.ingest, args=(str(root / "f"), 7)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(_files(Path(store.root))) == 1


def test_a_pipe_that_cannot_write_raises_and_ends(root: Path) -> None:
    (root / "f").write_bytes(os.urandom(5 << 20))
    source = os.open(root / "f", os.O_RDONLY)
    target = os.open(root / "f", os.O_RDONLY)
    try:
        with pytest.raises(OSError, match="Bad file descriptor"):
            copy_and_hash(source, target)
    finally:
        os.close(source)
        os.close(target)


def test_members_are_asked_for_again_once_an_object_came_or_went(store: LocalStore, state: State) -> None:
    values = [md5_bytes(str(number).encode()) for number in range(5000)]
    for number, value in enumerate(values):
        store.put_bytes(str(number).encode(), HashInfo("md5", value))
    folder = HashInfo("md5", md5_bytes(b"folder") + ".dir")
    time.sleep(0.05)  # folders that changed a moment ago tell nothing yet
    assert store.missing_members(folder, lambda: values, state) == set()
    assert store.missing_members(folder, lambda: [*values, CONTENT_HASH.value], state) == set(), "not remembered"
    os.unlink(store.path(HashInfo("md5", values[7])))
    assert store.missing_members(folder, lambda: values, state) == {values[7]}
    store.put_bytes(b"7", HashInfo("md5", values[7]))
    assert store.missing_members(folder, lambda: values, state) == set()
    shutil.rmtree(os.path.dirname(store.path(HashInfo("md5", values[9]))))
    gone = {value for value in values if value[:2] == values[9][:2]}
    assert store.missing_members(folder, lambda: values, state) == gone
    shutil.rmtree(store.root)
    assert store.missing_members(folder, lambda: values, state) == set(values)
