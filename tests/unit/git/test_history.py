"""Commits by the files they changed, and files by commit and path."""

from __future__ import annotations

from pathlib import Path

import pytest

from dvnb.git.blobs import BlobReader
from dvnb.git.command import run
from dvnb.git.history import CommitFiles, commits_in, log, quoted
from dvnb.git.trees import RevTree
from dvnb.git.worktree import Git


def commit(git: Git, message: str, **files: str) -> str:
    for name, text in files.items():
        path = Path(git.root, name.replace("__", "/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    run(git, "add", "-A")
    run(git, "commit", "-q", "-m", message)
    head = git.head()
    assert head
    return head


def test_only_commits_that_changed_the_files(git: Git) -> None:
    one = commit(git, "one", a="1", sub__b="1")
    commit(git, "noise", c="1")
    run(git, "tag", "-a", "v1", "-m", "v1")
    two = commit(git, "two: a, b\n\nmore words", a="2")
    run(git, "branch", "other")
    found = log(git, ["HEAD"], ["a", "sub/*"])
    assert [(c.name, c.parents, c.subject, c.files) for c in found] == [
        (two, [one], "two: a, b", ["a"]),
        (one, [], "one", ["a", "sub/b"]),
    ]
    assert sorted(found[0].refs) == ["main", "other"]
    assert found[1].short == one[:7]
    assert [c.refs for c in log(git, ["HEAD"], ["c"])] == [["v1"]]
    assert commits_in(git, "v1..") == {two}
    assert log(git, ["HEAD"], ["nosuch"]) == []


def test_a_merge_tells_what_differs_from_all_its_parents(git: Git) -> None:
    commit(git, "base", a="1", b="1")
    run(git, "checkout", "-q", "-b", "side")
    side = commit(git, "side", a="2", b="2")
    run(git, "checkout", "-q", "main")
    main = commit(git, "main", a="3")
    run(git, "merge", "-q", "-s", "ours", "--no-commit", "side")
    commit(git, "merge", a="4", b="2")
    merge = log(git, ["HEAD"], ["a", "b"])[0]
    assert (merge.parents, merge.files) == ([main, side], ["a"])


def test_patterns_that_need_quoting(git: Git) -> None:
    odd = "[x]*?"
    commit(git, "odd", **{odd: "1"})
    commit(git, "plain", x="1")
    assert [c.subject for c in log(git, ["HEAD"], [quoted(odd)])] == ["odd"]


def test_files_of_a_commit_are_those_of_its_listing(git: Git) -> None:
    name = commit(git, "one", top="1", sub__b="2", sub__deep__c="3", **{"é x": "4"})
    with BlobReader(git) as reader, RevTree(git, name, str(Path(git.root, "sub"))) as listed:
        files = CommitFiles(reader, name, listed.root, "sub")
        top = CommitFiles(reader, name, git.root, "")
        assert files.listdir("") == listed.listdir("") == [("b", False), ("deep", True)]
        assert files.read("deep/c") == b"3"
        assert top.read("é x") == b"4"
        assert [name for name, _ in top.listdir("")] == ["sub", "top", "é x"]
        assert (files.isdir("deep"), files.isdir("b"), files.exists("b"), files.exists("x")) == (
            True,
            False,
            True,
            False,
        )
        with pytest.raises(FileNotFoundError):
            files.read("nosuch")
        with pytest.raises(IsADirectoryError):
            files.read("deep")
        with pytest.raises(NotADirectoryError):
            files.listdir("b")
        assert reader.get("a\nb") is None
