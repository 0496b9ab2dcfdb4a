"""Listings of folders are byte for byte those of stock dvc, whatever their members are called."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dvnb import Repo
from dvnb.errors import FormatError
from dvnb.objects.build import build
from dvnb.objects.state import State
from dvnb.objects.tree import Tree

dvc_tree = pytest.importorskip("dvc_data.hashfile.tree")
dvc_hash_info = pytest.importorskip("dvc_data.hashfile.hash_info")

ODD = (
    *("a", "A", "b", "a.b", "a-b", "a b", "a!", "aa", "a0", ".", "..", "...", ".a", "..a", "-", "--", "~", "#", "%", "é"),
    *("e\u0301", "ﬁ", "日本", "\U0001f600", "\u2028", "\x85", "\x7f", "\t", "\n", "\r", "a\nb", " ", "  ", "a ", " a", "\\"),
    *("\\n", "'", '"', "''", '"a"', "{", "}", "[", "*", "?", "$x", "${x}", ":", "c:", "a,b", "x" * 200, "é" * 120, "null"),
    *("\ud7ff", "\ue000", "\uffff", "\U00010000", "\udc80", "a\udcff", ".dir", "\x01", "\u200d", "İ", "ß"),
)  # fmt: skip
names = st.sampled_from(ODD) | st.text(st.characters(exclude_characters="/\x00"), min_size=1, max_size=6)
names = names.filter(lambda name: name not in (".", ".."))
paths = st.lists(names, min_size=1, max_size=4).map("/".join)
hashes = st.sampled_from(("0" * 32, "f" * 32, "401b30e3b8b5d629635a5c613cdb7919"))


def as_dvc(entries: dict[str, str]) -> tuple[bytes, str]:
    tree = dvc_tree.Tree()
    for path, value in entries.items():
        tree.add(tuple(path.split("/")), None, dvc_hash_info.HashInfo("md5", value))
    tree.digest()
    return tree.as_bytes(), tree.hash_info.value


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(paths, hashes, max_size=12))
@example({})
@example({"a/b": "0" * 32, "a.b": "0" * 32, "a": "0" * 32, "a b": "f" * 32})
@example({"\U00010000": "0" * 32, "\ue000": "0" * 32, "\uffff": "0" * 32})
def test_a_listing_has_dvc_s_bytes_and_is_read_back(entries: dict[str, str]) -> None:
    data, value = as_dvc(entries)
    tree = Tree(entries)
    assert tree.to_bytes() == data
    assert tree.hash_info().value == value
    assert Tree.from_bytes(data).entries == entries


@st.composite
def trees(draw: st.DrawFn) -> dict[str, bytes]:
    """Members of a folder that a file system can hold."""
    found: dict[str, bytes] = {}
    folders: set[str] = set()
    for path in draw(st.lists(paths, max_size=6)):
        if any(len(os.fsencode(name)) > 255 for name in path.split("/") if fits(path)) or not fits(path):
            continue
        above = {path.rsplit("/", depth)[0] for depth in range(1, path.count("/") + 1)}
        if path not in folders and not above & found.keys():
            folders |= above
            found[path] = draw(st.sampled_from((b"", b"x", b"y\r\n")))
    return found


def fits(path: str) -> bool:
    """Whether the system's encoding has a name for it."""
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return False
    return True


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("odd").resolve()


@settings(max_examples=30, deadline=None)
@given(trees())
@example({"\u00e9": b"x", "e\u0301": b"y", "a/b": b"", "a.b": b"", "new\nline": b"x", "\udcff": b"y", "q'\"": b"x"})
def test_a_folder_on_disk_gives_dvc_s_listing(folder: Path, members: dict[str, bytes]) -> None:
    from dvc_data.hashfile.build import build as dvc_build
    from dvc_data.hashfile.db import HashFileDB
    from dvc_objects.fs.local import LocalFileSystem

    root = folder / "data"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for path, content in members.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    fs = LocalFileSystem()
    odb = HashFileDB(fs, str(folder / "odb"))
    _, _, theirs = dvc_build(odb, str(root), fs, "md5", dry_run=True)
    mine = build(str(root), state=State(str(folder)))
    assert mine.tree is not None
    assert mine.tree.to_bytes() == theirs.as_bytes()
    assert mine.fingerprint.hash_info is not None
    assert mine.fingerprint.hash_info.value == theirs.hash_info.value
    assert set(mine.tree.entries) == set(members)


# What is no listing, or one that names places outside its folder, is refused; what dvc reads of the rest is read.

relpaths = paths | st.sampled_from(("../x", "/etc/x", "a/../../x", "a//b", "", "a/", "./a", "a/./b", "..", "/", "a/.."))
values: Any = st.sampled_from(("0" * 32, "0" * 31, "../" + "0" * 29, "", None, 1, "0" * 30 + "/x"))
entries = st.fixed_dictionaries({"md5": st.just("0" * 32) | values, "relpath": relpaths | st.sampled_from((None, 1))})
listings = st.lists(entries | st.sampled_from((1, None, "x", {}, {"md5": "0" * 32}, {"relpath": "a"}, [])), max_size=3)


def is_inside(relpath: str) -> bool:
    return bool(relpath) and not {"", ".", ".."} & set(relpath.split("/"))


@settings(max_examples=100, deadline=None)
@given(listings | st.sampled_from(({}, None, "x", 1, {"a": 1})))
def test_only_listings_of_members_inside_the_folder_are_read(value: Any) -> None:
    import json

    data = json.dumps(value).encode()
    good = isinstance(value, list) and all(
        isinstance(entry, dict)
        and isinstance(entry.get("relpath"), str)
        and is_inside(entry["relpath"])
        and entry.get("md5") == "0" * 32
        for entry in value
    )
    if good:
        assert Tree.from_bytes(data).entries == {entry["relpath"]: entry["md5"] for entry in value}
        assert set(dvc_tree.Tree.from_list(value).as_dict()) == {tuple(entry["relpath"].split("/")) for entry in value}
    else:
        with pytest.raises(FormatError):
            Tree.from_bytes(data)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=20))
def test_junk_is_no_listing(data: bytes) -> None:
    try:
        found = Tree.from_bytes(data)
    except FormatError:
        return
    assert found.entries == {} and data.strip() == b"[]"


def test_a_listing_nested_too_deeply_is_refused() -> None:
    with pytest.raises(FormatError, match="damaged"):
        Tree.from_bytes(b"[" * 100_000)


@pytest.mark.skipif(sys.platform == "darwin", reason="its file systems decide themselves how names are spelled")
def test_names_in_both_unicode_forms_are_two_members(repo: Path, dvc: Any) -> None:
    (repo / "d").mkdir()
    for name in ("\u00e9", "e\u0301", "a b", "quo'te\"", "new\nline"):
        (repo / "d" / name).write_text(name)
    Repo().add("d")
    mine = (repo / "d.dvc").read_bytes()
    (repo / "d.dvc").unlink()
    assert dvc("add", "d").code == 0
    assert (repo / "d.dvc").read_bytes() == mine
