"""The patterns of nested ignore files, compiled once a folder into as little matching as possible."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

from dvnb.formats.wildmatch import BadPatternError, IgnorePattern


class _Run:
    """Neighbouring patterns of one file that all ignore or all bring back, compiled for files or for folders."""

    __slots__ = ("ignores", "name_regex", "names", "path_regex", "paths", "suffixes")

    def __init__(self, patterns: Iterable[IgnorePattern], *, ignores: bool, by_name: bool, flags: int) -> None:
        self.ignores = ignores
        # Sets and endings decide most names without a regular expression, which is also slow to compile.
        use_sets = by_name and not flags
        names: set[str] = set()
        paths: set[str] = set()
        suffixes: list[str] = []
        name_parts: list[str] = []
        path_parts: list[str] = []
        for pattern in patterns:
            if use_sets and pattern.literal:
                (names if pattern.by_name else paths).add(pattern.path)
            elif use_sets and pattern.suffix is not None:
                suffixes.append(pattern.suffix)
            elif by_name and pattern.by_name:
                _append_regex(name_parts, pattern.name_regex)
            else:
                _append_regex(path_parts, pattern.path_regex)
        self.names = names
        self.paths = paths
        self.suffixes = tuple(suffixes)
        flags |= re.DOTALL
        self.name_regex = re.compile("|".join(name_parts), flags).fullmatch if name_parts else None
        self.path_regex = re.compile("|".join(path_parts), flags).match if path_parts else None

    def matches(self, prefix: str, name: str, end: str) -> bool:
        """Whether one of the patterns matches `prefix` + `name`; `end` is a slash for a folder."""
        if name in self.names or (self.suffixes and name.endswith(self.suffixes)):
            return True
        if self.name_regex is not None and self.name_regex(name):
            return True
        if self.paths and prefix + name in self.paths:
            return True
        return self.path_regex is not None and self.path_regex(prefix + name + end) is not None

    def matches_none(self, prefix: str, names: list[str]) -> bool:
        """Whether it is plain to see that no pattern matches any of many names."""
        if self.name_regex is not None or self.path_regex is not None:
            return False
        if not self.names.isdisjoint(names):
            return False
        if self.suffixes and any(name.endswith(self.suffixes) for name in names):
            return False
        return not self.paths or self.paths.isdisjoint([prefix + name for name in names])


def _append_regex(parts: list[str], translate: Callable[[], str]) -> None:
    try:
        regex = translate()
        re.compile(regex)
    except (BadPatternError, re.error):
        return
    parts.append(regex)


class Rules:
    """The patterns of one ignore file, relative to `folder`.

    `by_path`: a file that holds such patterns needs whole paths matched where names would do. dvc's patterns match what
    lies below, too, and that shows where something is brought back.
    """

    __slots__ = ("_runs", "by_path", "flags", "folder", "patterns")

    def __init__(self, folder: str, patterns: list[IgnorePattern], flags: int) -> None:
        self.folder = folder
        self.patterns = patterns
        self.flags = flags
        self.by_path = any(pattern.negated and not pattern.git for pattern in patterns)
        self._runs: dict[tuple[bool, bool], list[_Run]] = {}

    def runs(self, *, by_name: bool, is_dir: bool) -> list[_Run]:
        """The runs that decide, the last one first; `by_name=False` matches whole paths where names would do."""
        key = by_name, is_dir
        if key not in self._runs:
            self._runs[key] = self._compile(by_name=by_name, is_dir=is_dir)
        return self._runs[key]

    def _compile(self, *, by_name: bool, is_dir: bool) -> list[_Run]:
        groups: list[list[IgnorePattern]] = []
        for pattern in self.patterns:
            if pattern.dir_only and not is_dir:
                continue
            if groups and groups[-1][0].negated == pattern.negated:
                groups[-1].append(pattern)
            else:
                groups.append([pattern])
        return [
            _Run(group, ignores=not group[0].negated, by_name=by_name, flags=self.flags) for group in reversed(groups)
        ]


class Folder:
    """What is known of one folder: whether it is ignored, and the rules for what it holds, the outermost first.

    `entered` are folders in it that were found not to be ignored.
    """

    __slots__ = ("_decisions", "chain", "entered", "ignored", "path")

    def __init__(self, path: str, chain: list[Rules], *, ignored: bool) -> None:
        self.path = path
        self.chain = chain
        self.ignored = ignored
        self.entered: frozenset[str] = frozenset()
        self._decisions: list[list[tuple[str, _Run]] | None] = [None, None]

    def verdict(self, name: str, *, is_dir: bool) -> bool:
        """Whether the patterns ignore this member; the last one that matches decides."""
        end = "/" if is_dir else ""
        for prefix, run in self._deciding(is_dir=is_dir):
            if run.matches(prefix, name, end):
                return run.ignores
        return False

    def kept(self, names: list[str], *, is_dir: bool) -> list[str]:
        """The members that the patterns do not ignore."""
        # Mostly no pattern matches any of them, which sets tell at once.
        if all(run.matches_none(prefix, names) for prefix, run in self._deciding(is_dir=is_dir)):
            return names
        return [name for name in names if not self.verdict(name, is_dir=is_dir)]

    def _deciding(self, *, is_dir: bool) -> list[tuple[str, _Run]]:
        decisions = self._decisions[is_dir]
        if decisions is None:
            decisions = self._decisions[is_dir] = self._compile(is_dir=is_dir)
        return decisions

    def _compile(self, *, is_dir: bool) -> list[tuple[str, _Run]]:
        by_name = not any(rules.by_path for rules in self.chain)
        return [
            (prefix_below(rules.folder, self.path), run)
            for rules in reversed(self.chain)
            for run in rules.runs(by_name=by_name, is_dir=is_dir)
        ]


def prefix_below(base: str, folder: str) -> str:
    """What names in `folder` begin with, seen from `base`: "" or slashes in between and at the end."""
    below = folder[len(base) :].lstrip(os.sep).replace(os.sep, "/")
    return f"{below}/" if below else ""
