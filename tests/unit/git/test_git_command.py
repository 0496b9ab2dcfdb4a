"""The git command line on real repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dvnb.errors import GitError
from dvnb.git.command import add, all_commits, branches, names_by_commit, resolve, run, tags
from dvnb.git.worktree import Git


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "n")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "e@x")
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)
    found = Git.find(str(tmp_path))
    assert found is not None
    return found


def commit(repo: Git, message: str = "c") -> str:
    run(repo, "commit", "-q", "--allow-empty", "-m", message)
    head = repo.head()
    assert head is not None
    return head


def staged(repo: Git) -> list[str]:
    return run(repo, "diff", "--cached", "--name-status").decode().splitlines()


def test_run_gives_bytes_and_takes_input(repo: Git) -> None:
    blob = run(repo, "hash-object", "-w", "--stdin", input=b"a\r\n\xff")
    assert run(repo, "cat-file", "blob", blob.decode().strip()) == b"a\r\n\xff"


def test_failures_say_what_git_said(repo: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "de")
    with pytest.raises(GitError, match=r"git show failed: fatal: .*unknown revision|git show failed: .*nope"):
        run(repo, "show", "nope")
    assert run(repo, "show", "nope", check=False) == b""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GitError, match="cannot run git"):
        run(repo, "status")


def test_variables_of_another_repository_are_dropped(
    repo: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = commit(repo)
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", str(other)], check=True)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / "index"))
    assert resolve(repo, "HEAD") == first
    (tmp_path / "f").write_text("")
    add(repo, [str(tmp_path / "f")])
    assert repo.is_tracked(str(tmp_path / "f"))


def test_variables_of_this_repository_stay(repo: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    (tmp_path / "f").write_text("")
    add(repo, [str(tmp_path / "f")])
    assert (tmp_path / "index").exists()
    assert not repo.is_tracked(str(tmp_path / "f"))


def test_add_stages_changes_deletions_and_odd_names(repo: Git, tmp_path: Path) -> None:
    for name in ("gone", "kept"):
        (tmp_path / name).write_text("1")
    add(repo, [repo.root])
    commit(repo)
    (tmp_path / "gone").unlink()
    (tmp_path / "kept").write_text("2")
    odd = tmp_path / "*[x] é\n:(top)"
    odd.write_text("")
    (tmp_path / "other").write_text("")
    (tmp_path / ".gitignore").write_text("ignored\n")
    (tmp_path / "ignored").write_text("")
    paths = ["gone", "kept", odd.name, ".gitignore", "ignored", "never there"]
    add(repo, [str(tmp_path / name) for name in paths])
    assert repo.is_tracked(str(odd))
    assert not repo.is_tracked(str(tmp_path / "gone"))
    assert not repo.is_tracked(str(tmp_path / "ignored"))
    assert not repo.is_tracked(str(tmp_path / "other"))
    assert len(staged(repo)) == 4
    add(repo, [])
    add(repo, [str(tmp_path / "never there"), str(tmp_path / "ignored")])


def test_resolve(repo: Git) -> None:
    with pytest.raises(GitError, match=r"^unknown Git revision 'HEAD'$"):
        resolve(repo, "HEAD")
    first = commit(repo)
    run(repo, "tag", "-a", "-m", "t", "v1")
    second = commit(repo)
    assert resolve(repo, "HEAD") == resolve(repo, second[:8]) == resolve(repo, "main") == second
    assert resolve(repo, "HEAD~1") == resolve(repo, "v1") == first
    for unknown in ("nosuchrev", "", "--all", "HEAD:nope", "HEAD^{tree}"):
        with pytest.raises(GitError, match="unknown Git revision"):
            resolve(repo, unknown)


def test_branches_tags_and_commits(repo: Git) -> None:
    assert branches(repo) == tags(repo) == all_commits(repo) == []
    first = commit(repo)
    run(repo, "branch", "b/c")
    run(repo, "tag", "v1")
    run(repo, "tag", "-a", "-m", "t", "v2")
    second = commit(repo, "detached")
    run(repo, "checkout", "-q", "--detach")
    run(repo, "branch", "-f", "main", first)
    assert branches(repo) == ["b/c", "main"]
    assert tags(repo) == ["v1", "v2"]
    assert sorted(all_commits(repo)) == sorted([first, second])
    assert names_by_commit(repo, [first, second]) == {first: "b/c"}
    run(repo, "branch", "-D", "b/c")
    run(repo, "branch", "-f", "main", second)
    assert names_by_commit(repo, [first, second]) == {second: "main", first: "v1"}
