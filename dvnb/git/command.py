"""The git command line, for what git's files do not tell at once and for everything that changes something."""

from __future__ import annotations

import os
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from dvnb.errors import GitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dvnb.git.worktree import Git

# Set while git runs hooks; they speak of the repository the hook belongs to, which need not be the one meant here.
_LOCAL_VARIABLES = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
)


def environment(git: Git) -> dict[str, str]:
    """The environment for git commands: untranslated messages, no prompts, and variables of another repository gone.

    Who only looks does not lock the index to refresh it: a person may use git at the same time.
    """
    env = dict(os.environ, LC_ALL="C", GIT_TERMINAL_PROMPT="0", GIT_OPTIONAL_LOCKS="0")
    foreign = env.get("GIT_DIR")
    if foreign and os.path.realpath(os.path.join(git.root, foreign)) != os.path.realpath(git.git_dir):
        for name in _LOCAL_VARIABLES:
            env.pop(name, None)
    return env


def run(
    git: Git, *args: str, input: bytes | None = None, check: bool = True, env: Mapping[str, str] | None = None
) -> bytes:
    """Run one git command at the work tree's root and return what it printed; `env` are variables to add.

    Raises: GitError if it fails, with what it said; without `check` only if git cannot be started.
    """
    import subprocess

    stdin = subprocess.DEVNULL if input is None else None
    command = ["git", *args]
    try:
        done = subprocess.run(  # noqa: S603 - the program is git
            command,
            cwd=git.root,
            env={**environment(git), **(env or {})},
            stdin=stdin,
            input=input,
            capture_output=True,
            check=False,
        )
    except OSError as exc:
        raise GitError(f"cannot run git: {exc}") from exc
    if check and done.returncode:
        said = done.stderr.decode(errors="replace").strip() or f"it ended with code {done.returncode}"
        verb = next((arg for arg in args if not arg.startswith("-")), "")
        raise GitError(f"git {verb} failed: {said}")
    return done.stdout


def add(git: Git, paths: Iterable[str]) -> None:
    """Stage these absolute paths, deletions included; untracked ones that git ignores are left out, as dvc does.

    Raises: GitError.
    """
    known = [path for path in paths if os.path.lexists(path) or git.is_tracked(path)]
    if not known:
        return
    listed = b"\0".join(map(os.fsencode, known))
    ignored = set(run(git, "check-ignore", "-z", "--stdin", input=listed, check=False).split(b"\0"))
    wanted = b"\0".join(path for path in map(os.fsencode, known) if path not in ignored)
    if wanted:
        run(git, "--literal-pathspecs", "add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul", input=wanted)


def resolve(git: Git, rev: str) -> str:
    """The full hash of the commit that `rev` names.

    Raises: GitError if it names none.
    """
    commit = None
    if rev and not rev.startswith("-"):
        commit = run(git, "rev-parse", "-q", "--verify", f"{rev}^{{commit}}", check=False).decode().strip()
    if not commit:
        raise GitError(f"unknown Git revision '{rev}'")
    return commit


def branches(git: Git) -> list[str]:
    """Short names of the local branches, sorted."""
    return _refs(git, "refs/heads/")


def tags(git: Git) -> list[str]:
    """Names of the tags, sorted."""
    return _refs(git, "refs/tags/")


def _refs(git: Git, prefix: str) -> list[str]:
    names = run(git, "for-each-ref", "--format=%(refname)", prefix).decode(errors="surrogateescape").split("\n")
    return [name.removeprefix(prefix) for name in names if name]


def all_commits(git: Git) -> list[str]:
    """Every commit that a branch, tag or remote branch reaches, or HEAD, newest first.

    Of commits of one second it is the lower hash that comes first, once a commit above it was seen (as in dvc).
    """
    head = git.head()
    revs = ["--branches", "--tags", "--remotes", *(["HEAD"] if head else [])]
    listed = [line.split() for line in run(git, "rev-list", "--timestamp", "--parents", *revs).decode().splitlines()]
    if len({line[0] for line in listed}) == len(listed):
        return [line[1] for line in listed]
    times = {commit: -int(time) for time, commit, *_ in listed}
    parents = {commit: above for _, commit, *above in listed}
    refs = run(git, "for-each-ref", "--format=%(objectname) %(*objectname)", "refs/heads", "refs/tags", "refs/remotes")
    seen = {commit for commit in [head, *refs.decode().split()] if commit in times}
    waiting = [(times[commit], commit) for commit in seen]
    heapify(waiting)
    found: list[str] = []
    while waiting:
        _, commit = heappop(waiting)
        found.append(commit)
        for parent in parents[commit]:
            if parent in times and parent not in seen:
                seen.add(parent)
                heappush(waiting, (times[parent], parent))
    return found


def names_by_commit(git: Git, commits: Iterable[str]) -> dict[str, str]:
    """A short name (branch, else tag) for each of these commits that has one."""
    wanted = set(commits)
    names: dict[str, str] = {}
    lines = run(git, "for-each-ref", "--format=%(objectname) %(*objectname) %(refname)", "refs/heads/", "refs/tags/")
    for line in lines.decode(errors="surrogateescape").splitlines():
        plain, peeled, ref = line.split(" ", 2)
        commit = peeled or plain
        if commit in wanted:
            names.setdefault(commit, ref.split("/", 2)[2])
    return names
