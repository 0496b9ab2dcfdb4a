"""What is typed up to the cursor."""

from __future__ import annotations

import pytest

from dvnb.magics import typed


@pytest.mark.parametrize(
    ("text", "words", "begun", "fragment", "quote"),
    [
        ("", [], "", "", ""),
        ("add ", ["add"], "", "", ""),
        ("add da", ["add"], "da", "da", ""),
        ("add 'my d", ["add"], "my d", "'my d", "'"),
        ('add "a \\"b', ["add"], 'a "b', '"a \\"b', '"'),
        ("add my\\ d", ["add"], "my d", "my\\ d", ""),
        ("add 'a b' c", ["add", "a b"], "c", "c", ""),
        ("add '' c", ["add", ""], "c", "c", ""),
        ("add 'a\\", ["add"], "a\\", "'a\\", "'"),
    ],
)
def test_words(text: str, words: list[str], begun: str, fragment: str, quote: str) -> None:
    assert typed.split(text) == (words, begun, fragment, quote)


@pytest.mark.parametrize(
    "text", ["%dvc add x", "  %dvc add x", "a = %dvc add x", "a.b[0], c = %dvc add x", "dvc add x"]
)
def test_lines_that_are_ours(text: str) -> None:
    assert typed.of_line(text) == (["add"], "x", "x", "")


@pytest.mark.parametrize(
    "text", ["%dvc", "%dvcs add x", "f(%dvc add x", "a == %dvc x", "# a = %dvc x", "!dvc add", "x % dvc "]
)
def test_lines_that_are_not(text: str) -> None:
    assert typed.of_line(text) is None


def test_cells() -> None:
    assert typed.of_cell("%%stage train -o m") == (["train", "-o"], "m", "m", "")
    assert typed.of_cell("%%dvc_stage t") == ([], "t", "t", "")
    assert typed.of_cell("%%stages t") is None


@pytest.mark.parametrize(
    ("text", "written"), [("my", "my\\ d.csv"), ("'my", "'my d.csv'"), ('"my', '"my d.csv"'), ("x'my", "my d.csv")]
)
def test_an_answer_is_quoted_as_it_was_begun(text: str, written: str) -> None:
    assert typed.split(text).written("my d.csv", closed=True) == written
