from __future__ import annotations

import json
import random

import pytest

from dvnb.errors import FormatError
from dvnb.objects.hashing import HashInfo
from dvnb.objects.tree import Tree

ONE = "5bbf5a52328e7439ae6e719dfe712200"
TWO = "c193497a1a06b2c72230e6146ff47080"

VECTORS = [
    (
        {"one.txt": ONE, "dup.txt": ONE, "sub/two.txt": TWO},
        (
            '[{"md5": "5bbf5a52328e7439ae6e719dfe712200", "relpath": "dup.txt"}, '
            '{"md5": "5bbf5a52328e7439ae6e719dfe712200", "relpath": "one.txt"}, '
            '{"md5": "c193497a1a06b2c72230e6146ff47080", "relpath": "sub/two.txt"}]'
        ),
        "fa9260c3d3913d52b9f8e283ee741741.dir",
    ),
    (
        {"ünï.txt": "e85dde330c34efb0e526ee3082e4353b"},
        '[{"md5": "e85dde330c34efb0e526ee3082e4353b", "relpath": "\\u00fcn\\u00ef.txt"}]',
        "3c2240d9838d66da11308b543812d00a.dir",
    ),
    ({}, "[]", "d751713988987e9331980363e24189ce.dir"),
]


@pytest.mark.parametrize(("entries", "text", "value"), VECTORS)
def test_bytes_and_hash_are_those_of_dvc(entries: dict[str, str], text: str, value: str) -> None:
    tree = Tree(entries)
    assert tree.to_bytes() == text.encode()
    assert tree.hash_info() == HashInfo("md5", value)
    assert Tree.from_bytes(text.encode()) == tree


def test_order_is_by_code_points_of_the_whole_relpath() -> None:
    names = ["sub/x", "sub-1", "dup.txt", "A.txt", "ä", "Z/a", "𝄞", "\uffee"]
    random.Random(1).shuffle(names)
    listed = [item["relpath"] for item in json.loads(Tree(dict.fromkeys(names, ONE)).to_bytes())]
    assert listed == ["A.txt", "Z/a", "dup.txt", "sub-1", "sub/x", "ä", "\uffee", "𝄞"]


def test_names_with_quotes_and_backslashes_survive() -> None:
    tree = Tree({'a "b" \\ c\n': ONE, "plain": TWO, '{"md5": "': ONE})
    assert json.loads(tree.to_bytes()) == [
        {"md5": value, "relpath": path} for path, value in sorted(tree.entries.items())
    ]
    assert Tree.from_bytes(tree.to_bytes()) == tree


def test_a_listing_written_otherwise_is_read_too() -> None:
    data = json.dumps([{"relpath": "b", "md5": ONE}, {"relpath": "ü", "md5": TWO}], indent=1, ensure_ascii=False)
    assert Tree.from_bytes(data.encode()).entries == {"b": ONE, "ü": TWO}


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "", "a//b", ".", "a/./b", "a/..", "a/"])
def test_paths_outside_the_folder_are_refused(path: str) -> None:
    with pytest.raises(FormatError):
        Tree.from_bytes(json.dumps([{"md5": ONE, "relpath": path}]).encode())


@pytest.mark.parametrize("path", ["..x", "a..b", ".hidden", "a/.b", "..."])
def test_dots_in_names_are_fine(path: str) -> None:
    assert Tree.from_bytes(json.dumps([{"md5": ONE, "relpath": path}]).encode()).entries == {path: ONE}


@pytest.mark.parametrize(
    "data", [b"", b"{}x", b"[1]", b'[{"md5": "x"}]', b'[{"md5": "../../x", "relpath": "a"}]', b"\xff"]
)
def test_what_is_no_listing_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        Tree.from_bytes(data)


def test_under_and_merge() -> None:
    tree = Tree({"a": ONE, "sub/x": ONE, "sub/y": TWO, "sub-1": ONE})
    assert tree.under("sub").entries == {"sub/x": ONE, "sub/y": TWO}
    assert tree.under("a").entries == {"a": ONE}
    assert tree.under("").entries == tree.entries
    merged = tree.merge("sub", Tree({"sub/z": TWO}))
    assert merged.entries == {"a": ONE, "sub-1": ONE, "sub/z": TWO}
    assert tree.under("sub").entries == {"sub/x": ONE, "sub/y": TWO}


def test_members_as_objects() -> None:
    assert Tree({"a": ONE, "b": ONE}, "md5-dos2unix").hashes() == {HashInfo("md5-dos2unix", ONE)}
