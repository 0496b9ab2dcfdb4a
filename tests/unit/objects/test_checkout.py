from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from dvnb.errors import MissingObjectsError, WorkspaceConflictError
from dvnb.objects.build import build
from dvnb.objects.hashing import WHOLE, Fingerprint, HashInfo, hash_bytes, md5_bytes
from dvnb.objects.removal import remove_path
from dvnb.objects.save import add
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore
from dvnb.objects.tree import Tree
from dvnb.objects.undo.journal import Journal
from dvnb.objects.workspace.checkout import UNSAVED, Change, checkout, conflicts

WriteFiles = Callable[[dict[str, bytes]], None]


class Workspace:
    """A project's folder and all that a checkout needs."""

    def __init__(self, root: Path, store: LocalStore, write: WriteFiles) -> None:
        self.root = root
        self.store = store
        self.write = write
        self.state = State(str(root))
        self.journal = Journal(str(root / ".dvc" / "trash"))
        self.types = ["reflink", "copy"]
        self.ignore: IgnoreNames | None = None

    def path(self, name: str) -> str:
        return str(self.root / name)

    def add(self, name: str) -> Fingerprint:
        built = add(self.path(name), self.store, link_types=self.types, state=self.state, ignore=self.ignore)
        self.state.flush()
        return built.fingerprint

    def checkout(
        self, name: str, want: Fingerprint | None, *, force: bool = False, relink: bool = False, only: str | None = None
    ) -> Change | None:
        return checkout(
            self.path(name),
            want,
            store=self.store,
            state=self.state,
            ignore=self.ignore,
            link_types=self.types,
            force=force,
            relink=relink,
            only=None if only is None else self.path(only),
            journal=self.journal,
        )

    def conflicts(self, name: str, want: Fingerprint | None) -> list[str]:
        return conflicts(self.path(name), want, store=self.store, state=self.state, ignore=self.ignore)

    def files(self, name: str) -> dict[str, bytes]:
        folder = self.root / name
        if folder.is_file():
            return {"": folder.read_bytes()}
        found = (path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in found}

    def in_trash(self) -> dict[str, bytes]:
        return {os.path.relpath(path, self.root): stored.read_bytes() for path, stored in self.kept().items()}

    def kept(self) -> dict[str, Path]:
        """What was moved: where it was -> where it lies."""
        home = Path(self.journal.home)
        if not home.exists():
            return {}
        records = [json.loads(line) for line in (home / "journal.jsonl").read_text().splitlines()]
        return {record["path"]: home / record["stored"] for record in records if record["do"] in ("moved", "left")}

    def drop(self, content: bytes) -> None:
        os.unlink(self.store.path(HashInfo("md5", md5_bytes(content))))


class IgnoreNames:
    def __init__(self, *names: str) -> None:
        self.names = set(names)

    def filter_names(self, folder: str, dirs: list[str], files: list[str]) -> tuple[list[str], list[str]]:
        return [d for d in dirs if d not in self.names], [f for f in files if f not in self.names]


@pytest.fixture
def work(root: Path, store: LocalStore, write_files: WriteFiles) -> Workspace:
    return Workspace(root, store, write_files)


FIRST = {"a": b"1", "b": b"2", "s/x": b"3", "s/y": b"4", "t/z": b"5"}
SECOND = {"a": b"1", "b": b"two", "s/x": b"3", "new/n": b"6", "t": b"a file now"}


def _fill(work: Workspace, files: dict[str, bytes]) -> None:
    remove_path(work.path("d"))
    (work.root / "d").mkdir()
    work.write({f"d/{name}": content for name, content in files.items()})


@pytest.fixture
def versions(work: Workspace) -> tuple[Fingerprint, Fingerprint]:
    """Two versions of `d`, both in the store; the workspace holds the second."""
    _fill(work, FIRST)
    first = work.add("d")
    _fill(work, SECOND)
    return first, work.add("d")


