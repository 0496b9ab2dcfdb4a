"""`diff`: tracked data of two revs, or of a rev and the workspace, member by member.

Source: dvc's repo/diff.py and dvc_data's index/diff.py; SPEC 6.4.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from dvnb.errors import GitError, TargetError
from dvnb.git.command import resolve
from dvnb.git.trees import RevTree
from dvnb.objects.hashing import HashInfo
from dvnb.objects.tree import Tree
from dvnb.pipeline.index import Index, load_index
from dvnb.pipeline.stage import Out, Stage
from dvnb.records import dataclass, field
from dvnb.repo.results import DataDiffResult
from dvnb.repo.session import Session

MISSING = "not in cache"
NO_GIT = (
    "Only supported for Git repositories. If you're seeing this error in a Git repo, try updating the DVC"
    " configuration with `dvc config core.no_scm false`."
)
Change = dict[str, object]


class UnknownTargetError(TargetError):
    """Neither side of a comparison tracks it."""


@dataclass(slots=True)
class Side:
    """Data of one rev: path relative to the root (folders end in "/") -> hash; folders whose listing is unknown."""

    entries: dict[str, HashInfo | None] = field(default_factory=dict[str, "HashInfo | None"])
    unknown: set[str] = field(default_factory=set[str])
    unfound: set[str] = field(default_factory=set[str])


def diff(session: Session, a_rev: str, b_rev: str | None, targets: Sequence[str] = ()) -> DataDiffResult:
    """What was added, deleted, modified, renamed; compared to the workspace also what the cache lacks of `a_rev`.

    Raises: GitError for an unknown rev; UnknownTargetError for a target that neither side knows.
    """
    git = session.project.git
    if git is None:
        raise GitError(NO_GIT)
    if git.head() is None:
        return DataDiffResult()
    commits = [resolve(git, rev) for rev in (a_rev, b_rev) if rev is not None]
    if b_rev is not None and commits[0] == commits[1]:
        return DataDiffResult()
    old = _side_of_rev(session, commits[0], targets)
    new = _side_of_rev(session, commits[1], targets) if b_rev is not None else _workspace(session, targets)
    for target in targets:
        if target in old.unfound and target in new.unfound:
            raise UnknownTargetError(f"'{target}' is not among the tracked data of either side")
    groups = _compare(old, new)
    groups[MISSING] = [] if b_rev is not None else _not_cached(session, old)
    return DataDiffResult({name: _sorted(group) for name, group in groups.items()} if any(groups.values()) else {})


def _side_of_rev(session: Session, commit: str, targets: Sequence[str]) -> Side:
    assert session.project.git is not None  # noqa: S101 - checked by the caller
    with RevTree(session.project.git, commit, session.project.root) as tree:
        index = load_index(session.project, tree)
    side = Side()
    for out, prefixes in _selected(session, index, targets, side):
        recorded = out.recorded.hash_info if out.recorded else None
        _enter(session, side, out, recorded, _listing(session, recorded), prefixes)
    return side


def _workspace(session: Session, targets: Sequence[str]) -> Side:
    side = Side()
    for out, prefixes in _selected(session, session.index, targets, side):
        built = session.measure.out(out)
        if built is not None:
            _enter(session, side, out, built.fingerprint.hash_info, built.tree, prefixes)
    return side


def _listing(session: Session, hash_info: HashInfo | None) -> Tree | None:
    """A folder's listing, from the cache or else from the default remote."""
    if hash_info is None or not hash_info.is_dir:
        return None
    project = session.project
    if project.cache.has(hash_info):
        return project.cache.read_tree(hash_info)
    if not project.config.get("core.remote"):
        return None
    from dvnb.errors import DvnbError
    from dvnb.objects.remotes.listings import read_listing  # only where the cache lacks a listing

    try:
        return read_listing(hash_info, project.cache, project.remote())
    except (DvnbError, OSError):
        return None  # a remote that cannot be asked makes the folder's members unknown, as for dvc


