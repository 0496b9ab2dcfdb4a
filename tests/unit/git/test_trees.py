"""The files of a rev and of the workspace give the same answers for the same content."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dvnb.errors import GitError
from dvnb.git.trees import FileTree, RevTree, WorkspaceTree
from dvnb.git.worktree import Git

FILES = {
    "a": b"1",
    "empty": b"",
    "d/x": b"x\r\n\xff\0",
    "d/e/y": b"y" * 200_000,
    "d-e": b"-",
    "sp ace/日本": b"z",
    "d.f": b".",
}


def git(root: Path, *args: str) -> None:
    command = ["git", "-c", "user.name=n", "-c", "user.email=e@x", "-c", "core.autocrlf=false", *args]
    subprocess.run(command, cwd=root, capture_output=True, check=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "repo"
    for name, data in FILES.items():
        path = root / "proj" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (root / "outside").write_text("o")
    (root / "proj-not").write_text("n")
    git(tmp_path, "init", "-q", str(root))
    return root


def commit(root: Path) -> Git:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "c")
    found = Git.find(str(root))
    assert found is not None
    return found


@pytest.fixture(params=["workspace", "rev"])
def tree(request: pytest.FixtureRequest, root: Path) -> Iterator[FileTree]:
    found = commit(root)
    if request.param == "workspace":
        yield WorkspaceTree(str(root / "proj"))
    else:
        with RevTree(found, "HEAD", str(root / "proj")) as result:
            yield result


def test_reading(tree: FileTree) -> None:
    for _ in range(2):
        for name, data in FILES.items():
            assert tree.read(name) == data
    for name in ("nope", "d/nope", "a/b", "../outside"[3:], "proj-not"):
        with pytest.raises(FileNotFoundError):
            tree.read(name)
    for name in ("d", ""):
        with pytest.raises(IsADirectoryError):
            tree.read(name)


def test_existence(tree: FileTree) -> None:
    for name in ["", "d", "d/e", "sp ace", *FILES]:
        assert tree.exists(name), name
    for name in ("nope", "a/b", "d/e/y/z", "e", "d/"[:1] + "-"):
        assert not tree.exists(name), name
    assert [tree.isdir(name) for name in ("", "d", "d/e", "a", "nope")] == [True, True, True, False, False]


def test_listing(tree: FileTree) -> None:
    assert tree.listdir("") == [
        ("a", False),
        ("d", True),
        ("d-e", False),
        ("d.f", False),
        ("empty", False),
        ("sp ace", True),
    ]
    assert tree.listdir("d") == [("e", True), ("x", False)]
    with pytest.raises(FileNotFoundError):
        tree.listdir("nope")
    with pytest.raises(NotADirectoryError):
        tree.listdir("a")


def test_links_are_followed(root: Path) -> None:
    links = {
        "l": "a",
        "d/up": "../a",
        "ld": "d",
        "chain": "l",
        "broken": "nope",
        "loop": "loop",
        "abs": "/etc",
        "out": "../../x",
    }
    for name, target in links.items():
        os.symlink(target, root / "proj" / name)
    with RevTree(commit(root), "HEAD", str(root / "proj")) as rev:
        for tree in (rev, WorkspaceTree(str(root / "proj"))):
            assert [tree.read(name) for name in ("l", "d/up", "ld/x", "chain", "ld/up")] == [
                b"1",
                b"1",
                FILES["d/x"],
                b"1",
                b"1",
            ]
            assert tree.isdir("ld")
            assert ("ld", True) in tree.listdir("")
            assert tree.listdir("ld") == tree.listdir("d")
            assert not any(tree.exists(name) for name in ("broken", "loop", "out"))
        assert not rev.exists("abs")  # what lies outside is not of this commit


def test_a_rev_is_what_it_was(root: Path) -> None:
    found = commit(root)
    first = found.head()
    (root / "proj" / "a").write_text("2")
    (root / "proj" / "new").write_text("")
    commit(root)
    with RevTree(found, "HEAD~1", str(root / "proj")) as tree:
        assert (tree.rev, tree.commit, tree.root) == ("HEAD~1", first, str(root / "proj"))
        assert tree.read("a") == b"1"
        assert not tree.exists("new")
        tree.close()
        assert tree.read("a") == b"1"  # starts git again
    assert WorkspaceTree(str(root / "proj")).read("a") == b"2"


def test_names_that_look_like_patterns(root: Path) -> None:
    for name in ("[p]", "p"):
        (root / name).mkdir()
        (root / name / "f").write_text(name)
    with RevTree(commit(root), "HEAD", str(root / "[p]")) as tree:
        assert tree.listdir("") == [("f", False)]
        assert tree.read("f") == b"[p]"


def test_whole_work_tree(root: Path) -> None:
    with RevTree(commit(root), "HEAD") as tree:
        assert tree.root == str(root)
        assert tree.read("proj/a") == b"1"
        assert tree.listdir("") == [("outside", False), ("proj", True), ("proj-not", False)]


def test_unknown_revs_and_roots(root: Path) -> None:
    found = commit(root)
    with pytest.raises(GitError, match=r"^unknown Git revision 'nope'$"):
        RevTree(found, "nope")
    with pytest.raises(GitError, match="outside of the git repository"):
        RevTree(found, "HEAD", str(root.parent))


def test_a_missing_object_is_an_error(root: Path) -> None:
    found = commit(root)
    with RevTree(found, "HEAD", str(root / "proj")) as tree:
        blob = subprocess.check_output(["git", "rev-parse", "HEAD:proj/a"], cwd=root, text=True).strip()
        (root / ".git/objects" / blob[:2] / blob[2:]).unlink()
        with pytest.raises(GitError, match="missing"):
            tree.read("a")
        assert tree.read("d/x") == FILES["d/x"]


def test_submodules_are_empty_folders(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    (other / "f").write_text("")
    git(other, "add", "-A")
    git(other, "commit", "-qm", "c")
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "sub")
    with RevTree(commit(root), "HEAD") as tree:
        assert tree.isdir("sub")
        assert tree.listdir("sub") == []


def test_a_commit_without_files(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "c")
    found = Git.find(str(tmp_path))
    assert found is not None
    with RevTree(found, "HEAD") as tree:
        assert tree.listdir("") == []
        assert tree.exists("")
