"""What git's own files say about a work tree: where it is, what is checked out, what is tracked. No subprocess.

Only what these files cannot tell (reftable storage, split or sparse index) is asked of the git command.
"""

from __future__ import annotations

import os
import re
from functools import cached_property
from typing import TYPE_CHECKING

from dvnb.errors import GitError
from dvnb.git.command import run
from dvnb.git.config import read_settings, user_files, user_folder

if TYPE_CHECKING:
    from dvnb.git.index import Index

_HEX = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MAX_LINKS = 5  # symbolic refs that point to symbolic refs; git's own bound


class Git:
    """One work tree.

    `root` is its folder, `git_dir` its own git folder, `common_dir` the one that linked worktrees share; all absolute.
    """

    def __init__(self, root: str, git_dir: str) -> None:
        self.root = root
        self.git_dir = git_dir
        self.common_dir = git_dir
        shared = _read_line(os.path.join(git_dir, "commondir"))
        if shared:
            self.common_dir = os.path.normpath(os.path.join(git_dir, shared))
        self._index: tuple[tuple[int, int, int], Index] | None = None

    @classmethod
    def find(cls, start: str) -> Git | None:
        """The work tree that `start` is in, None if it is in none."""
        folder = os.path.abspath(start)
        while True:
            git_dir = _git_dir(os.path.join(folder, ".git"))
            if git_dir is not None:
                return cls(folder, git_dir)
            parent = os.path.dirname(folder)
            if parent == folder:
                return None
            folder = parent

    @cached_property
    def settings(self) -> dict[str, str]:
        """Git's settings by `section.key`, of all its config files."""
        files = [*user_files(), os.path.join(self.common_dir, "config")]
        settings = read_settings(files)
        if settings.get("extensions.worktreeconfig", "").lower() == "true":
            settings.update(read_settings([os.path.join(self.git_dir, "config.worktree")]))
        return settings

    @property
    def excludes_file(self) -> str:
        """The user's own ignore file, which need not be there; absolute."""
        named = self.settings.get("core.excludesfile") or os.path.join(user_folder(), "ignore")
        return os.path.join(self.root, os.path.expanduser(named))

    def head(self) -> str | None:
        """The commit that is checked out, None before the first one."""
        return self.ref("HEAD")

    def branch(self) -> str | None:
        """Short name of the branch that is checked out, also before its first commit; None when HEAD is detached."""
        target = _symbolic(_read_line(os.path.join(self.git_dir, "HEAD")))
        if target == "refs/heads/.invalid":
            target = run(self, "symbolic-ref", "-q", "HEAD", check=False).decode().strip()
        return target.removeprefix("refs/heads/") if target else None

    def ref(self, name: str) -> str | None:
        """The object that a full ref name (`refs/heads/main`, `HEAD`) points to; None if there is no such ref."""
        for _ in range(_MAX_LINKS):
            value = self._loose_ref(name)
            target = _symbolic(value)
            if target is None:
                return value if value and _HEX.fullmatch(value) else self._packed_ref(name)
            if target == "refs/heads/.invalid":
                return self._ask(name)
            name = target
        raise GitError(f"too many symbolic refs from '{name}'")

    def _loose_ref(self, name: str) -> str | None:
        # Only HEAD and its like, bisect and worktree refs are of one worktree.
        own = not name.startswith("refs/") or name.startswith(("refs/bisect/", "refs/worktree/", "refs/rewritten/"))
        return _read_line(os.path.join(self.git_dir if own else self.common_dir, name))

    def _packed_ref(self, name: str) -> str | None:
        try:
            with open(os.path.join(self.common_dir, "packed-refs"), encoding="utf-8", errors="surrogateescape") as file:
                for line in file:
                    value, _, packed = line.rstrip("\n").partition(" ")
                    if packed == name and value != "#":
                        return value
        except OSError:
            pass
        return None

    def _ask(self, name: str) -> str | None:
        return run(self, "rev-parse", "-q", "--verify", name, check=False).decode().strip() or None

    def relpath(self, path: str) -> str | None:
        """`path` relative to the root with forward slashes ("" = the root); None if it lies outside."""
        path = os.path.abspath(path)
        for root in (self.root, os.path.realpath(self.root)):
            if path == root:
                return ""
            prefix = root.rstrip(os.sep) + os.sep
            if path.startswith(prefix):
                return path[len(prefix) :].replace(os.sep, "/")
        return None

    def is_tracked(self, path: str) -> bool:
        """Whether this path, or anything below it, is in the index."""
        relpath = self.relpath(path)
        return relpath is not None and self._read_index().holds(relpath)

    def tracked_under(self, path: str) -> list[str]:
        """Absolute paths of what the index holds at or below `path`, sorted by git's order."""
        relpath = self.relpath(path)
        if relpath is None:
            return []
        return [os.path.join(self.root, *name.split("/")) for name in self._read_index().below(relpath)]

    def _read_index(self) -> Index:
        from dvnb.git.index import Index, read_index

        path = os.path.join(self.git_dir, "index")
        try:
            stat = os.stat(path)
        except FileNotFoundError:
            return Index([])
        key = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        if self._index is None or self._index[0] != key:
            with open(path, "rb") as file:
                data = file.read()
            hash_size = 32 if self.settings.get("extensions.objectformat", "").lower() == "sha256" else 20
            index = read_index(data, hash_size)
            if index is None:
                names = run(self, "ls-files", "-z", "--cached").split(b"\0")
                index = Index(sorted({name for name in names if name}))
            self._index = key, index
        return self._index[1]


def _git_dir(dot_git: str) -> str | None:
    """The git folder behind a `.git` folder, or a `.git` file as worktrees and submodules have; None if it is none."""
    if not os.path.isdir(dot_git):
        line = _read_line(dot_git)
        if line is None or not line.startswith("gitdir:"):
            return None
        dot_git = os.path.normpath(os.path.join(os.path.dirname(dot_git), line.removeprefix("gitdir:").strip()))
    return dot_git if os.path.lexists(os.path.join(dot_git, "HEAD")) else None


def _read_line(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().strip()
    except OSError:
        return None


def _symbolic(value: str | None) -> str | None:
    return value.removeprefix("ref:").strip() if value and value.startswith("ref:") else None
