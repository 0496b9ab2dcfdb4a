"""What a journal tells is enough to take an operation back."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dvnb.objects.hashing import MD5, md5_bytes
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.objects.undo.journal import Journal
from dvnb.objects.undo.revert import CHANGED, GONE, Reverted, Reverter
from dvnb.objects.undo.trash import Trash


@pytest.fixture
def journal(root: Path) -> Journal:
    return Journal(str(root / ".trash"), "test")


@pytest.fixture
def undo(root: Path, store: LocalStore, state: State) -> Callable[[str], Reverted]:
    """Take an operation back; in `undo.last` is the id of the undo itself."""

    def revert(name: str) -> Reverted:
        mine = Journal(str(root / ".trash"), f"undo {name}")
        revert.last = mine.operation  # type: ignore[attr-defined]
        result = Reverter(store, state, ["copy"], mine).revert(Trash(mine.folder).operation(name))
        mine.undone(name)
        mine.close()
        return result

    return revert


def snapshot(root: Path) -> dict[str, str]:
    """Every path below `root` but the trash and the cache, with its kind and content."""
    found: dict[str, str] = {}
    for path in sorted(root.rglob("*")):
        rel = str(path.relative_to(root))
        if rel.startswith((".trash", ".dvc")):
            continue
        found[rel] = f"-> {os.readlink(path)}" if path.is_symlink() else "dir" if path.is_dir() else path.read_text()
    return found


def put(store: LocalStore, content: bytes) -> str:
    from dvnb.objects.hashing import HashInfo

    value = md5_bytes(content)
    store.put_bytes(content, HashInfo(MD5, value))
    return value


def test_what_was_moved_comes_back_and_goes_again(root: Path, journal: Journal, undo):
    (root / "d").mkdir()
    (root / "d" / "f").write_text("f")
    (root / "l").symlink_to("nowhere")
    before = snapshot(root)
    journal.move(str(root / "d"))
    journal.move(str(root / "l"))
    journal.close()
    after = snapshot(root)
    assert after == {}
    assert undo(journal.operation).restored == [str(root / "l"), str(root / "d")]
    assert snapshot(root) == before
    undo(undo.last)
    assert snapshot(root) == after


def test_written_files_become_what_they_were(root: Path, journal: Journal, undo):
    (root / "old").write_text("1")
    before = snapshot(root)
    for content in (b"2", b"3"):
        journal.write(str(root / "old"), content)
        journal.write(str(root / "new"), content)
    journal.close()
    assert snapshot(root) == {"old": "3", "new": "3"}
    undo(journal.operation)
    assert snapshot(root) == before
    undo(undo.last)
    assert snapshot(root) == {"old": "3", "new": "3"}


def test_a_file_that_changed_since_is_left_alone(root: Path, journal: Journal, undo):
    journal.write(str(root / "f"), b"ours")
    journal.close()
    (root / "f").write_text("the user's")
    result = undo(journal.operation)
    assert (result.restored, result.left) == ([], {str(root / "f"): CHANGED})
    assert (root / "f").read_text() == "the user's"


def place(journal: Journal, store: LocalStore, root: Path, old: dict[str, str], new: dict[str, str]) -> None:
    """Do to the folder `d` what a checkout does."""
    digest = {rel: put(store, text.encode()) for rel, text in old.items()}
    values = {rel: put(store, text.encode()) for rel, text in new.items()}
    changed = {rel for rel in old.keys() | new.keys() if old.get(rel) != new.get(rel)}
    journal.place(
        str(root / "d"),
        MD5,
        old={rel: digest[rel] for rel in changed & old.keys()},
        new={rel: values[rel] for rel in changed & new.keys()},
        folder=True,
    )
    for rel in old.keys() - new.keys():
        (root / "d" / rel).unlink()
    for rel, text in new.items():
        (root / "d" / rel).parent.mkdir(parents=True, exist_ok=True)
        (root / "d" / rel).write_text(text)


def test_placed_members_are_replaced_by_the_old_ones(root: Path, store: LocalStore, journal: Journal, undo):
    old = {"same": "s", "changed": "1", "deep/deleted": "d"}
    for rel, text in old.items():
        (root / "d" / rel).parent.mkdir(parents=True, exist_ok=True)
        (root / "d" / rel).write_text(text)
    before = snapshot(root)
    place(journal, store, root, old, {"same": "s", "changed": "2", "deeper/added": "a"})
    (root / "d" / "deep").rmdir()
    journal.close()
    after = snapshot(root)
    assert undo(journal.operation).left == {}
    assert snapshot(root) == before
    undo(undo.last)
    assert snapshot(root) == after


def test_a_placed_folder_goes_with_its_empty_folders(root: Path, store: LocalStore, journal: Journal, undo):
    place(journal, store, root, {}, {"a/b/c": "c"})
    journal.close()
    undo(journal.operation)
    assert snapshot(root) == {}


def test_only_the_members_that_nobody_touched_are_taken_back(root: Path, store: LocalStore, journal: Journal, undo):
    place(journal, store, root, {}, {"a": "a", "b": "b"})
    journal.close()
    (root / "d" / "a").write_text("edited")
    assert undo(journal.operation).left == {str(root / "d" / "a"): CHANGED}
    assert snapshot(root) == {"d": "dir", "d/a": "edited"}


def test_nothing_is_touched_where_the_cache_lacks_the_old_content(
    root: Path, store: LocalStore, journal: Journal, undo
):
    (root / "d").mkdir()
    (root / "d" / "a").write_text("old")
    place(journal, store, root, {"a": "old"}, {"a": "new"})
    journal.close()
    from dvnb.objects.hashing import HashInfo

    os.unlink(store.path(HashInfo(MD5, md5_bytes(b"old"))))
    assert undo(journal.operation).left == {str(root / "d"): GONE}
    assert snapshot(root) == {"d": "dir", "d/a": "new"}


def test_what_a_command_made_gives_way_to_what_was_there(root: Path, store: LocalStore, journal: Journal, undo):
    old = put(store, b"old")
    (root / "out").write_bytes(b"old")
    stored = journal.move(str(root / "out"))
    (root / "out").write_bytes(b"new")
    journal.make(str(root / "out"), MD5, md5_bytes(b"new"))
    journal.drop(stored, str(root / "out"), MD5, old)
    os.unlink(stored)
    journal.close()
    assert undo(journal.operation).left == {}
    assert snapshot(root) == {"out": "old"}
    undo(undo.last)
    assert snapshot(root) == {"out": "new"}


def test_what_a_killed_operation_left_half_done_is_put_aside(root: Path, journal: Journal, undo):
    (root / "out").write_text("old")
    journal.move(str(root / "out"))
    (root / "out").write_text("half")
    undo(journal.operation)
    assert snapshot(root) == {"out": "old"}
    kept = [Path(folder) / name for folder, _, names in os.walk(root / ".trash") for name in names]
    assert "half" in [path.read_text() for path in kept if path.name == "out"]


def test_a_torn_last_line_is_no_change(root: Path, journal: Journal, undo):
    (root / "f").write_text("f")
    journal.move(str(root / "f"))
    with open(os.path.join(journal.home, "journal.jsonl"), "a") as file:
        file.write('{"do":"moved","path":"/x')
    assert undo(journal.operation).restored == [str(root / "f")]


def test_many_files_moved_at_once_come_back(root: Path, journal: Journal, undo):
    for name in ("ab/1", "cd/2"):
        (root / name).parent.mkdir()
        (root / name).write_text(name)
    before = snapshot(root)
    journal.move_parts(str(root), [str(root / name) for name in ("ab/1", "cd/2")])
    journal.close()
    assert snapshot(root) == {"ab": "dir", "cd": "dir"}
    undo(journal.operation)
    assert snapshot(root) == before


def test_a_rename_is_turned_round(root: Path, journal: Journal, undo):
    (root / "a").write_text("a")
    journal.rename(str(root / "a"), str(root / "b"))
    journal.close()
    undo(journal.operation)
    assert snapshot(root) == {"a": "a"}


def test_an_operation_that_changed_nothing_leaves_nothing(root: Path, journal: Journal):
    journal.close()
    assert not os.path.exists(journal.folder)
    assert Trash(journal.folder).ids() == []