def _selected(session: Session, index: Index, targets: Sequence[str], side: Side) -> Iterator[tuple[Out, list[str]]]:
    """Cached outs in scope, with the members wanted of each (none: all)."""
    wanted = {target: session.absolute(target) for target in targets}
    side.unfound.update(wanted)
    for stage in index.stages:
        for out in stage.outs:
            if not out.cache or not session.project.contains(out.path):
                continue
            prefixes: list[str] = []
            whole = not wanted
            for target, path in wanted.items():
                if _names(index, stage, out, target, path):
                    whole = True
                elif path.startswith(out.path + os.sep):
                    prefixes.append(os.path.relpath(path, out.path).replace(os.sep, "/"))
                else:
                    continue
                side.unfound.discard(target)
            if whole or prefixes:
                yield out, [] if whole else prefixes


def _names(index: Index, stage: Stage, out: Out, target: str, path: str) -> bool:
    in_folder = out.path == path or out.path.startswith(path.rstrip(os.sep) + os.sep)
    return in_folder or stage.file == path or target in (index.address(stage), f":{stage.name}")


def _enter(
    session: Session, side: Side, out: Out, hash_info: HashInfo | None, listing: Tree | None, prefixes: list[str]
) -> None:
    path = session.project.relpath(out.path)
    is_dir = hash_info is not None and hash_info.is_dir
    if not (is_dir and prefixes):  # who asks for members does not ask for the folder
        side.entries[f"{path}/" if is_dir else path] = hash_info
    if not is_dir:
        return
    if listing is None:
        side.unknown.add(f"{path}/")
        return
    parts = [listing.under(prefix) for prefix in prefixes] or [listing]
    for part in parts:
        for relpath, value in part.entries.items():
            side.entries[f"{path}/{relpath}"] = HashInfo(listing.algorithm, value)


def _compare(old: Side, new: Side) -> dict[str, list[Change]]:
    """The four groups; members of a folder of which one side's listing is unknown are left out."""
    unknown = tuple(old.unknown | new.unknown)
    added = _only_in(new.entries, old.entries, unknown)
    deleted = _only_in(old.entries, new.entries, unknown)
    there = _without_slashes(new.entries)
    modified: list[Change] = [
        {"path": path, "hash": {"old": _value(before), "new": _value(after)}}
        for path, before in old.entries.items()
        if (after := there.get(path.rstrip("/"), before)) != before
    ]
    renamed: list[Change] = []
    by_hash: dict[HashInfo, list[str]] = {}
    for path, hash_info in sorted(deleted.items(), reverse=True):
        if hash_info is not None:
            by_hash.setdefault(hash_info, []).append(path)
    for path, hash_info in sorted(added.items()):
        if hash_info is not None and by_hash.get(hash_info):
            source = by_hash[hash_info].pop()
            renamed.append({"path": {"old": source, "new": path}, "hash": hash_info.value})
            del added[path], deleted[source]
    return {"added": _changes(added), "deleted": _changes(deleted), "modified": modified, "renamed": renamed}


def _only_in(
    these: dict[str, HashInfo | None], those: dict[str, HashInfo | None], unknown: tuple[str, ...]
) -> dict[str, HashInfo | None]:
    known = _without_slashes(those)
    return {
        path: hash_info
        for path, hash_info in these.items()
        if path.rstrip("/") not in known and not any(path != folder and path.startswith(folder) for folder in unknown)
    }


def _without_slashes(entries: dict[str, HashInfo | None]) -> dict[str, HashInfo | None]:
    """By bare path: a file in a folder's place is a change of it, not a new path."""
    return {path.rstrip("/"): hash_info for path, hash_info in entries.items()}


def _changes(entries: dict[str, HashInfo | None]) -> list[Change]:
    return [{"path": path, "hash": _value(hash_info)} for path, hash_info in entries.items()]


def _value(hash_info: HashInfo | None) -> str | None:
    return hash_info.value if hash_info else None


def _not_cached(session: Session, side: Side) -> list[Change]:
    missing = session.project.cache.missing([hash_info for hash_info in side.entries.values() if hash_info])
    return _changes({path: hash_info for path, hash_info in side.entries.items() if hash_info in missing})


def _sorted(changes: Iterable[Change]) -> list[Change]:
    def old_path(change: Change) -> str:
        path = change["path"]
        return str(path["old"] if isinstance(path, dict) else path)  # pyright: ignore[reportUnknownArgumentType]

    return sorted(changes, key=old_path)
