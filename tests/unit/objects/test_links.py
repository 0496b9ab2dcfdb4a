from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest

from dvnb.errors import DvnbError
from dvnb.objects.hashing import WHOLE, md5_bytes
from dvnb.objects.links import can_reflink, is_linked_as, kind_of_link, link, unprotect, usable_types
from dvnb.objects.names import temporary_name
from dvnb.objects.stamp import is_settled, stamp_of
from dvnb.objects.state import State


@pytest.fixture
def source(root: Path) -> str:
    path = root / "object"
    path.write_bytes(b"content")
    path.chmod(0o444)
    return str(path)


@pytest.mark.parametrize("kind", ["hardlink", "symlink", "copy"])
@pytest.mark.parametrize("occupied", [False, True])
def test_each_type_makes_what_it_says(root: Path, source: str, kind: str, occupied: bool) -> None:
    target = root / "target"
    if occupied:
        target.write_text("old")
    assert link(source, str(target), [kind]) == kind
    assert target.read_bytes() == b"content"
    assert kind_of_link(str(target), source) == kind
    assert sorted(os.listdir(root)) == ["object", "target"]


def test_symlinks_are_absolute_and_hardlinks_stay_read_only(root: Path, source: str) -> None:
    link(source, str(root / "s"), ["symlink"])
    link(source, str(root / "h"), ["hardlink"])
    assert os.readlink(root / "s") == source
    assert stat.S_IMODE(os.stat(root / "h").st_mode) == 0o444


def test_a_copy_has_the_usual_mode_and_a_settled_time(root: Path, source: str) -> None:
    old = os.umask(0o027)
    try:
        link(source, str(root / "c"), ["copy"])
    finally:
        os.umask(old)
    status = os.stat(root / "c")
    assert stat.S_IMODE(status.st_mode) == 0o640
    assert is_settled(stamp_of(status), time.time_ns())


@pytest.mark.parametrize("size", [0, WHOLE - 1, WHOLE, WHOLE + 70_000])
def test_copies_of_any_size(root: Path, size: int) -> None:
    data = os.urandom(size)
    (root / "o").write_bytes(data)
    link(str(root / "o"), str(root / "c"), ["copy"])
    assert (root / "c").read_bytes() == data


def test_the_first_type_that_works_is_taken(root: Path, source: str) -> None:
    kinds = link(source, str(root / "t"), ["reflink", "copy"])
    assert kinds == ("reflink" if can_reflink(source, str(root)) else "copy")


def test_no_type_that_works_is_an_error(root: Path, source: str) -> None:
    (root / "folder").mkdir()
    with pytest.raises(DvnbError, match="folder"):
        link(source, str(root / "folder"), ["copy"])
    with pytest.raises(FileNotFoundError):
        link(str(root / "none"), str(root / "t"), ["copy"])
    assert sorted(os.listdir(root)) == ["folder", "object"]


def test_empty_files_are_not_hard_linked(root: Path) -> None:
    (root / "empty").write_bytes(b"")
    link(str(root / "empty"), str(root / "t"), ["hardlink"])
    assert os.stat(root / "t").st_nlink == 1
    assert is_linked_as(str(root / "t"), str(root / "empty"), "hardlink")


def test_what_counts_as_linked(root: Path, source: str) -> None:
    link(source, str(root / "c"), ["copy"])
    link(source, str(root / "h"), ["hardlink"])
    link(source, str(root / "s"), ["symlink"])
    (root / "elsewhere").symlink_to("c")
    os.link(root / "c", root / "c2")
    expected = {"c": ["reflink", "copy"], "h": ["hardlink"], "s": ["symlink"], "elsewhere": [], "c2": []}
    kinds = ["reflink", "hardlink", "symlink", "copy"]
    os.unlink(root / "c2")
    del expected["c2"]
    for name, fitting in expected.items():
        assert [kind for kind in kinds if is_linked_as(str(root / name), source, kind)] == fitting


def test_usable_types_across_filesystems(root: Path, source: str) -> None:
    shm = Path("/dev/shm")
    if not shm.is_dir() or os.stat(shm).st_dev == os.stat(root).st_dev:
        pytest.skip("needs two filesystems")
    assert usable_types(source, str(shm), ["reflink", "hardlink", "symlink", "copy"]) == ["symlink", "copy"]
    assert "hardlink" in usable_types(source, str(root), ["hardlink"])


def test_unprotect_makes_writable_copies_whose_hash_is_known(root: Path, source: str) -> None:
    state = State(str(root))
    folder = root / "d"
    (folder / "s").mkdir(parents=True)
    link(source, str(folder / "h"), ["hardlink"])
    link(source, str(folder / "s" / "s"), ["symlink"])
    (folder / "plain").write_text("mine")
    (folder / "read-only").write_text("mine")
    (folder / "read-only").chmod(0o444)
    status = os.stat(folder / "h")
    state.remember(str(folder / "h"), status, md5_bytes(b"content"), read_at=time.time_ns() + 10**10)
    unprotect(str(folder), state)
    for name in ("h", "s/s"):
        assert (folder / name).read_bytes() == b"content"
        assert kind_of_link(str(folder / name), source) == "copy"
        assert os.access(folder / name, os.W_OK)
    assert stat.S_IMODE(os.stat(folder / "read-only").st_mode) == 0o644
    assert state.hash_of(str(folder / "h"), os.stat(folder / "h")) == md5_bytes(b"content")
    assert stat.S_IMODE(os.stat(source).st_mode) == 0o444


def test_temporary_names_look_like_dvcs() -> None:
    names = {temporary_name() for _ in range(100)}
    assert len(names) == 100
    assert all(name.startswith(".") and name.endswith(".tmp") and len(name) == 27 for name in names)
