"""Trees, texts, pictures and bytes compared."""

from __future__ import annotations

import difflib
import json
import random
from pathlib import Path

import pytest
from PIL import Image

from dvnb.reports.content import images
from dvnb.reports.content.compare import compare_file
from dvnb.reports.content.found import FileDiff, ImageDiff, Side, TextDiff, TreeDiff
from dvnb.reports.content.tables import Wanted


def compare(folder: Path, name: str, old: bytes | None, new: bytes | None, limit: int = 20) -> FileDiff:
    sides = []
    for where, data in (("v1", old), ("v2", new)):
        if data is not None:
            (folder / where).write_bytes(data)
        sides.append(Side(where, None if data is None else str(folder / where), None if data is None else len(data)))
    return compare_file(name, *sides, Wanted(limit=limit))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("m.json", '{"a": {"b.c": 1, "l": [1, 2]}, "gone": {}}', '{"a": {"b.c": 1.0, "l": [1, 3, null]}}'),
        ("m.yaml", "a:\n  b.c: 1\n  l: [1, 2]\ngone: {}\n", "a:\n  b.c: 1.0\n  l: [1, 3, null]\n"),
    ],
)
def test_trees_differ_in_leaves(tmp_path: Path, name: str, old: str, new: str) -> None:
    detail = compare(tmp_path, name, old.encode(), new.encode()).detail
    assert isinstance(detail, TreeDiff)
    assert (detail.added, detail.removed, detail.changed) == (1, 1, 2)
    assert detail.leaves == [
        {"path": 'a."b.c"', "kind": "changed", "old": 1, "new": 1.0},
        {"path": "a.l[1]", "kind": "changed", "old": 2, "new": 3},
        {"path": "gone", "kind": "removed", "old": {}},
        {"path": "a.l[2]", "kind": "added", "new": None},
    ]


def test_toml_and_a_limit(tmp_path: Path) -> None:
    found = compare(tmp_path, "m.toml", b"a = 1\nb = 2\n", b"a = 2\nb = 3\n", limit=1)
    assert isinstance(found.detail, TreeDiff)
    assert (found.detail.changed, len(found.detail.leaves)) == (2, 1)


@pytest.mark.parametrize(
    ("name", "bad"), [("m.json", b"{"), ("m.yaml", b"a: [\n"), ("m.toml", b"a =\n"), ("x.json", b"[" * 99999)]
)
def test_a_broken_tree_is_compared_as_text(tmp_path: Path, name: str, bad: bytes) -> None:
    found = compare(tmp_path, name, bad, b"{}")
    assert found.kind == "text"
    assert isinstance(found.detail, TextDiff)
    assert found.note.startswith("not compared as a tree: v1: ")


def patched(lines: list[str], patch: list[str]) -> list[str]:
    """`lines` after a unified diff, whose context and line numbers have to be right."""
    made: list[str] = []
    at = 0
    for line in patch:
        sign, text = line[0], line[1:]
        if sign == "@":
            first, count = (line.split(" ")[1][1:] + ",1").split(",")[:2]
            start = int(first) - (count != "0")
            made += lines[at:start]
            at = start
        elif sign == "+":
            made.append(text)
        else:
            assert lines[at] == text
            made += [text] if sign == " " else []
            at += 1
    return made + lines[at:]


def test_text_is_a_unified_diff(tmp_path: Path) -> None:
    chooser = random.Random(1)
    for _ in range(30):
        old = [f"{chooser.randrange(9)}\n" for _ in range(chooser.randrange(30))]
        new = [line for line in old if chooser.random() < 0.8] + ["end\n"]
        detail = compare(tmp_path, "n.txt", "".join(old).encode(), "".join(new).encode()).detail
        assert isinstance(detail, TextDiff)
        naive = list(difflib.ndiff(old, new))
        assert detail.added - detail.removed == len(new) - len(old)
        assert detail.added <= sum(line.startswith("+") for line in naive) + len(old)
        assert patched([line.rstrip() for line in old], detail.lines[2:]) == [line.rstrip() for line in new]


def test_text_of_very_many_changes_is_only_counted(tmp_path: Path) -> None:
    old = "".join(f"old {number}\n" for number in range(3000)).encode()
    new = "".join(f"new {number}\n" for number in range(4000)).encode()
    detail = compare(tmp_path, "n.txt", old, new).detail
    assert detail == TextDiff(4000, 3000, [], 7000)
    some = "".join(f"{'new' if number % 8 == 0 else 'old'} {number}\n" for number in range(1600)).encode()
    detail = compare(tmp_path, "n.txt", old[: len(old) // 2], some).detail
    assert isinstance(detail, TextDiff)
    assert len(detail.lines) == 400
    assert detail.left_out > 0


def test_added_deleted_and_unchanged(tmp_path: Path) -> None:
    found = compare(tmp_path, "n.txt", None, b"a\nb\n")
    assert (found.state, found.kind) == ("added", "text")
    assert found.detail == TextDiff(2, 0, ["--- v1", "+++ v2", "@@ -0,0 +1,2 @@", "+a", "+b"])
    assert compare(tmp_path, "t.csv", b"a\n1\n", None).state == "deleted"
    assert compare(tmp_path, "b.bin", b"\0a", b"\0b").kind == "binary"
    same = compare(tmp_path, "b.bin", b"\0a", b"\0a")
    assert (same.state, same.detail) == ("unchanged", None)


def picture(folder: Path, size: tuple[int, int], dot: tuple[int, int] | None, mode: str = "RGB") -> bytes:
    image = Image.new(mode, size)
    if dot:
        image.putpixel(dot, 7 if len(image.getbands()) == 1 else (0, 0, 7))
    image.save(folder / "made.png")
    return (folder / "made.png").read_bytes()


@pytest.mark.parametrize("mode", ["RGB", "L", "I;16"])
def test_pictures_differ_in_pixels(tmp_path: Path, mode: str) -> None:
    old, new = picture(tmp_path, (4, 3), None, mode), picture(tmp_path, (4, 3), (1, 1), mode)
    detail = compare(tmp_path, "p.png", old, new).detail
    assert isinstance(detail, ImageDiff)
    assert detail.pixels == 1
    assert detail.new == {"format": "PNG", "mode": mode, "width": 4, "height": 3}
    assert [uri[:22] for uri in detail.uris if uri] == ["data:image/png;base64,"] * 2


def test_pictures_of_two_sizes_and_what_is_none(tmp_path: Path) -> None:
    found = compare(tmp_path, "p.PNG", picture(tmp_path, (4, 3), None), picture(tmp_path, (5, 3), None))
    assert isinstance(found.detail, ImageDiff)
    assert (found.detail.pixels, found.note) == (None, "")
    found = compare(tmp_path, "p.png", b"no", b"picture")
    assert found.note.startswith("not a picture that pillow can read")
    found = compare(tmp_path, "p.svg", None, b"<svg/>")
    assert isinstance(found.detail, ImageDiff)
    assert found.detail.uris[0] is None
    assert images.KINDS[".svg"] in str(found.detail.uris[1])


def test_everything_found_can_be_said_in_json(tmp_path: Path) -> None:
    detail = compare(tmp_path, "m.yaml", b"d: 2020-01-02\n", b"d: 2020-01-03\n1: .inf\n").detail
    assert isinstance(detail, TreeDiff)
    assert json.loads(json.dumps(detail.leaves))[0]["new"] == "2020-01-03"
