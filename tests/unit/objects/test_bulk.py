from __future__ import annotations

import os
from pathlib import Path

import pytest

from dvnb.objects import anchor
from dvnb.objects.anchor import Anchor
from dvnb.objects.hashing import MD5, HashInfo, md5_bytes
from dvnb.objects.stamp import stamp_of
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.objects.workspace.bulk import Made, Member, make_files
from dvnb.objects.workspace.doubt import Doubt

KINDS = ["hardlink", "symlink", "copy"]


@pytest.fixture(params=["open folders", "whole paths"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of naming files: not every system can name them by an open folder."""
    if request.param == "whole paths":
        monkeypatch.setattr(anchor, "_ABLE", False)


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(str(tmp_path / "cache"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.mkdir()
    return path


def put(store: LocalStore, data: bytes) -> str:
    value = md5_bytes(data)
    store.put_bytes(data, HashInfo(MD5, value))
    return value


def make(store: LocalStore, folder: Path, members: list[Member], kind: str) -> Made:
    base = store.base(MD5)
    with Anchor(base) as objects:
        doubt = Doubt(store, MD5, State(str(folder.parent)))
        return make_files((objects, base, doubt), str(folder), members, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_files_and_their_stamps(store: LocalStore, folder: Path, kind: str) -> None:
    contents = {f"f{number}": b"%d" % number for number in range(5)}
    made = make(store, folder, [(name, put(store, data)) for name, data in contents.items()], kind)
    assert {name: (folder / name).read_bytes() for name in os.listdir(folder)} == contents
    assert made == [stamp_of(os.stat(folder / name)) for name in contents]
    assert [(folder / name).is_symlink() for name in contents] == [kind == "symlink"] * 5
    assert {os.stat(folder / name).st_nlink for name in contents} == {2 if kind == "hardlink" else 1}
    assert all(os.access(folder / name, os.W_OK) for name in contents) or kind != "copy"


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_made_fast(store: LocalStore, folder: Path, kind: str) -> None:
    writable, newer, empty, sound = (put(store, data) for data in (b"writable", b"newer", b"", b"sound"))
    os.chmod(store.value_path(writable, MD5), 0o644)
    path = store.value_path(newer, MD5)
    later = os.stat(os.path.dirname(path)).st_mtime_ns + 10**9
    os.utime(path, ns=(later, later))
    members = [("missing", "0" * 32), ("w", writable), ("n", newer), ("e", empty), ("s", sound), ("d", sound)]
    (folder / "d").mkdir()
    made = make(store, folder, members, kind)
    assert [stamp is None for stamp in made] == [True, True, True, True, False, True]
    assert sorted(os.listdir(folder)) == ["d", "s"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_in_the_way(store: LocalStore, folder: Path, kind: str) -> None:
    (folder / "f").write_bytes(b"old")
    (made,) = make(store, folder, [("f", put(store, b"new"))], kind)
    # Only a rename replaces a file in one step: links are left to who does that.
    assert (made is None, (folder / "f").read_bytes()) == ((False, b"new") if kind == "copy" else (True, b"old"))


def test_another_type_is_left_to_others(store: LocalStore, folder: Path) -> None:
    assert make(store, folder, [("f", put(store, b"x"))], "reflink") == [None]
    assert os.listdir(folder) == []
