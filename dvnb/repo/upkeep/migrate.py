"""From dvc 2 to dvc 3: objects by their plain MD5 and in their new place, and metafiles that say so.

dvc records the workspace anew as it is. Here the recorded content is what gets another hash, so that changes nobody
committed stay uncommitted.
Source: dvc's cachemgr.py (migrate_2_to_3), repo/commit.py (commit_2_to_3); SPEC 2.9.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

from dvnb.errors import MissingObjectsError
from dvnb.events import Warned
from dvnb.objects.build import Built
from dvnb.objects.hashing import LEGACY, MD5, Fingerprint, HashInfo, hash_file
from dvnb.objects.save import save
from dvnb.objects.tree import Tree
from dvnb.pipeline.load import lock_path
from dvnb.pipeline.stage import Dep, Out, Stage
from dvnb.repo.results import MigrateResult
from dvnb.repo.session import Session

_LEFT = "'{path}' keeps its DVC 2 hash: its recorded content is neither in the cache nor in the workspace."


def migrate(session: Session, *, dvc_files: bool, dry: bool) -> MigrateResult:
    """Hard-link the objects of dvc 2 into the new place; with `dvc_files` rewrite the metafiles that name them."""
    result = MigrateResult(dry=dry)
    result.objects = sum(1 for _ in _legacy(session)) if dry else _migrate_objects(session)
    if dvc_files:
        result.files = []
        for stage in [stage for stage in session.index.stages if _is_legacy(stage)]:
            if dry:
                result.files.append(_name(session, stage))
            else:
                _migrate_stage(session, stage, result)
        result.files = sorted(set(result.files))
        result.to_stage, result.staged = session.tell_git(session.recorder.written)
    return result


def _legacy(session: Session) -> Iterator[tuple[HashInfo, str]]:
    for hash_info, entry in session.project.cache.all_objects():
        if hash_info.algorithm == LEGACY:
            yield hash_info, entry.path


def _migrate_objects(session: Session) -> int:
    """Make every object of dvc 2 one of dvc 3 too; how many were not yet."""
    cache = session.project.cache
    count = 0
    for hash_info, path in list(_legacy(session)):
        new = HashInfo(MD5, hash_file(path) + (".dir" if hash_info.is_dir else ""))
        if not cache.has(new):
            count += 1
            if not cache.put_link(path, new):
                cache.put_file(path, new)
    return count


def _is_legacy(stage: Stage) -> bool:
    return any(_is_old(item.recorded) for item in _items(stage))


def _items(stage: Stage) -> list[Out | Dep]:
    """What has a hash of the project's own; where an import comes from keeps the hash it had there."""
    return [*stage.outs, *([] if stage.is_import else stage.deps)]


def _is_old(recorded: Fingerprint | None) -> bool:
    if recorded is None or recorded.hash_info is None or "files" in recorded.extra:
        return False
    return recorded.hash_info.algorithm == LEGACY


def _name(session: Session, stage: Stage) -> str:
    shown = session.index.shown(stage.file)
    return shown if stage.name is None else f"{shown} ({session.index.shown(lock_path(stage.file))})"


def _migrate_stage(session: Session, stage: Stage, result: MigrateResult) -> None:
    done = False
    for item in _items(stage):
        if item.recorded is None or not _is_old(item.recorded):
            continue
        new = _rehashed(session, item)
        if new is None:
            shown = session.index.shown(item.path)
            session.project.emit(Warned(_LEFT.format(path=shown)))
            result.left.append(shown)
            continue
        item.recorded = replace(item.recorded, hash_info=new)
        done = True
        if isinstance(item, Out):
            session.recorder.ignores.add(item)
    if done:
        session.recorder.write(stage)
        assert result.files is not None  # noqa: S101 - made by the caller
        result.files.append(_name(session, stage))


def _rehashed(session: Session, item: Out | Dep) -> HashInfo | None:
    """The new hash of recorded content, which the cache holds then; None if that content is not to be found."""
    assert item.recorded is not None  # noqa: S101 - checked by the caller
    assert item.recorded.hash_info is not None  # noqa: S101
    old = item.recorded.hash_info
    found = _from_cache(session, old)
    if found is not None:
        return found
    built = session.measure.out(item) if isinstance(item, Out) else session.measure.dep(item)
    if built is None or built.fingerprint.hash_info != old:
        return None
    item.recorded = None  # so that it is measured by the new algorithm
    new = session.measure.out(item) if isinstance(item, Out) else session.measure.dep(item)
    item.recorded = replace(built.fingerprint, hash_info=old)
    if new is None:
        return None
    if isinstance(item, Out) and item.cache:
        _save(session, item, new)
    return new.fingerprint.hash_info


def _save(session: Session, out: Out, built: Built) -> None:
    project = session.project
    save(built, out.path, project.cache, link_types=["copy"], relink=False, state=project.state, emit=project.emit)


def _from_cache(session: Session, old: HashInfo) -> HashInfo | None:
    """The new hash of an object of dvc 2, for a folder of its listing with every member's new hash."""
    cache = session.project.cache
    if not old.is_dir:
        path = cache.path(old)
        return HashInfo(MD5, hash_file(path)) if os.path.isfile(path) else None
    try:
        members = cache.read_tree(old).entries
    except MissingObjectsError:
        return None
    entries: dict[str, str] = {}
    for relpath, value in members.items():
        new = _from_cache(session, HashInfo(LEGACY, value))
        if new is None:
            return None
        entries[relpath] = new.value
    return cache.put_tree(Tree(entries))
