"""`data status`: tracked data against git's HEAD and against the workspace.

Source: dvc's repo/data.py (status); SPEC 6.4.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from dvnb.git.trees import RevTree
from dvnb.git.worktree import Git
from dvnb.objects.hashing import HashInfo
from dvnb.objects.tree import Tree
from dvnb.pipeline.index import Index, load_index
from dvnb.pipeline.stage import Out
from dvnb.repo.compare.data_sides import Entry, Side, compare, is_within, marked, unchanged_paths, within
from dvnb.repo.results import DataStatusResult
from dvnb.repo.session import Session


def data_status(
    session: Session,
    targets: Sequence[str],
    *,
    granular: bool = False,
    unchanged: bool = False,
    untracked: bool = False,
    not_in_remote: bool = False,
    remote: str | None = None,
) -> DataStatusResult:
    """Groups of paths: `not_in_cache`, `committed` (HEAD to now), `uncommitted` (recorded to workspace), `unchanged`.

    `granular`: members of folders too. `untracked`: also files that neither git nor dvnb knows. `not_in_remote`:
    also what this remote (None: an out's own, or the default one) lacks.

    Raises: ConfigError for an unknown remote; RemoteError.
    """
    wanted = [session.absolute(text) for text in targets]
    outs = [out for out in _outs(session.index) if _is_wanted(out, wanted)]
    head = _head_outs(session, wanted)
    shown = [_shown(session, path) for path in wanted]
    recorded = within(_side(session, outs, granular=granular), shown)
    before = within(_side(session, head or [], granular=granular), shown)
    current = within(_current(session, outs, granular=granular), shown)
    groups = {
        "not_in_remote": _not_in_remote(session, outs, remote, shown, granular=granular) if not_in_remote else [],
        "not_in_cache": _not_cached(session, recorded),
        "committed": {} if head is None else compare(before, recorded),
        "uncommitted": compare(recorded, current),
        "untracked": _untracked(session, wanted) if untracked else [],
        "unchanged": unchanged_paths(recorded, current, None if head is None else before) if unchanged else [],
    }
    result = DataStatusResult(has_data=bool(outs or head))
    result.groups = {name: group for name, group in groups.items() if group}
    git = session.project.git
    result.git_empty = git is not None and git.head() is None
    result.git_dirty = git is not None and _is_dirty(git, untracked=untracked)
    return result


def _is_dirty(git: Git, *, untracked: bool) -> bool:
    from dvnb.git import command  # git's program is needed by few verbs

    kind = "all" if untracked else "no"
    return bool(command.run(git, "status", "--porcelain", f"--untracked-files={kind}"))


def _outs(index: Index) -> Iterator[Out]:
    return (out for stage in index.stages for out in stage.outs if out.cache)


def _is_wanted(out: Out, wanted: list[str]) -> bool:
    return not wanted or any(is_within(out.path, path) or is_within(path, out.path) for path in wanted)


def _head_outs(session: Session, wanted: list[str]) -> list[Out] | None:
    """What HEAD tracks; None without git, where nothing can be committed."""
    git = session.project.git
    if git is None:
        return None
    commit = git.head()
    if commit is None:
        return []
    with RevTree(git, commit, session.project.root) as tree:
        return [out for out in _outs(load_index(session.project, tree)) if _is_wanted(out, wanted)]


def _side(session: Session, outs: Iterable[Out], *, granular: bool) -> Side:
    """What is recorded for these outs."""
    side = Side({}, set())
    cache = session.project.cache
    for out in outs:
        recorded = out.recorded.hash_info if out.recorded else None
        if recorded is None:
            continue
        side.entries[_shown(session, out.path)] = Entry(recorded, recorded.is_dir)
        if recorded.is_dir and not cache.has(recorded):
            side.closed.add(_shown(session, out.path))
        elif granular and recorded.is_dir:
            side.entries.update(_members(session, out, cache.read_tree(recorded)))
    return side


def _current(session: Session, outs: Iterable[Out], *, granular: bool) -> Side:
    """What the workspace holds of these outs."""
    side = Side({}, set())
    for out in outs:
        built = session.measure.out(out)
        if built is not None and built.fingerprint.hash_info is not None:
            side.entries[_shown(session, out.path)] = Entry(built.fingerprint.hash_info, built.tree is not None)
            if granular and built.tree is not None:
                side.entries.update(_members(session, out, built.tree))
    return side


def _members(session: Session, out: Out, tree: Tree) -> dict[str, Entry]:
    return {
        _shown(session, os.path.join(out.path, relpath)): Entry(HashInfo(tree.algorithm, value))
        for relpath, value in tree.entries.items()
    }


def _shown(session: Session, path: str) -> str:
    """As seen from the project's root, wherever the question is asked: so does dvc."""
    inside = session.project.root.rstrip(os.sep) + os.sep
    return path.removeprefix(inside) if path.startswith(inside) else os.path.relpath(path, inside)


def _not_cached(session: Session, recorded: Side) -> list[str]:
    missing = session.project.cache.missing([entry.hash_info for entry in recorded.entries.values()])
    return [marked(path, entry) for path, entry in recorded.entries.items() if entry.hash_info in missing]


def _not_in_remote(
    session: Session, outs: list[Out], name: str | None, shown: list[str], *, granular: bool
) -> list[str]:
    """What remotes lack of what is recorded; without any remote nothing can be said."""
    config = session.project.config
    imported = {out.path for stage in session.index.stages if any(dep.repo for dep in stage.deps) for out in stage.outs}
    by_remote: dict[str, dict[str, Entry]] = {}
    for out in outs:
        store = name or out.remote or config.get("core.remote")
        if store and out.push and out.path not in imported:
            found = within(_side(session, [out], granular=granular), shown)
            by_remote.setdefault(store, {}).update(found.entries)
    if name:
        config.remote(name)
    lacking: list[str] = []
    for store, entries in by_remote.items():
        missing = session.project.remote(store).missing({entry.hash_info for entry in entries.values()})
        lacking += [marked(path, entry) for path, entry in entries.items() if entry.hash_info in missing]
    return sorted(lacking)


def _untracked(session: Session, wanted: list[str]) -> list[str]:
    git = session.project.git
    if git is None:
        return []
    from dvnb.git import command  # git's program is needed by few verbs

    listed = command.run(git, "ls-files", "--others", "--exclude-standard", "-z", "--", session.project.root)
    paths = [os.path.join(git.root, name) for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]
    found = [path for path in paths if session.index.containing(path) is None]
    found = [path for path in found if not wanted or any(is_within(path, folder) for folder in wanted)]
    return [session.project.shown(path) for path in sorted(found, key=_files_first)]


def _files_first(path: str) -> list[tuple[bool, str]]:
    """Sorts the files of a folder before those of its sub-folders."""
    *folders, name = path.split(os.sep)
    return [*((True, folder) for folder in folders), (False, name)]
