"""The git command line on real repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dvnb.errors import GitError
from dvnb.git.command import add, all_commits, branches, names_by_commit, resolve, run, tags
from dvnb.git.worktree import Git


def commit(git: Git, message: str = "c") -> str:
    run(git, "commit", "-q", "--allow-empty", "-m", message)
    head = git.head()
    assert head is not None
    return head


def staged(git: Git) -> list[str]:
    return run(git, "diff", "--cached", "--name-status").decode().splitlines()


def test_run_gives_bytes_and_takes_input(git: Git) -> None:
    blob = run(git, "hash-object", "-w", "--stdin", input=b"a\r\n\xff")
    assert run(git, "cat-file", "blob", blob.decode().strip()) == b"a\r\n\xff"


def test_failures_say_what_git_said(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "de")
    with pytest.raises(GitError, match=r"git show failed: fatal: .*unknown revision|git show failed: .*nope"):
        run(git, "show", "nope")
    assert run(git, "show", "nope", check=False) == b""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(GitError, match="cannot run git"):
        run(git, "status")


def test_variables_of_another_repository_are_dropped(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = commit(git)
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", str(other)], check=True)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / "index"))
    assert resolve(git, "HEAD") == first
    (tmp_path / "f").write_text("")
    add(git, [str(tmp_path / "f")])
    assert git.is_tracked(str(tmp_path / "f"))


def test_variables_of_this_repository_stay(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    (tmp_path / "f").write_text("")
    add(git, [str(tmp_path / "f")])
    assert (tmp_path / "index").exists()
    assert not git.is_tracked(str(tmp_path / "f"))


def test_add_stages_changes_deletions_and_odd_names(git: Git, tmp_path: Path) -> None:
    for name in ("gone", "kept"):
        (tmp_path / name).write_text("1")
    add(git, [git.root])
    commit(git)
    (tmp_path / "gone").unlink()
    (tmp_path / "kept").write_text("2")
    odd = tmp_path / "*[x] é\n:(top)"
    odd.write_text("")
    (tmp_path / "other").write_text("")
    (tmp_path / ".gitignore").write_text("ignored\n")
    (tmp_path / "ignored").write_text("")
    paths = ["gone", "kept", odd.name, ".gitignore", "ignored", "never there"]
    add(git, [str(tmp_path / name) for name in paths])
    assert git.is_tracked(str(odd))
    assert not git.is_tracked(str(tmp_path / "gone"))
    assert not git.is_tracked(str(tmp_path / "ignored"))
    assert not git.is_tracked(str(tmp_path / "other"))
    assert len(staged(git)) == 4
    add(git, [])
    add(git, [str(tmp_path / "never there"), str(tmp_path / "ignored")])


def test_resolve(git: Git) -> None:
    with pytest.raises(GitError, match=r"^unknown Git revision 'HEAD'$"):
        resolve(git, "HEAD")
    first = commit(git)
    run(git, "tag", "-a", "-m", "t", "v1")
    second = commit(git)
    assert resolve(git, "HEAD") == resolve(git, second[:8]) == resolve(git, "main") == second
    assert resolve(git, "HEAD~1") == resolve(git, "v1") == first
    for unknown in ("nosuchrev", "", "--all", "HEAD:nope", "HEAD^{tree}"):
        with pytest.raises(GitError, match="unknown Git revision"):
            resolve(git, unknown)


def test_commits_of_one_second_come_in_dvcs_order(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", "1704067200 +0000")
    chain = [commit(git, str(number)) for number in range(6)]
    assert all_commits(git) == chain[::-1]
    for number, made in enumerate(chain):
        run(git, "tag", f"v{number}", made)
    assert all_commits(git) == sorted(chain)


def test_branches_tags_and_commits(git: Git) -> None:
    assert branches(git) == tags(git) == all_commits(git) == []
    first = commit(git)
    run(git, "branch", "b/c")
    run(git, "tag", "v1")
    run(git, "tag", "-a", "-m", "t", "v2")
    second = commit(git, "detached")
    run(git, "checkout", "-q", "--detach")
    run(git, "branch", "-f", "main", first)
    assert branches(git) == ["b/c", "main"]
    assert tags(git) == ["v1", "v2"]
    assert sorted(all_commits(git)) == sorted([first, second])
    assert names_by_commit(git, [first, second]) == {first: "b/c"}
    run(git, "branch", "-D", "b/c")
    run(git, "branch", "-f", "main", second)
    assert names_by_commit(git, [first, second]) == {second: "main", first: "v1"}
