"""Commits of the work tree that touch nothing else, and refs by prefix."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dvnb.errors import GitError
from dvnb.git import commits, refs
from dvnb.git.blobs import BlobReader
from dvnb.git.worktree import Git

IDENTITY = {"GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@e", "GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@e"}


def run(root: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=root, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A repo with two commits: `kept`, `gone` and `sub/deep`, then `kept` changed."""
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)
    root = tmp_path / "repo"
    (root / "sub").mkdir(parents=True)
    run(root, "init", "-q", "-b", "main")
    for name in ("kept", "gone", "sub/deep"):
        (root / name).write_text(f"{name}\n")
    run(root, "add", "-A")
    run(root, "commit", "-qm", "one")
    (root / "kept").write_text("two\n")
    run(root, "commit", "-qam", "two")
    found = Git.find(str(root))
    assert found is not None
    return found


def test_a_commit_of_the_work_tree(tree: Git) -> None:
    root = Path(tree.root)
    (root / ".gitignore").write_text("ignored\n")
    for name in ("ignored", "unknown", "*.txt", "staged"):
        (root / name).write_text(f"{name}\n")
    run(root, "add", "staged")
    (root / "kept").write_text("three\n")
    (root / "gone").unlink()
    (root / "sub" / "deep").chmod(0o755)
    head = tree.head()
    assert head is not None
    before = (run(root, "status", "--porcelain"), run(root, "ls-files", "-s"), run(root, "for-each-ref"))
    extra = [str(root / name) for name in ("ignored", "*.txt", "nothing here")]
    commit = commits.commit_work_tree(tree, head, "no line feed at the end", extra)
    assert (run(root, "status", "--porcelain"), run(root, "ls-files", "-s"), run(root, "for-each-ref")) == before
    assert tree.head() == head
    assert run(root, "ls-tree", "-r", "--name-only", commit).split("\n")[:-1] == [
        "*.txt", "ignored", "kept", "staged", "sub/deep",
    ]  # fmt: skip
    assert run(root, "show", f"{commit}:kept") == "three\n"
    assert run(root, "ls-tree", commit, "sub/deep").startswith("100755")
    assert run(root, "cat-file", "commit", commit).endswith("\n\nno line feed at the end")
    assert not [name for name in os.listdir(tree.git_dir) if name.startswith("dvnb-index")]


def test_nothing_is_left_of_a_commit_that_fails(tree: Git) -> None:
    with pytest.raises(GitError):
        commits.commit_work_tree(tree, "0" * 40, "no parent")
    assert not [name for name in os.listdir(tree.git_dir) if name.startswith("dvnb-index")]


def test_facts_and_first_parents(tree: Git) -> None:
    root = Path(tree.root)
    one, two = run(root, "rev-parse", "HEAD~1", "HEAD").split()
    run(root, "checkout", "-q", "-b", "side", one)
    run(root, "commit", "-q", "--allow-empty", "-m", "side\n\ncommitter x> 5 +0000")
    run(root, "checkout", "-q", "main")
    run(root, "merge", "-q", "--no-ff", "-m", "merged", "side")
    merged = run(root, "rev-parse", "HEAD").strip()
    with BlobReader(tree) as reader:
        assert list(commits.first_parents(reader, merged)) == [merged, two, one]
        side = run(root, "rev-parse", "side").strip()
        assert commits.facts(reader, merged).parents == [two, side]
        assert commits.facts(reader, side).committed == int(run(root, "log", "-1", "--format=%ct", "side"))
        with pytest.raises(GitError, match="is no commit"):
            commits.facts(reader, run(root, "rev-parse", "HEAD:kept").strip())


def test_untracked(tree: Git) -> None:
    root = Path(tree.root)
    (root / ".gitignore").write_text("ignored\n")
    for name in ("ignored", "with space", "sub/new"):
        (root / name).write_text("")
    assert commits.untracked(tree) == [".gitignore", "sub/new", "with space"]


def test_refs_are_set_listed_and_removed(tree: Git, tmp_path: Path) -> None:
    head = tree.head()
    assert head is not None
    run(Path(tree.root), "tag", "-a", "v1", "-m", "v1")
    assert refs.listed(tree, "refs/tags/") == {"refs/tags/v1": head}
    refs.set_ref(tree, "refs/x/a", head, new=True)
    with pytest.raises(GitError):
        refs.set_ref(tree, "refs/x/a", head, new=True)
    with pytest.raises(GitError):
        refs.set_ref(tree, "refs/x/a", head, old="1" * 40)
    refs.set_ref(tree, "refs/x/b", head)
    assert list(refs.listed(tree, "refs/x")) == ["refs/x/a", "refs/x/b"]
    assert refs.listed_at(tree, tree.root, "refs/x") == ["refs/x/a", "refs/x/b"]
    refs.remove_ref(tree, "refs/x/a")
    assert list(refs.listed(tree, "refs/x")) == ["refs/x/b"]
    with pytest.raises(GitError):
        refs.listed_at(tree, str(tmp_path / "nowhere"), "refs/x")


@pytest.mark.parametrize(("name", "valid"), [("refs/x/a", True), ("refs/x/a..b", False), ("refs/x/ ", False)])
def test_which_names_git_allows(tree: Git, name: str, valid: bool) -> None:
    assert refs.is_valid(tree, name) is valid
