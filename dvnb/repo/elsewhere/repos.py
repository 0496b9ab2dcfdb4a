"""Another repo, by path or by git URL, at a rev: its project, the files of that rev, and its stages.

A URL is cloned once into the user's cache folder, and fetched again when it is opened, unless a commit is asked for
that the clone has. Nothing is checked out there: files are read from git. Data of all clones shares one object cache
beside them. Several processes may use both at once.
Source: dvc's repo/open_repo.py.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

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
_SHORT_HASH = 7
_HEX = frozenset("0123456789abcdef")


class Elsewhere:
    """An opened repo. `commit` is None for the workspace of a local path; `cloned`: `project` lies in a clone.

    `settings` are what its configuration was overlaid with; `jobs` how many objects come from its remote at once.

    A repo that knows no dvc has an empty `index`; its `project` and `tree` serve to read git's files.
    """

    def __init__(self, url: str, project: Project, tree: FileTree, *, cloned: bool) -> None:
        self.url = url
        self.project = project
        self.tree = tree
        self.commit: str | None = tree.commit if isinstance(tree, RevTree) else None
        self.cloned = cloned
        self.settings: Mapping[str, Any] = {}
        self.jobs: int | None = None

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
    other = find_elsewhere(url, rev, listener=listener)
    try:
        yield other
    finally:
        other.close()


def find_elsewhere(url: str, rev: str | None = None, *, listener: Listener = ignore_events) -> Elsewhere:
    """`open_elsewhere` for who keeps the repo open longer than a `with`, and closes it."""
    return _open_path(url, rev, listener) or _open_clone(url, rev, listener)


def open_nested(other: Elsewhere, relpath: str) -> Elsewhere:
    """The project in a folder of an opened repo, of the same rev. Raises: ConfigError."""
    root = os.path.join(other.project.root, *relpath.split("/"))
    git = other.project.git
    project = Project(root, cwd=other.project.cwd, listener=other.project.emit)
    project.__dict__["git"] = git
    if not isinstance(other.tree, RevTree) or git is None:
        return Elsewhere(other.url, project, project.tree(), cloned=False)
    tree = RevTree(git, other.tree.commit, root)
    if other.cloned or not os.path.isdir(project.dvc_dir):
        _plug(project, _config_folder(git, tree), f"/{relpath}/{DVC_DIR}" if other.cloned else project.dvc_dir)
    return Elsewhere(other.url, project, tree, cloned=other.cloned)


def located(url: str, cwd: str) -> str:
    """A URL as it is; the path of something that is there as seen from `cwd`."""
    path = os.path.join(cwd, url)
    return path if os.path.exists(path) else url


def _open_path(url: str, rev: str | None, listener: Listener) -> Elsewhere | None:
    """The repo around an existing folder; None if there is none (it may still be a bare one)."""
    start = os.path.realpath(url)
    if not os.path.isdir(start):
        return None
    git = Git.find(start)
    try:
        project = Project(find_root(start), cwd=os.getcwd(), listener=listener)
    except NotARepoError:
        if git is None and _is_bare(start):
            return None
        if git is None and rev is not None:
            raise GitError(f"'{start}' is not a git repository") from None
        project = Project(git.root if git else start, cwd=os.getcwd(), listener=listener)
        _plug(project, None)
    if rev is None:
        return Elsewhere(url, project, project.tree(), cloned=False)
    return Elsewhere(url, project, project.tree(rev), cloned=False)


def _is_bare(folder: str) -> bool:
    return all(os.path.exists(os.path.join(folder, name)) for name in ("HEAD", "objects", "refs"))


def _open_clone(url: str, rev: str | None, listener: Listener) -> Elsewhere:
    git = _cloned(url, rev)
    tree = RevTree(git, _as_fetched(rev), git.root)
    project = Project(git.root, cwd=os.getcwd(), listener=listener)
    _plug(project, _config_folder(git, tree))
    return Elsewhere(url, project, tree, cloned=True)


def _plug(project: Project, dvc_dir: str | None, seen_from: str = f"/{DVC_DIR}") -> None:
    """Give a project that has no `.dvc` folder of its own a configuration, and the shared object cache.

    Relative paths in the configuration begin in `seen_from`: what is cloned lies at "/", where dvc has it too.
    """
    project.__dict__["config"] = Config.load(dvc_dir, seen_from=seen_from)
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
    # Whoever holds the lock is cloning: that may take as long as the repo is large.
    with FileLock(f"{root}.lock", wait=None).hold():
        git = Git(root, os.path.join(root, ".git"))
        if not os.path.isdir(git.git_dir):
            command.run(git, "init", "-q")
        if not (rev and _knows(git, rev)):
            _fetch(git, source)
            if rev and len(rev) == _FULL_HASH and not _knows(git, rev):  # no branch or tag reaches it
                command.run(git, "fetch", "-q", "--no-tags", "--", source, rev, check=False)
    return git


def _knows(git: Git, rev: str) -> bool:
    """Whether `rev` is a commit by its hash, full or not, and here: names may mean another commit tomorrow."""
    if len(rev) < _SHORT_HASH or not _HEX.issuperset(rev):
        return False
    try:
        return command.resolve(git, rev).startswith(rev)
    except GitError:
        return False


def _fetch(git: Git, source: str) -> None:
    try:
        command.run(git, "fetch", "-q", "--prune", "--force", "--update-head-ok", "--no-tags", "--", source, *_REFS)
    except GitError as exc:
        said = exc.message.removeprefix("git fetch failed: ").partition("\n")[0]
        raise GitError(f"SCM error: Failed to clone repo '{source}' to '{git.root}': {said}") from exc


def _config_folder(git: Git, tree: RevTree) -> str | None:
    """A folder that holds the `.dvc/config` of this tree, since another commit may be read at the same time."""
    try:
        data = tree.read(f"{DVC_DIR}/config")
    except FileNotFoundError:
        return None
    name = md5_bytes(os.fsencode(f"{git.git_dir}\n{tree.commit}\n{tree.root}"))
    folder = os.path.join(user_cache_dir(), "clones", "configs", name, DVC_DIR)
    if not os.path.exists(os.path.join(folder, "config")):
        os.makedirs(folder, exist_ok=True)
        write_atomic(os.path.join(folder, "config"), data)
    return folder
