from __future__ import annotations

import os
from pathlib import Path

import pytest

from dvnb.errors import DvnbError, TargetError, WorkspaceConflictError
from dvnb.objects.removal import remove_empty_folders, remove_path
from dvnb.objects.trash import Trash


def test_things_move_and_come_back(root: Path, trash: Trash) -> None:
    (root / "f").write_text("file")
    (root / "d" / "s").mkdir(parents=True)
    (root / "d" / "s" / "x").write_text("member")
    (root / "l").symlink_to("nowhere")
    stored = [trash.move(str(root / name)) for name in ("f", "d", "l")]
    assert sorted(os.listdir(root)) == [".dvc"]
    assert Path(stored[0]).read_text() == "file"
    assert trash.operations() == [trash.operation]
    entries = trash.entries(trash.operation)
    assert [(entry.path, entry.stored) for entry in entries] == list(
        zip([str(root / name) for name in ("f", "d", "l")], stored, strict=True)
    )
    assert trash.size(trash.operation) >= 10
    for entry in entries:
        trash.restore(entry)
    assert (root / "d" / "s" / "x").read_text() == "member"
    assert os.readlink(root / "l") == "nowhere"
    assert trash.entries(trash.operation) == []


def test_the_same_name_twice_and_where_it_was(root: Path, trash: Trash) -> None:
    for content in ("one", "two"):
        (root / "f").write_text(content)
        trash.move(str(root / "f"), was=str(root / content))
    entries = trash.entries(trash.operation)
    assert [entry.path for entry in entries] == [str(root / "one"), str(root / "two")]
    assert [Path(entry.stored).read_text() for entry in entries] == ["one", "two"]


def test_restoring_overwrites_nothing(root: Path, trash: Trash) -> None:
    (root / "f").write_text("old")
    trash.move(str(root / "f"))
    (root / "f").write_text("new")
    with pytest.raises(WorkspaceConflictError):
        trash.restore(trash.entries(trash.operation)[0])
    assert (root / "f").read_text() == "new"


def test_what_is_not_there_cannot_be_moved(root: Path, trash: Trash) -> None:
    with pytest.raises(FileNotFoundError):
        trash.move(str(root / "none"))
    assert trash.entries(trash.operation) == []


def test_purge_frees_one_operation(root: Path, trash: Trash) -> None:
    other = Trash(trash.folder)
    for one in (trash, other):
        (root / "f").write_text("12345")
        one.move(str(root / "f"))
    assert trash.purge(trash.operation) >= 5
    assert trash.operations() == [other.operation]
    with pytest.raises(TargetError):
        trash.purge(trash.operation)
    with pytest.raises(TargetError):
        trash.purge("../..")


def test_across_filesystems_content_is_copied_and_checked(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    shm = Path("/dev/shm")
    if not shm.is_dir() or os.stat(shm).st_dev == os.stat(root).st_dev:
        pytest.skip("needs two filesystems")
    folder = shm / f"dvnb-test-trash-{os.getpid()}"
    trash = Trash(str(folder))
    try:
        (root / "d" / "s").mkdir(parents=True)
        (root / "d" / "s" / "x").write_text("member")
        (root / "d" / "l").symlink_to("s/x")
        stored = Path(trash.move(str(root / "d")))
        assert not (root / "d").exists()
        assert (stored / "s" / "x").read_text() == "member"
        assert os.readlink(stored / "l") == "s/x"
        trash.restore(trash.entries(trash.operation)[0])
        assert (root / "d" / "l").read_text() == "member"
        with open(root / "huge", "wb") as file:
            file.truncate(1 << 50 >> 8)
        if os.stat(root / "huge").st_size > os.statvfs(shm).f_bavail * os.statvfs(shm).f_frsize:
            with pytest.raises(DvnbError, match="room"):
                trash.move(str(root / "huge"))
            assert (root / "huge").exists()
    finally:
        remove_path(str(folder))


def test_removal_of_empty_folders_stops_at_the_top_and_at_content(root: Path) -> None:
    for name in ("top/a/b/c", "top/full/x", "top/a/d"):
        (root / name).mkdir(parents=True)
    (root / "top" / "full" / "f").write_text("")
    folders = {str(root / name) for name in ("top/a/b/c", "top/full/x", "top/a/d")}
    remove_empty_folders(folders, str(root / "top"))
    assert sorted(str(path.relative_to(root)) for path in root.rglob("*")) == ["top", "top/full", "top/full/f"]


def test_removing_a_symlink_leaves_its_target(root: Path) -> None:
    (root / "d").mkdir()
    (root / "d" / "f").write_text("")
    (root / "l").symlink_to("d")
    remove_path(str(root / "l"))
    remove_path(str(root / "none"))
    assert (root / "d" / "f").exists()
    remove_path(str(root / "d"))
    assert os.listdir(root) == []
