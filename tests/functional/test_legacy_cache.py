"""Files and objects of dvc 1 and 2: entries without `hash: md5`, objects directly below the cache folder (SPEC 2.9)."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dvnb import Repo

Picture = Callable[[Path], dict[str, tuple[int, str]]]

TEXT = b"a\r\nb\r\n"
BINARY = b"\x00\x01\r\n"


def dos2unix(content: bytes) -> str:
    """The hash that dvc 2 gave to a file."""
    is_text = b"\x00" not in content[:512]
    return hashlib.md5(content.replace(b"\r\n", b"\n") if is_text else content).hexdigest()


def put(store: Path, value: str, content: bytes) -> None:
    """Store an object as dvc 2 did."""
    path = store / value[:2] / value[2:]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o444)


def old_objects(store: Path) -> set[str]:
    """Hashes of the objects that lie as dvc 2 had them."""
    found = (path for path in store.glob("??/*") if len(path.parent.name) == 2)
    return {path.parent.name + path.name for path in found}


def new_objects(store: Path) -> set[str]:
    return {path.parent.name + path.name for path in store.glob("files/md5/??/*")}


MEMBERS = {"one.txt": b"one\r\n", "sub/two.bin": BINARY}
LISTING = json.dumps([{"md5": dos2unix(content), "relpath": path} for path, content in MEMBERS.items()]).encode()
FOLDER = hashlib.md5(LISTING).hexdigest() + ".dir"
EVERYTHING = {dos2unix(TEXT), FOLDER, *(dos2unix(content) for content in MEMBERS.values())}


@pytest.fixture
def far(tmp_path: Path) -> Path:
    return tmp_path / "far"


@pytest.fixture
def cache(repo: Path) -> Path:
    return repo / ".dvc" / "cache"


@pytest.fixture
def old(repo: Path, cache: Path, far: Path, commit_all: Callable[..., None]) -> Path:
    """A project as dvc 2 left it: text.txt and folder/, in the workspace and in the cache; its remote is empty."""
    Path("text.txt").write_bytes(TEXT)
    Path("text.txt.dvc").write_text(f"outs:\n- md5: {dos2unix(TEXT)}\n  size: {len(TEXT)}\n  path: text.txt\n")
    put(cache, dos2unix(TEXT), TEXT)
    for name, content in MEMBERS.items():
        path = Path("folder", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        put(cache, dos2unix(content), content)
    put(cache, FOLDER, LISTING)
    size = sum(map(len, MEMBERS.values()))
    Path("folder.dvc").write_text(f"outs:\n- md5: {FOLDER}\n  size: {size}\n  nfiles: 2\n  path: folder\n")
    Path(".gitignore").write_text("/text.txt\n/folder\n")
    Repo().remote_add("far", str(far), default=True)
    commit_all()
    return repo


def clear() -> None:
    Path("text.txt").unlink()
    shutil.rmtree("folder")


def whole() -> bool:
    """Whether the workspace holds the data as it was."""
    texts = {Path("folder", name): content for name, content in MEMBERS.items()} | {Path("text.txt"): TEXT}
    return all(path.read_bytes() == content for path, content in texts.items())


def test_it_is_clean(old: Path, dvnb: Any, oracle: Any, picture: Picture) -> None:
    before = picture(old)
    for words in (["status", "--json"], ["data", "status", "--json"], ["diff", "--json"]):
        assert json.loads(dvnb(*words).out) == json.loads(oracle(*words)[1]) == {}
    assert picture(old) == before


def test_only_line_ends_differ(old: Path) -> None:
    """Text counts by its lines: such a file is as recorded."""
    Path("text.txt").write_bytes(b"a\nb\n")
    assert Repo().status().stages == {}
    Path("folder/sub/two.bin").write_bytes(BINARY.replace(b"\r\n", b"\n"))
    assert list(Repo().status().stages) == ["folder.dvc"]


@pytest.mark.parametrize("types", ["copy", "hardlink", "symlink"])
def test_checkout(old: Path, cache: Path, types: str, oracle: Any) -> None:
    Repo().config("cache.type", types)
    clear()
    Repo().checkout()
    assert whole()
    assert new_objects(cache) == set()
    assert json.loads(oracle("status", "--json")[1]) == {}


def test_checkout_of_a_member(old: Path) -> None:
    clear()
    Repo().checkout("folder/sub/two.bin")
    assert [path.name for path in Path("folder").rglob("*") if path.is_file()] == ["two.bin"]


@pytest.mark.parametrize("by", ["dvnb", "dvc"])
def test_push_and_pull_keep_the_old_places(old: Path, cache: Path, far: Path, by: str, oracle: Any, dvnb: Any) -> None:
    push = oracle("push")[0] if by == "dvc" else dvnb("push").code
    assert push == 0
    assert old_objects(far) == EVERYTHING
    assert new_objects(far) == set()
    clear()
    shutil.rmtree(cache)
    pull = dvnb("pull").code if by == "dvc" else oracle("pull")[0]
    assert pull == 0
    assert whole()
    assert old_objects(cache) == EVERYTHING


def test_pull_by_dvnb_of_a_member(old: Path, cache: Path) -> None:
    Repo().push()
    clear()
    shutil.rmtree(cache)
    Repo().pull("folder/one.txt")
    assert old_objects(cache) == {FOLDER, dos2unix(MEMBERS["one.txt"])}
    assert Path("folder/one.txt").read_bytes() == MEMBERS["one.txt"]
    assert Repo().cloud_status().paths.keys() == {"text.txt", "folder/sub/two.bin"}


@pytest.mark.parametrize("verb", ["add", "commit"])
def test_what_is_unchanged_stays_as_it_is(old: Path, picture: Picture, verb: str) -> None:
    before = picture(old)
    getattr(Repo(), verb)("text.txt", "folder")
    assert picture(old) == before


def test_what_changed_is_recorded_anew(old: Path, oracle: Any) -> None:
    Path("text.txt").write_bytes(b"changed\r\n")
    Path("folder/one.txt").write_bytes(b"changed\r\n")
    Repo().add("text.txt", "folder")
    for name in ("text.txt.dvc", "folder.dvc"):
        assert "hash: md5" in Path(name).read_text()
    assert json.loads(oracle("status", "--json")[1]) == {}


def test_a_changed_member_keeps_the_folders_algorithm(old: Path, cache: Path, oracle: Any) -> None:
    """A listing has members of one algorithm; the others may not be here to be hashed anew."""
    shutil.rmtree("folder/sub")
    Path("folder/one.txt").write_bytes(b"changed\r\n")
    Repo().add("folder/one.txt")
    assert "hash: md5" not in Path("folder.dvc").read_text()
    assert dos2unix(b"changed\r\n") in old_objects(cache)
    Repo().checkout("folder")
    assert Path("folder/sub/two.bin").read_bytes() == BINARY
    assert json.loads(oracle("status", "--json", "folder.dvc")[1]) == {}


def test_remove_of_a_member(old: Path, oracle: Any) -> None:
    Repo().remove("folder/one.txt", outs=True)
    assert "nfiles: 1" in Path("folder.dvc").read_text()
    assert json.loads(oracle("status", "--json", "folder.dvc")[1]) == {}
    assert Repo().status().stages == {}


def test_unsaved_work_is_safe(old: Path, kept: Any) -> None:
    Path("text.txt").write_bytes(b"mine\r\n")
    Repo().checkout("text.txt", force=True)
    assert whole()
    contents = [path.read_bytes() for path in kept(Path.cwd()).values()]
    assert contents == [b"mine\r\n"]


def test_other_line_ends_than_those_in_the_cache_are_no_loss(old: Path) -> None:
    Path("text.txt").unlink()
    Path("text.txt").write_bytes(b"other\n")
    Repo().add("text.txt")
    Repo().checkout("text.txt", rev="HEAD")
    assert Path("text.txt").read_bytes() == TEXT
    assert "hash: md5" not in Path("text.txt.dvc").read_text()


@pytest.mark.parametrize("dvc_files", [False, True])
def test_migrate_as_dvc(old: Path, cache: Path, dvnb: Any, oracle: Any, picture: Picture, dvc_files: bool) -> None:
    flags = ["--dvc-files"] if dvc_files else []
    shutil.copytree(old, old.parent / "kept", symlinks=True)
    assert dvnb("cache", "migrate", *flags).code == 0
    ours = picture(old), new_objects(cache), old_objects(cache)
    assert json.loads(dvnb("status", "--json").out) == {}
    shutil.rmtree(old)
    (old.parent / "kept").rename(old)
    import os

    os.chdir(old)
    assert oracle("cache", "migrate", *flags)[0] == 0
    assert (picture(old), new_objects(cache), old_objects(cache)) == ours


def test_after_the_migration(old: Path, cache: Path, far: Path, dvnb: Any, oracle: Any) -> None:
    assert dvnb("cache", "migrate", "--dvc-files").code == 0
    clear()
    Repo().checkout()
    assert whole()
    Repo().push()
    assert old_objects(far) == set()
    assert len(new_objects(far)) == len(EVERYTHING)
    assert json.loads(oracle("status", "--json")[1]) == {}


def test_gc_keeps_what_is_used(old: Path, cache: Path) -> None:
    put(cache, "0" * 32, b"unused")
    Repo().gc(workspace=True, force=True)
    assert old_objects(cache) == EVERYTHING


def test_a_pipeline_of_dvc_2(repo: Path, cache: Path, oracle: Any) -> None:
    put(cache, dos2unix(TEXT), TEXT)
    for name in ("in.txt", "out.txt"):
        Path(name).write_bytes(TEXT)
    Path("dvc.yaml").write_text(
        "stages:\n  s:\n    cmd: cp in.txt out.txt\n    deps:\n    - in.txt\n    outs:\n    - out.txt\n"
    )
    item = f"\n      md5: {dos2unix(TEXT)}\n      size: {len(TEXT)}\n"
    lock = f"schema: '2.0'\nstages:\n  s:\n    cmd: cp in.txt out.txt\n    deps:\n    - path: in.txt{item}    outs:\n    - path: out.txt{item}"
    Path("dvc.lock").write_text(lock)
    assert Repo().status().stages == json.loads(oracle("status", "--json")[1]) == {}
    Path("out.txt").unlink()
    Repo().checkout("s")
    assert Path("out.txt").read_bytes() == TEXT
    Repo().repro()
    assert Path("dvc.lock").read_text() == lock
