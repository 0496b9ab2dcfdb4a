"""Another repo, by path or by git URL, at a rev: its project, the files of that rev, and its stages.

A URL is cloned once into the user's cache folder, and fetched again each time it is opened. Nothing is checked out
there: files are read from git. Data of all clones shares one object cache beside them.
Source: dvc's repo/open_repo.py.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from functools import cached_property

from dvnb.errors import GitError, NotARepoError
from dvnb.events import Listener, ignore_events
from dvnb.formats.config import Config
from dvnb.git import command
from dvnb.git.trees import FileTree, RevTree
from dvnb.git.worktree import Git
from dvnb.objects.files import write_atomic
from dvnb.objects.hashing import md5_bytes
from dvnb.objects.state import user_cache_dir
from dvnb.objects.store import LocalStore
from dvnb.pipeline.index import Index, load_index
from dvnb.project.discover import DVC_DIR, find_root
from dvnb.project.lock import FileLock
from dvnb.project.project import Project

REMOTE_HEAD = "refs/dvnb/HEAD"
_REFS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", f"+HEAD:{REMOTE_HEAD}")
_FULL_HASH = 40


class Elsewhere:
    """An opened repo. `commit` is None for the workspace of a local path; `cloned`: `project` lies in a clone.

    A repo that knows no dvc has an empty `index`; its `project` and `tree` serve to read git's files.
    """

    def __init__(self, url: str, project: Project, tree: FileTree, *, cloned: bool) -> None:
        self.url = url
        self.project = project
        self.tree = tree
        self.commit: str | None = tree.commit if isinstance(tree, RevTree) else None
        self.cloned = cloned

    @cached_property
    def index(self) -> Index:
        """Its stages. Raises: FormatError for the first file that is broken."""
        if self.tree.isdir(DVC_DIR):
            return load_index(self.project, self.tree)
        return Index(self.tree, self.project.cwd)

    def close(self) -> None:
        """Write the state back, end the git process."""
        if isinstance(self.tree, RevTree):
            self.tree.close()
        self.project.close()


@contextmanager
def open_elsewhere(url: str, rev: str | None = None, *, listener: Listener = ignore_events) -> Generator[Elsewhere]:
    """The repo at a local path or git URL; without `rev` the workspace of a path, the default branch of a URL.

    Raises: GitError where it cannot be cloned, or has no such rev; ConfigError.
    """
    other = _open_path(url, rev, listener) or _open_clone(url, rev, listener)
    try:
        yield other
    finally:
        other.close()


def _open_path(url: str, rev: str | None, listener: Listener) -> Elsewhere | None:
    """The repo around an existing folder; None if there is none (it may still be a bare one)."""
    start = os.path.realpath(url)
    if not os.path.isdir(start):
        return None
    git = Git.find(start)
    try:
        project = Project(find_root(start), cwd=os.getcwd(), listener=listener)
    except NotARepoError:
        if git is None:
            return None
        project = Project(git.root, cwd=os.getcwd(), listener=listener)
        _plug(project, None)
    if rev is None:
        return Elsewhere(url, project, project.tree(), cloned=False)
    return Elsewhere(url, project, project.tree(rev), cloned=False)


def _open_clone(url: str, rev: str | None, listener: Listener) -> Elsewhere:
    git = _cloned(url, rev)
    tree = RevTree(git, _as_fetched(rev), git.root)
    project = Project(git.root, cwd=os.getcwd(), listener=listener)
    _plug(project, _config_folder(git, tree))
    return Elsewhere(url, project, tree, cloned=True)


def _plug(project: Project, dvc_dir: str | None) -> None:
    """Give a project that has no `.dvc` folder of its own a configuration, and the shared object cache."""
    project.__dict__["config"] = Config.load(dvc_dir)
    project.__dict__["cache_dir"] = shared_cache_dir()
    project.__dict__["cache"] = LocalStore(shared_cache_dir())


def shared_cache_dir() -> str:
    """The object cache of all repos that have none of their own."""
    return os.path.join(user_cache_dir(), "objects")


def _as_fetched(rev: str | None) -> str:
    """A rev of the other repo by the names it has in the clone."""
    if rev is None:
        return REMOTE_HEAD
    if rev == "HEAD" or rev.startswith(("HEAD~", "HEAD^", "HEAD@")):
        return REMOTE_HEAD + rev.removeprefix("HEAD")
    return rev


def _cloned(url: str, rev: str | None) -> Git:
    """An up-to-date clone; a commit that it already has needs no fetch."""
    source = os.path.abspath(url) if os.path.exists(url) else url
    root = os.path.join(user_cache_dir(), "clones", md5_bytes(os.fsencode(source)))
    os.makedirs(root, exist_ok=True)
    with FileLock(f"{root}.lock").hold():
        git = Git(root, os.path.join(root, ".git"))
        if not os.path.isdir(git.git_dir):
            command.run(git, "init", "-q")
        if not (rev and len(rev) == _FULL_HASH and _knows(git, rev)):
            _fetch(git, source)
    return git


def _knows(git: Git, rev: str) -> bool:
    try:
        return command.resolve(git, rev) == rev
    except GitError:
        return False


def _fetch(git: Git, source: str) -> None:
    try:
        command.run(git, "fetch", "-q", "--prune", "--force", "--update-head-ok", "--no-tags", "--", source, *_REFS)
    except GitError as exc:
        said = exc.message.removeprefix("git fetch failed: ").partition("\n")[0]
        raise GitError(f"SCM error: Failed to clone repo '{source}' to '{git.root}': {said}") from exc


def _config_folder(git: Git, tree: RevTree) -> str | None:
    """A folder that holds the `.dvc/config` of this commit, since another commit may be read at the same time."""
    try:
        data = tree.read(f"{DVC_DIR}/config")
    except FileNotFoundError:
        return None
    folder = os.path.join(git.git_dir, "dvnb", tree.commit, DVC_DIR)
    if not os.path.exists(os.path.join(folder, "config")):
        os.makedirs(folder, exist_ok=True)
        write_atomic(os.path.join(folder, "config"), data)
    return folder
