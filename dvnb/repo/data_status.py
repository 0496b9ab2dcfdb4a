"""`data status`: tracked data against git's HEAD and against the workspace.

Source: dvc's repo/data.py (status); SPEC 6.4.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence

from dvnb.git.trees import RevTree
from dvnb.objects.build import Built
from dvnb.objects.hashing import Fingerprint, HashInfo
from dvnb.pipeline.index import Index, load_index
from dvnb.pipeline.stage import Out
from dvnb.repo.results import DataStatusResult
from dvnb.repo.session import Session

Entries = dict[str, str]
"""Path as shown ("/" at the end of folders) -> hash value."""


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
    recorded = _entries(session, outs, granular=granular)
    before = _entries(session, head, granular=granular)
    current = _current(session, outs, granular=granular)
    result = DataStatusResult(has_data=bool(outs or head))
    missing = [path for out in outs for path in _not_cached(session, out, granular=granular)]
    groups = {
        "not_in_remote": _not_in_remote(session, outs, remote, granular=granular) if not_in_remote else [],
        "not_in_cache": missing,
        "committed": _compare(before, recorded),
        "uncommitted": _compare(recorded, current),
        "untracked": _untracked(session) if untracked else [],
        "unchanged": sorted(p for p, v in recorded.items() if current.get(p) == v == before.get(p))
        if unchanged
        else [],
    }
    result.groups = {name: group for name, group in groups.items() if group}
    return result


def _outs(index: Index) -> Iterator[Out]:
    return (out for stage in index.stages for out in stage.outs if out.cache)


def _is_wanted(out: Out, wanted: list[str]) -> bool:
    return not wanted or any(out.path == path or out.path.startswith(path + os.sep) for path in wanted)


def _head_outs(session: Session, wanted: list[str]) -> list[Out]:
    git = session.project.git
    commit = git.head() if git else None
    if git is None or commit is None:
        return []
    with RevTree(git, commit, session.project.root) as tree:
        return [out for out in _outs(load_index(session.project, tree)) if _is_wanted(out, wanted)]


def _entries(session: Session, outs: Iterable[Out], *, granular: bool) -> Entries:
    entries: Entries = {}
    for out in outs:
        recorded = out.recorded.hash_info if out.recorded else None
        if recorded is not None:
            entries[_shown(session, out.path, is_dir=recorded.is_dir)] = recorded.value
            if granular and recorded.is_dir and session.project.cache.has(recorded):
                entries.update(_members(session, out, session.project.cache.read_tree(recorded).entries))
    return entries


def _current(session: Session, outs: Iterable[Out], *, granular: bool) -> Entries:
    entries: Entries = {}
    for out in outs:
        built = session.measure.out(out)
        if built is not None and built.fingerprint.hash_info is not None:
            entries[_shown(session, out.path, is_dir=built.tree is not None)] = built.fingerprint.hash_info.value
            if granular and built.tree is not None and _listing_known(session, out.recorded, built):
                entries.update(_members(session, out, built.tree.entries))
    return entries


def _listing_known(session: Session, recorded: Fingerprint | None, built: Built) -> bool:
    """Without the recorded listing every member would look new."""
    known = recorded.hash_info if recorded else None
    return known is None or known == built.fingerprint.hash_info or session.project.cache.has(known)


def _members(session: Session, out: Out, listing: dict[str, str]) -> Entries:
    return {_shown(session, os.path.join(out.path, relpath)): value for relpath, value in listing.items()}


def _shown(session: Session, path: str, *, is_dir: bool = False) -> str:
    return session.project.shown(path) + (os.sep if is_dir else "")


def _not_cached(session: Session, out: Out, *, granular: bool) -> Iterator[str]:
    recorded = out.recorded.hash_info if out.recorded else None
    if recorded is None or session.measure.is_cached(recorded):
        return
    yield _shown(session, out.path, is_dir=recorded.is_dir)
    cache = session.project.cache
    if granular and recorded.is_dir and cache.has(recorded):
        for relpath, value in cache.read_tree(recorded).entries.items():
            if not cache.has(HashInfo(recorded.algorithm, value)):
                yield _shown(session, os.path.join(out.path, relpath))


def _not_in_remote(session: Session, outs: Iterable[Out], name: str | None, *, granular: bool) -> list[str]:
    """What remotes lack of what is recorded; without any remote nothing can be said."""
    from dvnb.objects.remote import open_remote  # only where a remote is asked

    config = session.project.config
    imported = {out.path for stage in session.index.stages if any(dep.repo for dep in stage.deps) for out in stage.outs}
    by_remote: dict[str, dict[str, HashInfo]] = {}
    for out in outs:
        recorded = out.recorded.hash_info if out.recorded else None
        store = name or out.remote or config.get("core.remote")
        if recorded is None or not store or not out.push or out.path in imported:
            continue
        found = _entries(session, [out], granular=granular)
        by_remote.setdefault(store, {}).update(
            (path, HashInfo(recorded.algorithm, value)) for path, value in found.items()
        )
    if name:
        config.remote(name)
    lacking: list[str] = []
    for store, hashes in by_remote.items():
        _, options = config.remote(store)
        missing = open_remote(options["url"], options).missing(set(hashes.values()))
        lacking += [path for path, hash_info in hashes.items() if hash_info in missing]
    return sorted(lacking)


def _compare(old: Entries, new: Entries) -> dict[str, list[object]]:
    added = {path: value for path, value in new.items() if path not in old}
    deleted = {path: value for path, value in old.items() if path not in new}
    renamed: list[object] = []
    by_value = {value: path for path, value in added.items()}
    for path, value in list(deleted.items()):
        moved = by_value.pop(value, None)
        if moved is not None:
            renamed.append({"old": path, "new": moved})
            del deleted[path], added[moved]
    groups: dict[str, list[object]] = {
        "modified": [path for path, value in new.items() if old.get(path, value) != value],
        "added": list(added),
        "deleted": list(deleted),
        "renamed": renamed,
    }
    return {name: group for name, group in groups.items() if group}


def _untracked(session: Session) -> list[str]:
    git = session.project.git
    if git is None:
        return []
    from dvnb.git import command  # git's program is needed by few verbs

    listed = command.run(git, "ls-files", "--others", "--exclude-standard", "-z", "--", session.project.root)
    paths = [os.path.join(git.root, name) for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]
    return sorted(session.project.shown(path) for path in paths if session.index.containing(path) is None)
