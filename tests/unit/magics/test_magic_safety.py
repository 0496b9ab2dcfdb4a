"""How undo, trash and fsck look: their values, and that no text of theirs becomes markup."""

from __future__ import annotations

from argparse import Namespace

import pytest

from dvnb.display import html
from dvnb.display.views import safety as views_safety
from dvnb.repo.results.fsck import FsckResult, Hurt
from dvnb.repo.results.undo import OperationRow, OperationsResult, TrashEmptyResult, UndoResult

EVIL = "<img src=x onerror=alert(1)>"


def drawn(view: object, result: object) -> str:
    return str(html.block(view(result, Namespace())))  # type: ignore[operator]


def test_what_was_taken_back_and_what_was_not() -> None:
    shown = drawn(views_safety.undone, UndoResult("1", f"gc {EVIL}", [f"a{EVIL}"], {f"b{EVIL}": EVIL}, EVIL))
    assert EVIL not in shown
    for text in ("gc &lt;img", "a&lt;img", "as before", "b&lt;img", "left alone"):
        assert text in shown


def test_operations() -> None:
    rows = [OperationRow("20260101", f"add {EVIL}", "2026-01-01T00:00:00", 2000, "done")]
    shown = drawn(views_safety.operations, OperationsResult(rows))
    assert EVIL not in shown
    for text in ("20260101", "add &lt;img", "2.0 kB", "done"):
        assert text in shown
    assert drawn(views_safety.undone, OperationsResult(rows)) == shown
    assert "nothing to undo" in drawn(views_safety.operations, OperationsResult())


def test_an_emptied_trash() -> None:
    assert "1.5 kB" in drawn(views_safety.emptied, TrashEmptyResult(["1"], 1500))
    assert "Nothing" in drawn(views_safety.emptied, TrashEmptyResult())


@pytest.mark.parametrize(
    ("hurt", "texts"),
    [
        ([], ["7 objects", "as they should be"]),
        (
            [Hurt("ab", "missing", {f"d/{EVIL}": ["workspace", "v1"]})],
            ["missing", "d/&lt;img", "(workspace, v1)", ">ab<"],
        ),
        ([Hurt("ab", "damaged", {}, "/trash/ab")], ["damaged", "/trash/ab"]),
        ([Hurt("ab", "damaged", {}, "/trash/ab", "remote")], ["mended from the remote"]),
    ],
)
def test_checked_objects(hurt: list[Hurt], texts: list[str]) -> None:
    shown = drawn(views_safety.checked, FsckResult(7, hurt, "storage"))
    assert EVIL not in shown
    for text in (*texts, "storage"):
        assert text in shown
