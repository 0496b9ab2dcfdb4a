from __future__ import annotations

import os
from pathlib import Path

import pytest

from dvnb.errors import DvnbError, TargetError
from dvnb.objects.removal import remove_empty_folders, remove_path
from dvnb.objects.undo.journal import Journal
from dvnb.objects.undo.trash import Trash


def test_what_is_not_there_cannot_be_moved(root: Path, journal: Journal) -> None:
    with pytest.raises(FileNotFoundError):
        journal.move(str(root / "none"))
    assert Trash(journal.folder).ids() == []


def test_operations_are_read_back_in_order(root: Path, journal: Journal) -> None:
    for number in range(3):
        other = Journal(journal.folder, f"verb {number}")
        other.write(str(root / "f"), b"%d" % number)
        other.close()
    trash = Trash(journal.folder)
    found = trash.operations()
    assert [operation.command for operation in found] == ["verb 0", "verb 1", "verb 2"]
    assert [operation.id for operation in found] == trash.ids()
    assert all(operation.ended and operation.ended >= operation.begun for operation in found)
    assert found[1].pid == os.getpid()


def test_one_by_its_beginning(root: Path, journal: Journal) -> None:
    for _ in range(2):
        other = Journal(journal.folder)
        other.write(str(root / "f"), b"")
        other.close()
    trash = Trash(journal.folder)
    first, second = trash.ids()
    assert trash.operation(first).id == first
    assert trash.operation(second[:-1]).id == second
    with pytest.raises(TargetError, match="more than one"):
        trash.operation(first[:4])
    with pytest.raises(TargetError, match="no operation 'x'"):
        trash.operation("x")


def test_emptying_frees_some_operations(root: Path, journal: Journal) -> None:
    for content in ("12345", "1234567"):
        (root / "f").write_text(content)
        other = Journal(journal.folder)
        other.move(str(root / "f"))
        other.close()
    trash = Trash(journal.folder)
    first, second = trash.ids()
    size = trash.operation(first).size()
    assert size >= 5
    assert trash.empty([first]) == size
    assert trash.ids() == [second]


def test_what_lies_on_another_filesystem_belongs_to_the_operation(root: Path, journal: Journal, tmp_path: Path) -> None:
    (root / "f").write_text("12345")
    stored = journal.move_parts(str(root), [str(root / "f")], home=str(tmp_path / "far"))
    journal.close()
    assert stored == str(tmp_path / "far" / journal.operation)
    trash = Trash(journal.folder)
    assert trash.operation(journal.operation).size() > 5
    trash.empty([journal.operation])
    assert not os.path.exists(stored)


def test_a_journal_goes_on_with_an_operation(root: Path, journal: Journal) -> None:
    (root / "a").write_text("a")
    journal.move(str(root / "a"))
    journal.close()
    other = Journal(journal.folder)
    other.resume(journal.operation)
    (root / "a").write_text("b")
    other.move(str(root / "a"))
    assert Trash(journal.folder).operation(journal.operation).ended is None
    other.close()
    (operation,) = Trash(journal.folder).operations()
    contents = [Path(operation.stored(record)).read_text() for record in operation.records if record["do"] == "moved"]
    assert contents == ["a", "b"]
    assert operation.ended


def test_across_filesystems_content_is_copied_and_checked(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    shm = Path("/dev/shm")
    if not shm.is_dir() or os.stat(shm).st_dev == os.stat(root).st_dev:
        pytest.skip("needs two filesystems")
    folder = shm / f"dvnb-test-trash-{os.getpid()}"
    journal = Journal(str(folder))
    try:
        (root / "d" / "s").mkdir(parents=True)
        (root / "d" / "s" / "x").write_text("member")
        (root / "d" / "l").symlink_to("s/x")
        stored = Path(journal.move(str(root / "d")))
        assert not (root / "d").exists()
        assert (stored / "s" / "x").read_text() == "member"
        assert os.readlink(stored / "l") == "s/x"
        journal.put_back(str(stored), str(root / "d"))
        assert (root / "d" / "l").read_text() == "member"
        with open(root / "huge", "wb") as file:
            file.truncate(1 << 50 >> 8)
        if os.stat(root / "huge").st_size > os.statvfs(shm).f_bavail * os.statvfs(shm).f_frsize:
            with pytest.raises(DvnbError, match="room"):
                journal.move(str(root / "huge"))
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


def test_what_another_worktree_prunes_too_is_no_failure(
    root: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        other = Journal(journal.folder)
        other.write(str(root / "f"), b"")
        other.close()
    trash = Trash(journal.folder)
    names = trash.ids()
    remove_path(trash.operation(names[0]).folder)
    monkeypatch.setattr(trash, "ids", lambda: names)  # as they were seen before
    assert trash.operations()[0].size() == 0
    assert trash.prune(None, 0) == names[:-1]
    assert os.listdir(journal.folder) == names[-1:]
