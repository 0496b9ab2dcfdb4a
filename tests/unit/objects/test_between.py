from __future__ import annotations

import os
from pathlib import Path

import pytest

from dvnb.objects import anchor
from dvnb.objects.hashing import MD5, WHOLE, HashInfo, md5_bytes
from dvnb.objects.remotes.between import bulk_copy
from dvnb.objects.store import LocalStore
from dvnb.objects.verify import is_sound


@pytest.fixture(params=["open folders", "whole paths"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of naming files: not every system can name them by an open folder."""
    if request.param == "whole paths":
        monkeypatch.setattr(anchor, "_ABLE", False)


@pytest.fixture
def source(tmp_path: Path) -> LocalStore:
    return LocalStore(str(tmp_path / "source"))


@pytest.fixture
def target(tmp_path: Path) -> LocalStore:
    return LocalStore(str(tmp_path / "target"))


def _alike(count: int, size: int = 0) -> list[bytes]:
    """Contents whose hashes begin with the same two digits."""
    found: list[bytes] = []
    number = 0
    while len(found) < count:
        data = b"%d" % number + bytes(size)
        if md5_bytes(data).startswith("0a"):
            found.append(data)
        number += 1
    return found


def _put(store: LocalStore, data: bytes) -> str:
    value = md5_bytes(data)
    store.put_bytes(data, HashInfo(MD5, value))
    return value


def _files(store: LocalStore) -> dict[str, bytes]:
    folder = Path(store.value_path("0a", MD5))
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


@pytest.mark.parametrize("verify", [True, False])
def test_objects_are_the_same_read_only_and_their_own(source: LocalStore, target: LocalStore, *, verify: bool) -> None:
    values = [_put(source, data) for data in _alike(3)]
    assert bulk_copy(source, target, verify=verify)(MD5, values) == [True] * 3
    assert _files(target) == _files(source)
    for value in values:
        status = os.stat(target.value_path(value, MD5))
        assert (status.st_mode & 0o7777, status.st_nlink) == (0o444, 1)
        assert is_sound(target, HashInfo(MD5, value))


def test_what_is_missing_is_left_and_the_others_go(source: LocalStore, target: LocalStore) -> None:
    first, second, third = _alike(3)
    values = [_put(source, first), md5_bytes(second), _put(source, third)]
    assert bulk_copy(source, target, verify=True)(MD5, values) == [True, False, True]
    assert list(_files(target).values()) in ([first, third], [third, first])


@pytest.mark.parametrize("mode", [0o444, 0o644])
def test_what_is_in_doubt_is_left_though_nobody_verifies(source: LocalStore, target: LocalStore, mode: int) -> None:
    value = _put(source, _alike(1)[0])
    path = Path(source.value_path(value, MD5))
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    path.chmod(mode)
    later = os.stat(path.parent).st_mtime_ns + 1
    os.utime(path, ns=(later, later))
    assert bulk_copy(source, target, verify=False)(MD5, [value]) == [False]
    assert _files(target) == {}


def test_damage_that_does_not_show_is_found_by_verifying(source: LocalStore, target: LocalStore) -> None:
    value = _put(source, _alike(1)[0])
    path = Path(source.value_path(value, MD5))
    before = path.stat()
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    path.chmod(0o444)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert bulk_copy(source, target, verify=True)(MD5, [value]) == [False]
    assert _files(target) == {}


def test_large_objects_legacy_ones_and_a_narrow_umask_go_the_long_way(source: LocalStore, target: LocalStore) -> None:
    value = _put(source, _alike(1)[0])
    large = _put(source, _alike(1, WHOLE)[0])
    copy = bulk_copy(source, target, verify=True)
    assert copy("md5-dos2unix", [value]) == [False]
    assert copy(MD5, [large]) == [False]
    before = os.umask(0o077)
    try:
        assert copy(MD5, [value]) == [False]
    finally:
        os.umask(before)
    assert _files(target) == {}
    assert copy(MD5, [value]) == [True]


def test_a_target_that_cannot_be_written_gets_nothing(source: LocalStore, tmp_path: Path) -> None:
    value = _put(source, _alike(1)[0])
    (tmp_path / "file").write_text("no folder")
    assert bulk_copy(source, LocalStore(str(tmp_path / "file")), verify=True)(MD5, [value]) == [False]