@pytest.mark.parametrize("kind", ["copy", "reflink", "hardlink", "symlink"])
class TestLinkTypes:
    def test_a_folder_comes_back_and_need_not_be_read(
        self, work: Workspace, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        _fill(work, FIRST)
        want = work.add("d")
        remove_path(work.path("d"))
        work.types = [kind, "copy"]
        assert work.checkout("d", want) == Change(work.path("d"), "added", True, 5, 0, 0)
        assert work.files("d") == FIRST
        for name, content in FIRST.items():
            path, target = work.root / "d" / name, work.store.path(HashInfo("md5", md5_bytes(content)))
            assert path.is_symlink() == (kind == "symlink")
            assert os.path.samefile(path, target) == (kind in ("hardlink", "symlink"))
        if kind in ("copy", "reflink"):
            work.state.close()
            monkeypatch.setattr("dvnb.objects.build.hash_file", None)
            work.state = State(str(work.root))
        assert build(work.path("d"), state=work.state).fingerprint == want
        assert work.checkout("d", want) is None

    def test_versions_can_be_switched(
        self, work: Workspace, versions: tuple[Fingerprint, Fingerprint], kind: str
    ) -> None:
        work.types = [kind, "copy"]
        for _ in range(2):
            for want, files in zip(versions, (FIRST, SECOND), strict=True):
                work.checkout("d", want)
                assert work.files("d") == files
        assert work.in_trash() == {}

    def test_an_executable_file_is_a_copy_that_can_run(self, work: Workspace, kind: str) -> None:
        work.write({"x": b"run"})
        (work.root / "x").chmod(0o755)
        want = work.add("x")
        (work.root / "x").unlink()
        work.types = [kind, "copy"]
        work.checkout("x", want)
        assert stat.S_IMODE(os.stat(work.root / "x").st_mode) == 0o744
        assert stat.S_IMODE(os.stat(work.store.path(HashInfo("md5", md5_bytes(b"run")))).st_mode) == 0o444


def test_the_change_counts_files(work: Workspace, versions: tuple[Fingerprint, Fingerprint]) -> None:
    assert work.checkout("d", versions[0]) == Change(work.path("d"), "modified", True, 2, 1, 2)


def test_only_what_differs_is_touched(work: Workspace, versions: tuple[Fingerprint, Fingerprint]) -> None:
    before = {name: os.stat(work.root / "d" / name) for name in ("a", "s/x")}
    work.checkout("d", versions[0])
    for name, status in before.items():
        now = os.stat(work.root / "d" / name)
        assert (now.st_ino, now.st_mtime_ns, now.st_ctime_ns) == (status.st_ino, status.st_mtime_ns, status.st_ctime_ns)


def test_a_write_right_after_a_checkout_is_seen(work: Workspace) -> None:
    work.write({"f": b"00"})
    want = work.add("f")
    for number in range(10, 30):
        (work.root / "f").unlink()
        work.checkout("f", want)
        (work.root / "f").write_bytes(b"%d" % number)
        assert build(work.path("f"), state=work.state).fingerprint != want
        assert work.conflicts("f", want) == [work.path("f")]


def test_folders_that_became_empty_go(work: Workspace, versions: tuple[Fingerprint, Fingerprint]) -> None:
    work.checkout("d", versions[0])
    assert not (work.root / "d" / "new").exists()


def test_an_empty_folder_comes_back(work: Workspace) -> None:
    (work.root / "d").mkdir()
    want = work.add("d")
    (work.root / "d").rmdir()
    assert work.checkout("d", want) == Change(work.path("d"), "added", True)
    assert (work.root / "d").is_dir()
    assert work.checkout("d", want) is None


def test_large_files(work: Workspace) -> None:
    data = os.urandom(WHOLE + 1)
    work.write({"f": data})
    want = work.add("f")
    (work.root / "f").unlink()
    assert work.checkout("f", want) == Change(work.path("f"), "added", False, 1, 0, 0)
    assert (work.root / "f").read_bytes() == data


def test_a_folder_becomes_a_file_and_back(work: Workspace, versions: tuple[Fingerprint, Fingerprint]) -> None:
    work.write({"f": b"single"})
    single = work.add("f")
    assert work.checkout("d", single) == Change(work.path("d"), "modified", False, 1, 0, 5)
    assert work.files("d") == {"": b"single"}
    assert work.checkout("d", versions[1]) == Change(work.path("d"), "modified", True, 5, 0, 1)
    assert work.files("d") == SECOND


class TestUnsaved:
    def test_it_is_refused_before_anything_is_touched(
        self, work: Workspace, versions: tuple[Fingerprint, Fingerprint]
    ) -> None:
        work.write({"d/b": b"edited", "d/mine": b"unsaved"})
        before = work.files("d")
        names = [work.path("d/b"), work.path("d/mine")]
        assert work.conflicts("d", versions[0]) == names
        with pytest.raises(WorkspaceConflictError) as caught:
            work.checkout("d", versions[0])
        assert caught.value.paths == names
        assert str(caught.value) == "\n".join([UNSAVED, *names])
        assert work.files("d") == before

    def test_by_force_it_goes_into_the_trash(self, work: Workspace, versions: tuple[Fingerprint, Fingerprint]) -> None:
        work.write({"d/b": b"edited", "d/mine": b"unsaved"})
        work.checkout("d", versions[0], force=True)
        assert work.files("d") == FIRST
        assert work.in_trash() == {"d/b": b"edited", "d/mine": b"unsaved"}

    def test_what_stays_is_no_conflict(self, work: Workspace, versions: tuple[Fingerprint, Fingerprint]) -> None:
        work.ignore = IgnoreNames("mine")
        work.write({"d/mine": b"ignored"})
        assert work.conflicts("d", versions[0]) == []
        work.checkout("d", versions[0])
        assert work.files("d") == {**FIRST, "mine": b"ignored"}

    def test_a_damaged_object_does_not_save_a_file(self, work: Workspace) -> None:
        work.write({"f": b"old"})
        old = work.add("f")
        work.write({"f": b"new"})
        work.add("f")
        saved = Path(work.store.path(HashInfo("md5", md5_bytes(b"new"))))
        saved.chmod(0o644)
        saved.write_bytes(b"damaged")
        assert work.conflicts("f", old) == [work.path("f")]

    def test_ignored_files_where_a_file_shall_be_go_into_the_trash(
        self, work: Workspace, versions: tuple[Fingerprint, Fingerprint]
    ) -> None:
        work.checkout("d", versions[0])
        work.ignore = IgnoreNames("__pycache__")
        work.write({"d/t/__pycache__/x": b"ignored"})
        work.checkout("d", versions[1])
        assert work.files("d") == SECOND
        (stored,) = work.kept().values()
        assert (stored / "__pycache__" / "x").read_bytes() == b"ignored"

    def test_content_saved_under_the_other_algorithm_is_saved(self, work: Workspace) -> None:
        data = b"a\r\nb\r\n"
        value = hash_bytes(b"legacy\n", "md5-dos2unix")
        work.store.put_bytes(b"legacy\n", HashInfo("md5-dos2unix", value))
        legacy = Fingerprint(HashInfo("md5-dos2unix", value), 7)
        work.write({"f": data})
        current = work.add("f")
        assert work.checkout("f", legacy) == Change(work.path("f"), "modified", False, 0, 1, 0)
        assert (work.root / "f").read_bytes() == b"legacy\n"
        assert work.checkout("f", current) is not None
        assert (work.root / "f").read_bytes() == data


class TestRemoval:
    def test_saved_content_goes(self, work: Workspace, versions: tuple[Fingerprint, Fingerprint]) -> None:
        (work.root / "d" / "empty" / "below").mkdir(parents=True)
        assert work.checkout("d", None) == Change(work.path("d"), "deleted", True, 0, 0, 5)
        assert not (work.root / "d").exists()
        assert work.checkout("d", None) is None

    def test_unsaved_content_stays_or_goes_into_the_trash(self, work: Workspace) -> None:
        work.write({"f": b"mine"})
        with pytest.raises(WorkspaceConflictError):
            work.checkout("f", None)
        assert work.checkout("f", None, force=True) == Change(work.path("f"), "deleted", False, 0, 0, 1)
        assert work.in_trash() == {"f": b"mine"}


class TestMissing:
    def test_the_rest_is_restored_and_nothing_deleted(
        self, work: Workspace, versions: tuple[Fingerprint, Fingerprint]
    ) -> None:
        work.drop(b"2")
        with pytest.raises(MissingObjectsError) as caught:
            work.checkout("d", versions[0])
        assert caught.value.paths == [work.path("d")]
        assert "1 of 5 objects" in str(caught.value)
        # `t` was a file and had to make room for `t/z`; its content is in the cache.
        assert work.files("d") == {**FIRST, "b": b"two", "new/n": b"6"}

    def test_what_is_not_restored_needs_no_room(
        self, work: Workspace, versions: tuple[Fingerprint, Fingerprint]
    ) -> None:
        work.drop(b"5")
        with pytest.raises(MissingObjectsError):
            work.checkout("d", versions[0])
        assert (work.root / "d" / "t").read_bytes() == b"a file now"

    def test_without_the_listing_nothing_is_touched(
        self, work: Workspace, versions: tuple[Fingerprint, Fingerprint]
    ) -> None:
        assert versions[0].hash_info is not None
        os.unlink(work.store.path(versions[0].hash_info))
        work.store = LocalStore(work.store.root)
        with pytest.raises(MissingObjectsError) as caught:
            work.checkout("d", versions[0], force=True)
        assert caught.value.paths == [work.path("d")]
        assert work.files("d") == SECOND
        assert work.conflicts("d", versions[0]) == []

    def test_a_single_file(self, work: Workspace) -> None:
        work.write({"f": b"x"})
        want = work.add("f")
        work.drop(b"x")
        assert work.checkout("f", want) is None
        (work.root / "f").unlink()
        with pytest.raises(MissingObjectsError):
            work.checkout("f", want)
        with pytest.raises(MissingObjectsError):
            work.checkout("f", Fingerprint(None))

    def test_a_damaged_object_counts_as_missing_and_is_kept(
        self, work: Workspace, versions: tuple[Fingerprint, Fingerprint]
    ) -> None:
        path = Path(work.store.path(HashInfo("md5", md5_bytes(b"4"))))
        path.chmod(0o644)
        path.write_bytes(b"damaged")
        with pytest.raises(MissingObjectsError):
            work.checkout("d", versions[0])
        assert not path.exists()
        assert b"damaged" in work.in_trash().values()
        assert work.files("d") == {name: data for name, data in {**FIRST, "new/n": b"6"}.items() if name != "s/y"}

    def test_an_object_that_is_writable_but_whole_is_used_and_protected(
        self, work: Workspace, versions: tuple[Fingerprint, Fingerprint]
    ) -> None:
        path = Path(work.store.path(HashInfo("md5", md5_bytes(b"4"))))
        path.chmod(0o644)
        work.checkout("d", versions[0])
        assert work.files("d") == FIRST
        assert stat.S_IMODE(path.stat().st_mode) == 0o444

    def test_dangling_links_into_the_cache_are_replaced(self, work: Workspace) -> None:
        work.types = ["symlink"]
        _fill(work, {"a": b"1", "b": b"2"})
        want = work.add("d")
        work.drop(b"1")
        with pytest.raises(MissingObjectsError):
            work.checkout("d", want)
        work.store.put_bytes(b"1", HashInfo("md5", md5_bytes(b"1")))
        assert work.checkout("d", want) is None

    def test_a_users_own_dangling_link_is_unsaved(self, work: Workspace) -> None:
        work.write({"f": b"x"})
        want = work.add("f")
        (work.root / "f").unlink()
        (work.root / "f").symlink_to("nowhere")
        assert work.conflicts("f", want) == [work.path("f")]
        work.checkout("f", want, force=True)
        assert (work.root / "f").read_bytes() == b"x"
        assert os.readlink(next(iter(work.kept().values()))) == "nowhere"


class TestGranular:
    def test_only_the_asked_part_comes_back(self, work: Workspace, versions: tuple[Fingerprint, Fingerprint]) -> None:
        remove_path(work.path("d"))
        assert work.checkout("d", versions[0], only="d/s") == Change(work.path("d"), "added", True, 2, 0, 0)
        assert work.files("d") == {"s/x": b"3", "s/y": b"4"}
        assert work.checkout("d", versions[0], only="d/a") == Change(work.path("d"), "modified", True, 1, 0, 0)
        assert work.checkout("d", versions[0], only="d/a") is None
        assert work.files("d") == {"s/x": b"3", "s/y": b"4", "a": b"1"}

    def test_the_rest_stays_even_if_unsaved(self, work: Workspace, versions: tuple[Fingerprint, Fingerprint]) -> None:
        work.write({"d/mine": b"unsaved"})
        work.checkout("d", versions[0], only="d/s")
        assert work.files("d") == {**SECOND, "s/y": b"4", "mine": b"unsaved"}

    def test_a_part_that_is_not_in_the_version_goes(
        self, work: Workspace, versions: tuple[Fingerprint, Fingerprint]
    ) -> None:
        assert work.checkout("d", versions[0], only="d/new") == Change(work.path("d"), "modified", True, 0, 0, 1)
        assert not (work.root / "d" / "new").exists()
        assert work.checkout("d", versions[0], only="d/never") is None


@pytest.mark.parametrize(("before", "after"), [("copy", "hardlink"), ("hardlink", "symlink"), ("symlink", "copy")])
def test_relink(work: Workspace, before: str, after: str) -> None:
    work.types = [before]
    _fill(work, FIRST)
    want = work.add("d")
    work.types = [after]
    assert work.checkout("d", want) is None
    assert (work.root / "d" / "s" / "x").is_symlink() == (before == "symlink")
    assert work.checkout("d", want, relink=True) is None
    for name, content in FIRST.items():
        path, target = work.root / "d" / name, work.store.path(HashInfo("md5", md5_bytes(content)))
        assert path.is_symlink() == (after == "symlink")
        assert os.path.samefile(path, target) == (after != "copy")
    assert work.files("d") == FIRST
    assert build(work.path("d"), state=work.state).fingerprint == want


def test_legacy_folders(work: Workspace) -> None:
    value = hash_bytes(b"a\r\n", "md5-dos2unix")
    work.store.put_bytes(b"a\r\n", HashInfo("md5-dos2unix", value))
    want = Fingerprint(work.store.put_tree(Tree({"x": value}, "md5-dos2unix")))
    assert work.checkout("d", want) == Change(work.path("d"), "added", True, 1, 0, 0)
    assert work.files("d") == {"x": b"a\r\n"}
    assert work.checkout("d", want) is None


def test_no_temporary_files_stay(work: Workspace, versions: tuple[Fingerprint, Fingerprint]) -> None:
    work.checkout("d", versions[0])
    assert not list(work.root.rglob("*.tmp"))
