from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from dvnb.events import Event, Progress
from dvnb.objects.hashing import WHOLE, HashInfo, hash_bytes, md5_bytes
from dvnb.objects.remotes.listings import read_listing
from dvnb.objects.remotes.remote import ObjectStore, open_remote, remove_object, run_files
from dvnb.objects.remotes.transfer import copy_runs, fetch, push
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.objects.tree import Tree
from dvnb.objects.verify import is_sound

LEGACY = "md5-dos2unix"
NewCache = Callable[[], LocalStore]


@pytest.fixture(params=["folder", "memory"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    url = str(tmp_path / "remote") if request.param == "folder" else f"memory://{uuid.uuid4().hex}"
    return open_remote(url, {})


@pytest.fixture
def cache(tmp_path: Path) -> LocalStore:
    return LocalStore(str(tmp_path / "cache"))


@pytest.fixture
def other(tmp_path: Path) -> LocalStore:
    return LocalStore(str(tmp_path / "other"))


def put(store: ObjectStore, data: bytes) -> HashInfo:
    hash_info = HashInfo("md5", md5_bytes(data))
    store.put_bytes(data, hash_info)
    return hash_info


def put_folder(store: LocalStore, *contents: bytes, names: list[str] | None = None) -> tuple[HashInfo, list[HashInfo]]:
    members = [put(store, data) for data in contents]
    paths = names or [f"f{number}" for number in range(len(contents))]
    return store.put_tree(Tree({path: member.value for path, member in zip(paths, members, strict=True)})), members


def damage(store: LocalStore, hash_info: HashInfo, data: bytes = b"damaged", mode: int = 0o444) -> None:
    path = store.path(hash_info)
    os.chmod(path, 0o644)
    Path(path).write_bytes(data)
    os.chmod(path, mode)


def test_pushed_objects_come_back_the_same(cache: LocalStore, remote: ObjectStore, other: LocalStore) -> None:
    file = put(cache, b"file")
    folder, members = put_folder(cache, b"a", b"b", b"a")

    pushed = push([file, folder], cache, remote)
    fetched = fetch([file, folder], remote, other)

    assert (pushed.transferred, pushed.failed, pushed.missing) == (4, [], [])
    assert (fetched.transferred, fetched.failed, fetched.missing) == (4, [], [])
    assert other.missing([file, folder, *members]) == set()
    with other.open(members[1]) as opened:
        assert opened.read() == b"b"
    assert os.stat(other.path(file)).st_mode & 0o777 == 0o444


def test_what_is_there_is_not_copied_again(cache: LocalStore, remote: ObjectStore) -> None:
    folder, _ = put_folder(cache, b"a", b"b")
    push([folder], cache, remote)

    assert push([folder], cache, remote).transferred == 0
    assert fetch([folder], remote, cache).transferred == 0


def test_large_and_many_objects_go_too(cache: LocalStore, remote: ObjectStore, other: LocalStore) -> None:
    folder, members = put_folder(cache, os.urandom(WHOLE + 5), *(b"%d" % number for number in range(300)))

    assert push([folder], cache, remote).transferred == 302
    assert fetch([folder], remote, other, jobs=2).transferred == 302

    assert all(is_sound(other, member) for member in members)
    with open(other.path(members[0]), "rb") as file:
        assert md5_bytes(file.read()) == members[0].value


def test_legacy_objects_are_verified_as_dvc_2_hashed_them(
    cache: LocalStore, remote: ObjectStore, other: LocalStore
) -> None:
    text = b"a\r\nb\r\n"
    file = HashInfo(LEGACY, hash_bytes(text, LEGACY))
    large_text = b"line\r\n" * (WHOLE // 6 + 1)
    large = HashInfo(LEGACY, hash_bytes(large_text, LEGACY))
    cache.put_bytes(text, file)
    cache.put_bytes(large_text, large)
    listing = Tree({"a": file.value}, LEGACY)
    folder = cache.put_tree(listing)

    assert push([file, large, folder], cache, remote).transferred == 3
    assert fetch([large, folder], remote, other).transferred == 3
    with other.open(file) as opened:
        assert opened.read() == text


def test_a_remote_gets_a_listing_only_with_all_of_its_members(cache: LocalStore, remote: ObjectStore) -> None:
    folder, members = put_folder(cache, b"a", b"b", b"c")
    whole, _ = put_folder(cache, b"c")
    remove_object(cache, members[1])

    result = push([folder, whole], cache, remote)

    assert result.missing == [members[1]]
    assert result.withheld == [folder]
    assert result.transferred == 3
    assert remote.missing([folder, whole, *members]) == {folder, members[1]}


def test_a_member_that_only_the_remote_has_is_no_reason_to_withhold(cache: LocalStore, remote: ObjectStore) -> None:
    folder, members = put_folder(cache, b"a", b"b")
    put(remote, b"b")
    remove_object(cache, members[1])

    result = push([folder], cache, remote)

    assert (result.missing, result.withheld, result.transferred) == ([], [], 2)
    assert remote.has(folder)


def test_part_of_a_folder_is_pushed_without_its_listing_until_the_rest_is_there(
    cache: LocalStore, remote: ObjectStore
) -> None:
    folder, members = put_folder(cache, b"a", b"b", b"c", names=["top", "sub/x", "sub-x"])

    first = push({folder: {"sub"}}, cache, remote)
    assert remote.missing([folder, *members]) == {folder, members[0], members[2]}
    assert (first.transferred, first.withheld) == (1, [folder])

    second = push({folder: ["top", "sub-x"]}, cache, remote)
    assert (second.transferred, second.withheld) == (3, [])
    assert remote.has(folder)


def test_part_of_a_folder_is_fetched_with_its_listing(
    cache: LocalStore, remote: ObjectStore, other: LocalStore
) -> None:
    folder, members = put_folder(cache, b"a", b"b", names=["top", "sub/x"])
    push([folder], cache, remote)

    assert fetch({folder: {"sub"}}, remote, other).transferred == 2
    assert other.missing([folder, *members]) == {members[0]}


def test_a_member_the_remote_lost_is_its_failure_and_the_rest_arrives_with_the_listing(
    cache: LocalStore, remote: ObjectStore, other: LocalStore
) -> None:
    folder, members = put_folder(cache, b"a", b"b")
    gone = put(cache, b"gone")
    push([folder], cache, remote)
    remove_object(remote, members[0])

    result = fetch([folder, gone], remote, other)

    assert result.missing == [gone]
    assert [failure.hash_info for failure in result.failed] == [members[0]]
    assert other.missing([folder, *members]) == {members[0]}
    lenient = fetch([folder, gone], remote, other, lenient=True)
    assert (set(lenient.missing), lenient.failed) == ({members[0], gone}, [])


def test_a_folder_without_its_listing_anywhere_is_missing(cache: LocalStore, remote: ObjectStore) -> None:
    folder = HashInfo("md5", "0" * 32 + ".dir")

    assert push([folder], cache, remote).missing == [folder]
    assert fetch([folder], remote, cache).missing == [folder]


@pytest.mark.parametrize("size", [3, WHOLE + 3])
def test_damaged_objects_of_a_remote_do_not_enter_the_cache(
    size: int, cache: LocalStore, other: LocalStore, tmp_path: Path
) -> None:
    remote = LocalStore(str(tmp_path / "remote"))
    good, bad = put(cache, b"g" * size), put(cache, b"b" * size)
    push([good, bad], cache, remote)
    damage(remote, bad, b"x" * size)

    result = fetch([good, bad], remote, other)

    assert [failure.hash_info for failure in result.failed] == [bad]
    assert str(result.failed[0]).startswith(f"'{bad.value}' - the object is damaged: its content has the hash '")
    assert result.transferred == 1
    assert other.missing([good, bad]) == {bad}


def test_damaged_downloads_do_not_enter_the_cache(cache: LocalStore) -> None:
    url = f"memory://{uuid.uuid4().hex}"
    remote = open_remote(url, {})
    bad = HashInfo("md5", md5_bytes(b"bad"))
    remote.put_bytes(b"something else", bad)

    result = fetch([bad], remote, cache)

    assert [failure.hash_info for failure in result.failed] == [bad]
    assert not cache.has(bad)
    assert os.listdir(cache.root) == []


def test_a_writable_object_is_checked_before_it_is_pushed(cache: LocalStore, remote: ObjectStore) -> None:
    good, bad = put(cache, b"good"), put(cache, b"bad")
    os.chmod(cache.path(good), 0o644)
    damage(cache, bad, mode=0o644)

    result = push([good, bad], cache, remote)

    assert [failure.hash_info for failure in result.failed] == [bad]
    assert remote.missing([good, bad]) == {bad}


def test_a_damaged_listing_counts_as_missing(cache: LocalStore, other: LocalStore, tmp_path: Path) -> None:
    remote = LocalStore(str(tmp_path / "remote"))
    folder, _ = put_folder(cache, b"a")
    push([folder], cache, remote)
    damage(remote, folder, b"[]")

    assert read_listing(folder, other, remote) is None
    assert fetch([folder], remote, other).missing == [folder]


def test_failures_of_single_objects_do_not_stop_the_others(cache: LocalStore, tmp_path: Path) -> None:
    remote = LocalStore(str(tmp_path / "remote"))
    folder, (first, second) = put_folder(cache, b"a", b"b")
    blocked = Path(remote.path(first)).parent
    blocked.parent.mkdir(parents=True)
    blocked.write_text("a file where a folder should be")

    result = push([folder], cache, remote)

    assert [failure.hash_info for failure in result.failed] == [first]
    assert result.withheld == [folder]
    assert remote.has(second)


def test_cache_and_remote_never_share_an_inode(cache: LocalStore, other: LocalStore, tmp_path: Path) -> None:
    remote = LocalStore(str(tmp_path / "remote"))
    file = put(cache, b"x" * 10)
    large = put(cache, b"y" * (WHOLE + 1))

    push([file, large], cache, remote)
    fetch([file, large], remote, other)

    for store in (cache, remote, other):
        assert os.stat(store.path(file)).st_nlink == 1
        assert os.stat(store.path(large)).st_nlink == 1


def test_no_temporary_files_stay(cache: LocalStore, remote: ObjectStore, other: LocalStore) -> None:
    folder, _ = put_folder(cache, b"a", b"b" * (WHOLE + 1))
    push([folder], cache, remote)
    fetch([folder], remote, other)

    for store in (cache, other):
        assert [name for _, _, names in os.walk(store.root) for name in names if name.endswith(".tmp")] == []


def test_progress_counts_members(cache: LocalStore, remote: ObjectStore, other: LocalStore) -> None:
    events: list[Event] = []
    folder, _ = put_folder(cache, b"a", b"b")

    push([folder], cache, remote, emit=events.append)
    fetch([folder], remote, other, emit=events.append)
    push([folder], cache, remote, emit=events.append)

    ends = [event for event in events if isinstance(event, Progress) and event.done == event.total]
    assert ends == [Progress("push", 2, 2), Progress("fetch", 2, 2)]


def test_listings_come_from_the_cache_or_the_remote(cache: LocalStore, remote: ObjectStore, other: LocalStore) -> None:
    folder, members = put_folder(cache, b"a")
    assert read_listing(folder, other, remote) is None

    push([folder], cache, remote)

    expected = Tree({"f0": members[0].value})
    assert read_listing(folder, cache, remote) == expected
    assert read_listing(folder, other, remote) == expected


def test_run_cache_files_are_copied_once_each_way(cache: LocalStore, remote: ObjectStore, other: LocalStore) -> None:
    names = [f"runs/{key[:2]}/{key}/{'e' * 64}" for key in ("a" * 64, "b" * 64)]
    for name in names:
        run_files(cache).write(name, name.encode())

    assert copy_runs(cache, remote) == 2
    assert copy_runs(cache, remote) == 0
    assert copy_runs(remote, other) == 2
    assert run_files(other).names() == set(names)
    assert run_files(other).read(names[0]) == names[0].encode()


def test_strange_names_in_a_run_cache_are_left_alone(cache: LocalStore, other: LocalStore) -> None:
    run_files(other).write("runs/ab/notakey/value", b"x")

    assert copy_runs(other, cache) == 0


def test_a_remote_that_does_not_exist_yet_lacks_everything(cache: LocalStore, tmp_path: Path) -> None:
    file = HashInfo("md5", md5_bytes(b"x"))

    assert fetch([file], LocalStore(str(tmp_path / "nowhere")), cache).missing == [file]
    assert copy_runs(LocalStore(str(tmp_path / "nowhere")), cache) == 0


def test_a_folder_that_the_remote_has_is_remembered_until_an_object_goes(
    cache: LocalStore, other: LocalStore, tmp_path: Path
) -> None:
    state = State(str(tmp_path))
    folder, members = put_folder(cache, *(b"%d" % number for number in range(5000)))
    assert push([folder], cache, other, state=state).transferred == 5001
    time.sleep(0.05)  # folders that changed a moment ago tell nothing yet
    assert push([folder], cache, other, state=state).transferred == 0
    assert other.missing_members(folder, lambda: pytest.fail("it is not remembered"), state) == set()
    remove_object(other, members[7])
    assert push([folder], cache, other, state=state).transferred == 1
    remove_object(other, folder)
    assert push([folder], cache, other, state=state).transferred == 1
    assert other.has(folder)
    assert other.has(members[7])


def test_a_damaged_read_only_object_is_not_pushed_as_good(cache: LocalStore, remote: ObjectStore) -> None:
    """Damaged after it arrived, and read-only again: it is newer than its folder."""
    folder, (good, bad) = put_folder(cache, b"good", b"bad")
    damage(cache, bad)
    path = cache.path(bad)
    later = os.stat(os.path.dirname(path)).st_mtime_ns + 1
    os.utime(path, ns=(later, later))
    result = push([folder], cache, remote)
    assert [failure.hash_info for failure in result.failed] == [bad]
    assert "damaged" in str(result.failed[0])
    assert result.withheld == [folder]
    assert remote.missing([good, bad, folder]) == {bad, folder}
    os.utime(path, ns=(later, later))
    put(cache, b"bad")  # the right bytes replace what is in doubt
    assert push([folder], cache, remote).failed == []
    assert not remote.missing([good, bad, folder])
