from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dvnb.errors import DvnbError
from dvnb.events import Event, Progress
from dvnb.objects.build import Built, build
from dvnb.objects.hashing import WHOLE, HashInfo, hash_file, md5_bytes
from dvnb.objects.save import add, save
from dvnb.objects.state import State
from dvnb.objects.store import LocalStore

WriteFiles = Callable[[dict[str, bytes]], None]

FOLDER = {"d/one.txt": b"one\n", "d/dup.txt": b"one\n", "d/sub/two.txt": b"two\n"}
FOLDER_HASH = HashInfo("md5", "fa9260c3d3913d52b9f8e283ee741741.dir")
COPY = ["reflink", "copy"]


def _unread(path: Path) -> None:
    """Make sure that reading would show: same size and times, other bytes."""
    status = path.stat()
    path.write_bytes(b"#" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _mode(path: str | Path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def _objects(store: LocalStore) -> set[str]:
    return {hash_info.value for hash_info, _ in store.all_objects()}


class UpperCase:
    """Counts `.ipynb` files by their content in upper case, twice."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def applies(self, path: str) -> bool:
        return path.endswith(".ipynb")

    def hash(self, path: str) -> tuple[str, int]:
        self.asked.append(path)
        data = Path(path).read_bytes().upper() * 2
        return md5_bytes(data), len(data)


def test_a_folder_as_dvc_sees_it(root: Path, state: State, write_files: WriteFiles) -> None:
    write_files(FOLDER)
    (root / "d" / "empty").mkdir()
    built = build(str(root / "d"), state=state)
    assert built.fingerprint.hash_info == FOLDER_HASH
    assert (built.fingerprint.size, built.fingerprint.nfiles, built.fingerprint.isexec) == (12, 3, False)
    assert built.tree is not None
    assert sorted(built.tree.entries) == ["dup.txt", "one.txt", "sub/two.txt"]


def test_an_empty_folder(root: Path, state: State) -> None:
    (root / "d").mkdir()
    fingerprint = build(str(root / "d"), state=state).fingerprint
    assert fingerprint.hash_info == HashInfo("md5", "d751713988987e9331980363e24189ce.dir")
    assert (fingerprint.size, fingerprint.nfiles) == (0, 0)


def test_single_files(root: Path, state: State, write_files: WriteFiles) -> None:
    write_files({"f": b"content", "x": b"run me"})
    (root / "x").chmod(0o755)
    plain, executable = (build(str(root / name), state=state) for name in "fx")
    assert plain.fingerprint.hash_info == HashInfo("md5", md5_bytes(b"content"))
    assert (plain.fingerprint.size, plain.fingerprint.nfiles, plain.fingerprint.isexec) == (7, None, False)
    assert executable.fingerprint.isexec
    assert plain.tree is None


def test_nothing_there_is_an_error(root: Path, state: State) -> None:
    with pytest.raises(FileNotFoundError):
        build(str(root / "none"), state=state)


def test_the_legacy_algorithm(root: Path, state: State, write_files: WriteFiles) -> None:
    write_files({"f": b"a\r\nb\r\n", "d/f": b"a\nb\n"})
    expected = "dd8c6a395b5dd36c56d23275028f526c"
    built = build(str(root / "f"), state=state, algorithm="md5-dos2unix")
    assert built.fingerprint.hash_info == HashInfo("md5-dos2unix", expected)
    assert built.fingerprint.size == 6
    tree = build(str(root / "d"), state=state, algorithm="md5-dos2unix").tree
    assert tree is not None
    assert tree.hashes() == {HashInfo("md5-dos2unix", expected)}


@pytest.mark.parametrize("reopen", [False, True])
def test_unchanged_files_are_not_read_again(
    root: Path, state: State, write_files: WriteFiles, reopen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_files({**FOLDER, "f": b"single"})
    build(str(root / "d"), state=state)
    build(str(root / "f"), state=state)
    if reopen:
        state.close()
        state = State(str(root))
    write_files({"d/new": b"new"})
    read: list[str] = []

    def note(path: str, *args: object) -> str:
        read.append(os.path.basename(path))
        return hash_file(path)

    monkeypatch.setattr("dvnb.objects.build.hash_file", note)
    build(str(root / "d"), state=state)
    build(str(root / "f"), state=state)
    assert read == ["new"]


def test_a_changed_file_is_seen_even_with_its_old_size_and_mtime(
    root: Path, state: State, write_files: WriteFiles
) -> None:
    write_files(FOLDER)
    build(str(root / "d"), state=state)
    _unread(root / "d" / "one.txt")
    assert build(str(root / "d"), state=state).fingerprint.hash_info != FOLDER_HASH


def test_a_file_written_right_before_and_right_after_hashing_is_seen(root: Path, state: State) -> None:
    for number in range(20):
        (root / "f").write_bytes(b"%04d" % number)
        assert build(str(root / "f"), state=state).fingerprint.hash_info == HashInfo("md5", md5_bytes(b"%04d" % number))


def test_what_left_the_folder_leaves_the_state(root: Path, state: State, write_files: WriteFiles) -> None:
    write_files({**FOLDER, "d/gone/x": b"x"})
    build(str(root / "d"), state=state)
    (root / "d" / "one.txt").unlink()
    (root / "d" / "gone" / "x").unlink()
    (root / "d" / "gone").rmdir()
    build(str(root / "d"), state=state)
    state.close()
    state = State(str(root))
    assert list(state.listing(str(root / "d"))) == ["dup.txt"]
    assert not state.listing(str(root / "d" / "gone"))


def test_canonical_forms_count_where_they_apply(root: Path, state: State, write_files: WriteFiles) -> None:
    write_files({"d/n.ipynb": b"abc", "d/f": b"xy"})
    canonical = UpperCase()
    for _ in range(2):
        built = build(str(root / "d"), state=state, canonical=canonical)
        assert built.tree is not None
        assert built.tree.entries == {"n.ipynb": md5_bytes(b"ABCABC"), "f": md5_bytes(b"xy")}
        assert built.fingerprint.size == 8
        single = build(str(root / "d" / "n.ipynb"), state=state, canonical=canonical).fingerprint
        assert (single.hash_info, single.size) == (HashInfo("md5", md5_bytes(b"ABCABC")), 6)
    assert len(canonical.asked) == 1
    plain = build(str(root / "d"), state=state).tree
    assert plain is not None
    assert plain.entries["n.ipynb"] == md5_bytes(b"abc")


def test_large_files_are_hashed_at_once(root: Path, state: State, write_files: WriteFiles) -> None:
    contents = {f"d/{number}": os.urandom(WHOLE + number) for number in range(3)}
    write_files({**contents, "d/small": b"s"})
    tree = build(str(root / "d"), state=state).tree
    assert tree is not None
    assert tree.entries == {"small": md5_bytes(b"s")} | {str(n): md5_bytes(contents[f"d/{n}"]) for n in range(3)}


def _build_and_save(path: str, store: LocalStore, *, link_types: list[str], state: State, relink: bool = True) -> Built:
    built = build(path, state=state)
    save(built, path, store, link_types=link_types, relink=relink, state=state)
    return built


@pytest.mark.parametrize("put", [add, _build_and_save])
@pytest.mark.parametrize("kind", ["copy", "reflink", "hardlink", "symlink"])
class TestPutting:
    def test_all_objects_are_stored_read_only(
        self, root: Path, state: State, store: LocalStore, write_files: WriteFiles, put: Callable[..., Built], kind: str
    ) -> None:
        write_files(FOLDER)
        built = put(str(root / "d"), store, link_types=[kind, "copy"], state=state)
        assert built.fingerprint.hash_info == FOLDER_HASH
        assert _objects(store) == {FOLDER_HASH.value, md5_bytes(b"one\n"), md5_bytes(b"two\n")}
        assert {_mode(entry.path) for _, entry in store.all_objects()} == {0o444}
        assert {name: (root / name).read_bytes() for name in FOLDER} == FOLDER

    def test_the_workspace_hangs_on_the_cache_as_wished(
        self, root: Path, state: State, store: LocalStore, write_files: WriteFiles, put: Callable[..., Built], kind: str
    ) -> None:
        write_files(FOLDER)
        put(str(root / "d"), store, link_types=[kind, "copy"], state=state)
        for name, content in FOLDER.items():
            path, target = root / name, store.path(HashInfo("md5", md5_bytes(content)))
            assert path.is_symlink() == (kind == "symlink")
            assert os.path.samefile(path, target) == (kind in ("hardlink", "symlink"))
            assert _mode(path) == (0o444 if kind in ("hardlink", "symlink") else 0o644)

    def test_afterwards_nothing_need_be_read(
        self,
        root: Path,
        state: State,
        store: LocalStore,
        write_files: WriteFiles,
        put: Callable[..., Built],
        kind: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        write_files(FOLDER)
        put(str(root / "d"), store, link_types=[kind, "copy"], state=state)
        state.close()
        monkeypatch.setattr("dvnb.objects.build.hash_file", None)
        assert build(str(root / "d"), state=State(str(root))).fingerprint.hash_info == FOLDER_HASH

    def test_symlinked_members_become_files(
        self, root: Path, state: State, store: LocalStore, write_files: WriteFiles, put: Callable[..., Built], kind: str
    ) -> None:
        write_files({"outside": b"one\n", "d/f": b"two\n"})
        (root / "d" / "l").symlink_to(root / "outside")
        put(str(root / "d"), store, link_types=[kind, "copy"], state=state)
        target = store.path(HashInfo("md5", md5_bytes(b"one\n")))
        if kind == "symlink":
            assert os.readlink(root / "d" / "l") == target
        else:
            assert not (root / "d" / "l").is_symlink()
        assert (root / "d" / "l").read_bytes() == b"one\n"
        assert (root / "outside").stat().st_nlink == 1
        assert _mode(root / "outside") == 0o644

    def test_an_executable_file_stays_one_and_its_object_read_only(
        self, root: Path, state: State, store: LocalStore, write_files: WriteFiles, put: Callable[..., Built], kind: str
    ) -> None:
        write_files({"x": b"run me"})
        (root / "x").chmod(0o755)
        put(str(root / "x"), store, link_types=[kind, "copy"], state=state)
        assert _mode(root / "x") & stat.S_IXUSR
        assert _mode(store.path(HashInfo("md5", md5_bytes(b"run me")))) == 0o444

    def test_a_file_with_another_name_is_not_taken_into_the_cache(
        self, root: Path, state: State, store: LocalStore, write_files: WriteFiles, put: Callable[..., Built], kind: str
    ) -> None:
        write_files({"f": b"one\n"})
        os.link(root / "f", root / "mine")
        put(str(root / "f"), store, link_types=[kind, "copy"], state=state)
        (root / "mine").write_bytes(b"changed")
        assert store.open(HashInfo("md5", md5_bytes(b"one\n"))).read() == b"one\n"


def test_files_known_to_the_state_but_not_to_the_cache_are_stored(
    root: Path, state: State, store: LocalStore, write_files: WriteFiles
) -> None:
    write_files(FOLDER)
    build(str(root / "d"), state=state)
    add(str(root / "d"), store, link_types=COPY, state=state)
    assert md5_bytes(b"two\n") in _objects(store)


def test_without_relink_the_workspace_stays(
    root: Path, state: State, store: LocalStore, write_files: WriteFiles
) -> None:
    write_files({"outside": b"one\n", "d/f": b"two\n"})
    (root / "d" / "l").symlink_to(root / "outside")
    add(str(root / "d"), store, link_types=["hardlink"], relink=False, state=state)
    assert os.readlink(root / "d" / "l") == str(root / "outside")
    assert (root / "d" / "f").stat().st_nlink == 1
    assert _mode(root / "d" / "f") == 0o644


@pytest.mark.parametrize("settled", [True, False])
@pytest.mark.parametrize("kind", ["copy", "hardlink"])
def test_a_file_that_changed_since_it_was_measured_is_refused(
    root: Path, state: State, store: LocalStore, write_files: WriteFiles, settled: bool, kind: str
) -> None:
    write_files({"f": b"before"})
    if not settled:
        (root / "f").write_bytes(b"before")
    built = build(str(root / "f"), state=state)
    (root / "f").write_bytes(b"behind")
    with pytest.raises(DvnbError, match="changed"):
        save(built, str(root / "f"), store, link_types=[kind], state=state)
    assert not store.has(HashInfo("md5", md5_bytes(b"before")))
    assert (root / "f").read_bytes() == b"behind"


def test_changing_the_link_type_relinks(root: Path, state: State, store: LocalStore, write_files: WriteFiles) -> None:
    write_files(FOLDER)
    target = store.path(HashInfo("md5", md5_bytes(b"two\n")))
    for kind in ("hardlink", "copy", "symlink", "hardlink", "symlink", "reflink"):
        add(str(root / "d"), store, link_types=[kind, "copy"], state=state)
        path = root / "d" / "sub" / "two.txt"
        assert path.is_symlink() == (kind == "symlink")
        assert os.path.samefile(path, target) == (kind in ("hardlink", "symlink"))
        assert build(str(root / "d"), state=state).fingerprint.hash_info == FOLDER_HASH


def test_an_existing_inode_of_a_duplicate_is_shared(
    root: Path, state: State, store: LocalStore, write_files: WriteFiles
) -> None:
    write_files(FOLDER)
    add(str(root / "d"), store, link_types=["hardlink"], state=state)
    assert os.path.samefile(root / "d" / "one.txt", root / "d" / "dup.txt")
    assert (root / "d" / "one.txt").stat().st_nlink == 3


def test_bytes_of_large_files_are_told(root: Path, state: State, store: LocalStore, write_files: WriteFiles) -> None:
    write_files({"d/f": b"x"})
    seen: list[Event] = []
    built = build(str(root / "d"), state=state)
    save(built, str(root / "d"), store, link_types=["copy"], state=state, emit=seen.append)
    assert seen == [Progress("save", 1, 1, "file")]


def test_no_stamp_of_the_future_is_trusted(root: Path, state: State, write_files: WriteFiles) -> None:
    write_files({"f": b"old"})
    future = time.time_ns() + 10**12
    os.utime(root / "f", ns=(future, future))
    build(str(root / "f"), state=state)
    assert state.hash_of(str(root / "f"), os.stat(root / "f")) is None


@pytest.mark.parametrize("way", [add, _build_and_save])
@pytest.mark.parametrize("kind", ["copy", "hardlink"])
@pytest.mark.parametrize("target", ["d", "d/one.txt"])
def test_what_the_workspace_has_replaces_a_damaged_object(
    way: Callable[..., Built],
    kind: str,
    target: str,
    root: Path,
    state: State,
    store: LocalStore,
    write_files: WriteFiles,
) -> None:
    """Damaged after it arrived, and read-only again; the file itself did not change since it was added."""
    write_files(FOLDER)
    way(str(root / target), store, link_types=["copy"], state=state)
    path = Path(store.path(HashInfo("md5", md5_bytes(b"one\n"))))
    path.chmod(0o644)
    path.write_bytes(b"bad\n")
    path.chmod(0o444)
    later = os.stat(path.parent).st_mtime_ns + 1
    os.utime(path, ns=(later, later))
    way(str(root / target), store, link_types=[kind], state=state)
    assert path.read_bytes() == b"one\n"
    assert (root / "d" / "one.txt").read_bytes() == b"one\n"
    assert _mode(path) == 0o444
