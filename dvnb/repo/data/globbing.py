"""What shell patterns (`--glob`) mean among tracked data, whether the workspace holds it or not."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from dvnb.errors import TargetError
from dvnb.pipeline.stage import Out
from dvnb.repo.session import Session


def expand(session: Session, patterns: Sequence[str]) -> list[str]:
    """Tracked paths, .dvc files, folders around them and members that match; `**` stands for any number of folders.

    Raises: TargetError where nothing matches.
    """
    found: dict[str, None] = {}
    for text in patterns:
        pattern = session.absolute(text).split(os.sep)
        found.update(dict.fromkeys(sorted(path for path in _candidates(session, pattern) if _matches(path, pattern))))
    if not found:
        raise TargetError(f"Glob {list(patterns)} has no matches.")
    return [session.project.shown(path) for path in found]


def _candidates(session: Session, pattern: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for stage in session.index.stages:
        if stage.name is None:
            yield stage.file
        for out in stage.outs:
            yield out.path
            yield from _members(session, out, pattern)
            folder = os.path.dirname(out.path)
            while session.project.contains(folder) and folder not in seen:
                seen.add(folder)
                yield folder
                folder = os.path.dirname(folder)


def _members(session: Session, out: Out, pattern: list[str]) -> Iterator[str]:
    """Members of a folder and folders within, as far as its listing is here; none where the pattern ends above them."""
    recorded = out.recorded.hash_info if out.recorded else None
    reaches = "**" in pattern or len(pattern) > len(out.path.split(os.sep))
    cache = session.project.cache
    if recorded is None or not recorded.is_dir or not reaches or not cache.has(recorded):
        return
    for relpath in cache.read_tree(recorded).entries:
        parts = relpath.split("/")
        for length in range(1, len(parts) + 1):
            yield os.path.join(out.path, *parts[:length])


def _matches(path: str, pattern: list[str]) -> bool:
    return _parts_match(path.split(os.sep), pattern)


def _parts_match(parts: list[str], pattern: list[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_parts_match(parts[count:], pattern[1:]) for count in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _parts_match(parts[1:], pattern[1:])
