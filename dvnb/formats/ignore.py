"""Which files git or dvc ignore: nested ignore files, read when a folder is entered."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from dvnb.formats.ignore_matching import Folder, Rules, prefix_below
from dvnb.formats.wildmatch import IgnorePattern, parse_ignore_lines

if TYPE_CHECKING:
    from dvnb.git.trees import FileTree
    from dvnb.git.worktree import Git

Reader = Callable[[str], "bytes | None"]
DVCIGNORE = ".dvcignore"
_BUILT_IN = (".hg/", ".git/", ".git", ".dvc/")
_SUB_REPO = "in sub_repo"


class IgnoreRules:
    """The ignore files called `name` from `root` downwards, read when needed and remembered.

    Paths outside `root`, and `root` itself, are never ignored. An instance is good for one command: it does not
    notice that an ignore file changes.
    """

    def __init__(
        self,
        root: str,
        name: str,
        first: list[IgnorePattern],
        read: Reader,
        *,
        git: bool,
        is_sub_repo: Callable[[str], bool] | None = None,
        flags: int = 0,
    ) -> None:
        """`first` stand before the root's own file; `read` and `is_sub_repo` take an absolute path."""
        self.root = root
        self._name = name
        self._first = first
        self._read = read
        self._git = git
        self._is_sub_repo = is_sub_repo
        self._flags = flags
        self._prefix = root.rstrip(os.sep) + os.sep
        self._folders: dict[str, Folder] = {}

    def is_ignored(self, path: str, is_dir: bool) -> bool:
        """Whether this absolute path is ignored, by itself or because a folder above it is."""
        path = os.path.normpath(path)
        if not path.startswith(self._prefix):
            return False
        if is_dir:
            return self._folder(path).ignored
        folder, name = os.path.split(path)
        found = self._folder(folder)
        return found.ignored or found.verdict(name, is_dir=False)

    def filter_names(self, folder: str, dirs: list[str], files: list[str]) -> tuple[list[str], list[str]]:
        """The folders and files among the members of this absolute folder that are not ignored, in the same order."""
        if folder != self.root and not folder.startswith(self._prefix):
            return dirs, files
        found = self._folders.get(folder) or self._enter(folder, has_file=self._name in files)
        if found.ignored:
            return [], []
        kept = found.kept(dirs, is_dir=True)
        if self._is_sub_repo is not None:
            is_sub_repo = self._is_sub_repo
            kept = [name for name in kept if not is_sub_repo(os.path.join(folder, name))]
        found.entered = frozenset(kept)
        return kept, found.kept(files, is_dir=False)

    def explain(self, path: str, is_dir: bool) -> tuple[str, int, str] | None:
        """(ignore file relative to the root, line, pattern) of the pattern that decides, also if it brings back.

        None if no pattern matches. Line 0: no file's line; then file is "" and the pattern built in, or
        "in sub_repo" and the pattern a folder's name.
        """
        path = os.path.normpath(path)
        if not path.startswith(self._prefix):
            return None
        decisive = None
        parts = path[len(self._prefix) :].split(os.sep)
        for depth, name in enumerate(parts):
            folder = os.path.join(self.root, *parts[:depth])
            last = depth == len(parts) - 1
            here_is_dir = is_dir or not last
            if here_is_dir and self._is_sub_repo is not None and self._is_sub_repo(os.path.join(folder, name)):
                return _SUB_REPO, 0, name
            decisive = self._decisive(self._folder(folder), name, is_dir=here_is_dir)
            if decisive is not None and (last or not decisive.negated):
                return decisive.file, decisive.line, decisive.text
        return None

    def _decisive(self, folder: Folder, name: str, *, is_dir: bool) -> IgnorePattern | None:
        groups: list[list[tuple[IgnorePattern, str]]] = []
        kind = None
        for rules in folder.chain:
            relpath = prefix_below(rules.folder, folder.path) + name
            for pattern in rules.patterns:
                before, kind = kind, (pattern.negated, pattern.dir_only)
                # dvc names the first match among neighbours of one kind, git the last match of all.
                if self._git or pattern.negated or kind != before:
                    groups.append([])
                groups[-1].append((pattern, relpath))
        # dvc asks for a folder by its bare path first.
        ends = ("/",) if self._git else ("", "/")
        for group in reversed(groups):
            for end in ends if is_dir else ("",):
                for pattern, relpath in group:
                    if pattern.matches(relpath + end, self._flags):
                        return pattern
        return None

    def _folder(self, path: str) -> Folder:
        return self._folders.get(path) or self._enter(path, has_file=True)

    def _enter(self, path: str, *, has_file: bool) -> Folder:
        if path == self.root:
            chain = self._own_rules(path, has_file=has_file)
            self._folders[path] = found = Folder(path, chain, ignored=False)
            return found
        parent, name = os.path.split(path)
        above = self._folder(parent)
        ignored = name not in above.entered and (
            above.ignored
            or above.verdict(name, is_dir=True)
            or (self._is_sub_repo is not None and self._is_sub_repo(path))
        )
        chain = above.chain
        if has_file and not ignored:
            chain = [*chain, *self._own_rules(path, has_file=True, above=Folder(path, chain, ignored=False))]
        self._folders[path] = found = Folder(path, chain, ignored=ignored)
        return found

    def _own_rules(self, path: str, *, has_file: bool, above: Folder | None = None) -> list[Rules]:
        patterns = list(self._first) if path == self.root else []
        file = os.path.join(path, self._name)
        # dvc does not read an ignore file that is itself ignored.
        if has_file and (self._git or above is None or not above.verdict(self._name, is_dir=False)):
            data = self._read(file)
            if data is not None:
                shown = file[len(self._prefix) :].replace(os.sep, "/")
                patterns += parse_ignore_lines(data.decode(errors="surrogateescape"), shown, git=self._git)
        return [Rules(path, patterns, self._flags)] if patterns else []


def dvcignore(root: str, tree: FileTree | None = None) -> IgnoreRules:
    """What dvc ignores below a project's root, on disk or in `tree`: the .dvcignore files, and projects inside it."""
    first = [IgnorePattern(text, "", 0, git=False) for text in _BUILT_IN]
    if tree is None:
        return IgnoreRules(
            root, DVCIGNORE, first, _read_file, git=False, is_sub_repo=lambda path: os.path.exists(f"{path}/.dvc")
        )
    start = len(root.rstrip(os.sep)) + 1

    def relpath(path: str) -> str:
        return path[start:].replace(os.sep, "/")

    def read(path: str) -> bytes | None:
        try:
            return tree.read(relpath(path))
        except (FileNotFoundError, IsADirectoryError):
            return None

    return IgnoreRules(
        root, DVCIGNORE, first, read, git=False, is_sub_repo=lambda path: tree.exists(relpath(path) + "/.dvc")
    )


def gitignore(git: Git) -> IgnoreRules:
    """What git ignores in a work tree: .gitignore files, info/exclude, the user's excludes file. Tracked or not."""
    first: list[IgnorePattern] = []
    for path in (git.excludes_file, os.path.join(git.common_dir, "info", "exclude")):
        data = _read_file(path)
        if data is not None:
            shown = os.path.relpath(path, git.root) if path.startswith(git.root + os.sep) else path
            first += parse_ignore_lines(data.decode(errors="surrogateescape"), shown, git=True)
    flags = re.IGNORECASE if git.settings.get("core.ignorecase", "").lower() == "true" else 0
    return IgnoreRules(git.root, ".gitignore", first, _read_file, git=True, flags=flags)


def _read_file(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError):
        return None
