"""What is read from git's own files, compared with what git says, on real repositories."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dvnb.errors import GitError
from dvnb.git.config import read_settings, user_files, with_included
from dvnb.git.index import read_index
from dvnb.git.worktree import Git


def git(root: Path, *args: str) -> str:
    command = ["git", "-c", "user.name=n", "-c", "user.email=e@x", "-c", "protocol.file.allow=always", *args]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "repo"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    return root


def commit(root: Path, *names: str) -> str:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", "c")
    return git(root, "rev-parse", "HEAD")


def opened(path: Path) -> Git:
    found = Git.find(str(path))
    assert found is not None
    return found


def check_index(root: Path) -> None:
    """The index as read here holds what `git ls-files` lists."""
    found = opened(root)
    names = [name for name in git(root, "ls-files", "-z").split("\0") if name]
    assert found.tracked_under(str(root)) == [str(root / name) for name in names]
    for name in names:
        assert found.is_tracked(str(root / name))
        assert found.is_tracked(str((root / name).parent))


def test_find_goes_upward(repo: Path, tmp_path: Path) -> None:
    (repo / "a" / "b").mkdir(parents=True)
    found = opened(repo / "a" / "b")
    assert (found.root, found.git_dir, found.common_dir) == (str(repo), str(repo / ".git"), str(repo / ".git"))
    assert Git.find(str(tmp_path)) is None
    (repo / "a" / ".git").mkdir()  # an empty one is no repository
    assert opened(repo / "a").root == str(repo)
    (repo / "a" / ".git").rmdir()
    (repo / "a" / ".git").write_text("nonsense")
    assert opened(repo / "a").root == str(repo)


def test_head_before_the_first_commit(repo: Path) -> None:
    assert opened(repo).head() is None
    assert opened(repo).branch() == "main"
    assert not opened(repo).is_tracked(str(repo))
    assert opened(repo).tracked_under(str(repo)) == []


def test_loose_and_packed_refs(repo: Path) -> None:
    first = commit(repo, "a")
    git(repo, "branch", "feature/x")
    git(repo, "tag", "-a", "-m", "t", "v1")
    git(repo, "pack-refs", "--all")
    found = opened(repo)
    assert not (repo / ".git/refs/heads/main").exists()
    assert (found.head(), found.branch()) == (first, "main")
    assert found.ref("refs/heads/feature/x") == first
    assert found.ref("refs/tags/v1") == git(repo, "rev-parse", "refs/tags/v1")
    assert found.ref("refs/heads/nope") is None
    second = commit(repo, "b")  # now the loose ref wins over the packed one
    assert found.head() == second
    git(repo, "checkout", "-q", "feature/x")
    assert (found.head(), found.branch()) == (first, "feature/x")


def test_detached_head(repo: Path) -> None:
    first = commit(repo, "a")
    commit(repo, "b")
    git(repo, "checkout", "-q", "--detach", "HEAD~1")
    assert (opened(repo).head(), opened(repo).branch()) == (first, None)


def test_symbolic_refs_are_followed_but_not_in_circles(repo: Path) -> None:
    first = commit(repo, "a")
    git(repo, "symbolic-ref", "refs/heads/alias", "refs/heads/main")
    assert opened(repo).ref("refs/heads/alias") == first
    (repo / ".git/refs/heads/loop").write_text("ref: refs/heads/loop\n")
    with pytest.raises(GitError, match="too many symbolic refs"):
        opened(repo).ref("refs/heads/loop")


def test_linked_worktree(repo: Path, tmp_path: Path) -> None:
    first = commit(repo, "a")
    linked = tmp_path.resolve() / "linked"
    git(repo, "worktree", "add", "-q", "-b", "side", str(linked))
    second = commit(linked, "only/here")
    found = opened(linked / "only")
    assert found.root == str(linked)
    assert found.git_dir == str(repo / ".git/worktrees/linked")
    assert found.common_dir == str(repo / ".git")
    assert (found.head(), found.branch()) == (second, "side")
    assert found.ref("refs/heads/main") == first
    assert found.is_tracked(str(linked / "only"))
    assert not opened(repo).is_tracked(str(repo / "only"))
    check_index(linked)


def test_submodule(repo: Path, tmp_path: Path) -> None:
    other = tmp_path.resolve() / "other"
    other.mkdir()
    git(other, "init", "-q", "-b", "main")
    first = commit(other, "x")
    git(repo, "submodule", "add", "-q", str(other), "sub")
    commit(repo)
    found = opened(repo / "sub")
    assert (repo / "sub/.git").is_file()
    assert (found.root, found.git_dir, found.common_dir) == (str(repo / "sub"),) + (str(repo / ".git/modules/sub"),) * 2
    assert found.head() == first
    assert opened(repo).is_tracked(str(repo / "sub"))
    assert not opened(repo).is_tracked(str(repo / "sub/x"))
    check_index(repo)
    check_index(repo / "sub")


NAMES = ["a", "a-b", "a/b", "a/c/d", "a.b", "dir/with space", "dir/日本", "z" * 200 + "/y", "é"]


@pytest.mark.parametrize("version", ["2", "3", "4"])
def test_index_versions(version: str, repo: Path) -> None:
    names = [name for name in NAMES if name != "a"]
    commit(repo, *names)
    if version == "3":  # git writes version 3 where an entry needs its extra flags
        (repo / "new").write_text("")
        git(repo, "add", "-N", "new")
    else:
        git(repo, "update-index", "--index-version", version)
    data = (repo / ".git/index").read_bytes()
    assert data[7] == int(version)
    check_index(repo)
    found = opened(repo)
    for path in ("a", "a/b", "a/c", "dir", "é"):
        assert found.is_tracked(str(repo / path)), path
    for path in ("b", "a/c/d/e", "dir/with", "di", "a/"[:1] + "-", "../repo2"):
        assert not found.is_tracked(str(repo / path)), path
    assert found.tracked_under(str(repo / "a")) == [str(repo / "a/b"), str(repo / "a/c/d")]
    assert found.tracked_under(str(repo / "a-b")) == [str(repo / "a-b")]
    assert found.tracked_under("/") == []


def test_index_is_read_again_when_it_changes(repo: Path) -> None:
    commit(repo, "a")
    found = opened(repo)
    assert not found.is_tracked(str(repo / "b"))
    commit(repo, "b")
    assert found.is_tracked(str(repo / "b"))
    git(repo, "rm", "-q", "--cached", "a")
    assert not found.is_tracked(str(repo / "a"))


def test_conflicts_count_once(repo: Path) -> None:
    commit(repo, "f")
    git(repo, "checkout", "-q", "-b", "other")
    (repo / "f").write_text("1")
    commit_all = ("commit", "-q", "-a", "-m", "c")
    git(repo, *commit_all)
    git(repo, "checkout", "-q", "main")
    (repo / "f").write_text("2")
    git(repo, *commit_all)
    subprocess.run(["git", "merge", "other"], cwd=repo, capture_output=True, check=False)
    assert git(repo, "ls-files", "-u")
    assert opened(repo).tracked_under(str(repo)) == [str(repo / "f")]


def test_split_and_sparse_indexes_are_asked_of_git(repo: Path) -> None:
    commit(repo, "a", "in/b", "out/deep/c")
    git(repo, "update-index", "--split-index")
    assert read_index((repo / ".git/index").read_bytes()) is None
    check_index(repo)
    git(repo, "update-index", "--no-split-index")
    git(repo, "sparse-checkout", "set", "--cone", "--sparse-index", "in")
    assert read_index((repo / ".git/index").read_bytes()) is None
    assert opened(repo).is_tracked(str(repo / "out/deep"))
    check_index(repo)


def test_sha256_repositories(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    git(root, "init", "-q", "--object-format=sha256")
    first = commit(root, "a", "b/c")
    assert len(first) == 64
    assert opened(root).head() == first
    check_index(root)


def test_a_damaged_index_is_an_error(repo: Path) -> None:
    commit(repo, "a", "b")
    data = (repo / ".git/index").read_bytes()
    for broken in (b"", b"junk", data[:70], b"DIRC" + b"\0\0\0\x09" + data[8:]):
        (repo / ".git/index").write_bytes(broken)
        with pytest.raises(GitError, match="index of the git repository"):
            opened(repo).is_tracked(str(repo / "a"))


def test_paths_through_a_linked_folder(repo: Path, tmp_path: Path) -> None:
    commit(repo, "a")
    (tmp_path / "link").symlink_to(repo)
    found = opened(tmp_path / "link")
    assert found.is_tracked(str(repo / "a"))
    assert found.is_tracked(str(tmp_path / "link" / "a"))
    assert found.relpath(str(tmp_path / "elsewhere")) is None
    assert found.relpath(str(repo)) == ""


SETTINGS = """; comment
[core]
\tignoreCase = true ; comment
\texcludesFile = "~/my file"  # comment
[a "Sub.Section \\"x\\""] key = one \\
two
\tflag
\tescaped = a\\tb\\\\c" d "e  f\x20
[A]
\tb.c = no
\tb-c = "x;y"
[include]
\tpath = more
[dotted.Sub]
\tkey = v
"""


def test_settings_are_those_of_git(repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(SETTINGS.replace("\tb.c = no\n", ""))
    (tmp_path / "more").write_text("[core]\n\tignorecase = false\n[include]\n\tpath = more\n")
    ours = read_settings([str(config)])
    (tmp_path / "more").write_text("[core]\n\tignorecase = false\n")
    lines = git(repo, "config", "-f", str(config), "--includes", "-l", "-z").split("\0")
    theirs = dict((line.split("\n", 1) if "\n" in line else [line, "true"]) for line in lines if line)
    assert ours == theirs


def test_settings_of_user_repository_and_worktree(repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in ("GIT_CONFIG_GLOBAL", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    assert user_files() == [str(tmp_path / ".config/git/config"), str(tmp_path / ".gitconfig")]
    (tmp_path / ".gitconfig").write_text("[x]\n\ty = user\n\tz = user\n\tw = user\n")
    git(repo, "config", "x.z", "repo")
    git(repo, "config", "x.w", "repo")
    git(repo, "config", "extensions.worktreeConfig", "true")
    git(repo, "config", "--worktree", "x.w", "worktree")
    settings = opened(repo).settings
    assert [settings[f"x.{key}"] for key in "yzw"] == ["user", "repo", "worktree"]
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    assert "x.y" not in opened(repo).settings


def test_included_config_files_are_named_whether_they_are_there_or_not(tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[include]\n\tpath = more\n[include]\n\tpath = missing\n")
    (tmp_path / "more").write_text("[include]\n\tpath = last\n")
    (tmp_path / "last").write_text("[core]\n\tbare = false\n")
    names = [os.path.basename(path) for path in with_included([str(tmp_path / "config"), str(tmp_path / "none")])]
    assert names == ["config", "more", "last", "missing", "none"]
