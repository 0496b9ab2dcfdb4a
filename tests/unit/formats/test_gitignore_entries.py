"""Entries in .gitignore files, beside those that the library under dvc writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scmrepo.git import Git as ScmGit

from dvnb.formats.gitignore import add_entry, gitignore_entry, remove_entry


def scm_add(folder: Path, text: str, name: str) -> str:
    path = folder / ".gitignore"
    path.write_text(text)
    ScmGit._add_entry_to_gitignore(None, f"/{name}", str(path))  # type: ignore[arg-type]
    return path.read_text()


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("a b.csv", "/a b.csv"),
        ("w[x].txt", r"/w\[x\].txt"),
        ("#h", r"/\#h"),
        ("!*?\\", r"/\!\*\?\\"),
        ("日本", "/日本"),
    ],
)
def test_entries_are_anchored_and_escaped(name: str, entry: str) -> None:
    assert gitignore_entry(name) == entry


@settings(max_examples=100, deadline=None)
@given(
    text=st.lists(st.sampled_from(["/a\n", "/b", "\n", "# c\n", "/w\\[x\\]\n", "b\n"]), max_size=4).map("".join),
    name=st.sampled_from(["a", "b", "w[x]", "c d"]),
)
def test_adding_is_as_dvc_does_it(text: str, name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    assert add_entry(text, name) == scm_add(tmp_path_factory.mktemp("g"), text, name)


def test_adding_ends_an_unfinished_line_first() -> None:
    assert add_entry("", "x") == "/x\n"
    assert add_entry("/a", "x") == "/a\n/x\n"
    assert add_entry("/x\n!/x\n", "x") == "/x\n!/x\n/x\n"


def test_removing_drops_only_the_plain_line() -> None:
    assert remove_entry("/a\n/b\n /a \r\n/ab\n", "a") == "/b\n/ab\n"
    assert remove_entry("/a\n", "a") is None
    assert remove_entry("", "a") is None
    assert remove_entry("\n/a", "a") == "\n"
    assert remove_entry("/w\\[x\\]\n", "w[x]") == "/w\\[x\\]\n"
