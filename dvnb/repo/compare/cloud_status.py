"""What differs between the cache and remotes: status --cloud.

Source: dvc's repo/status.py (_cloud_status), dvc_data's hashfile/status.py; SPEC 7.7.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress

from dvnb.events import Warned
from dvnb.objects.hashing import HashInfo
from dvnb.objects.remotes.listings import read_listing
from dvnb.objects.remotes.remote import ObjectStore
from dvnb.objects.tree import Tree
from dvnb.repo.remotes.scope import Scope, used_outs
from dvnb.repo.remotes.sync import missing_text
from dvnb.repo.results import CloudStatusResult
from dvnb.repo.session import Session

# Content -> a path by which people know it, and the folder's listing that it is in.
Named = dict[HashInfo, tuple[str, HashInfo | None]]


def cloud_status(session: Session, scope: Scope) -> CloudStatusResult:
    """Which paths are only here ("new"), only there ("deleted"), or nowhere ("missing"); each content by one path.

    Outs with a remote of their own are left out; listings that neither side has are told by a warning.

    Raises: ConfigError without a remote; TargetError; RemoteError.
    """
    project = session.project
    result = CloudStatusResult(
        remote=scope.remote or project.config.get("core.remote") or "", empty=not session.index.stages
    )
    named, lost = _named_objects(session, scope)
    if lost:
        project.emit(Warned(missing_text(lost)))
    if not named:
        return result
    gone = _gone(session.project.remote(scope.remote, action="status"), named)
    absent = project.cache.missing(named)
    for hash_info, (shown, _) in named.items():
        here = hash_info not in absent
        if here and hash_info in gone:
            result.paths[shown] = "new"
        elif not here:
            result.paths[shown] = "missing" if hash_info in gone else "deleted"
    return result


def _named_objects(session: Session, scope: Scope) -> tuple[Named, list[HashInfo]]:
    """The outs' own objects and their members, and the listings that are lost."""
    project = session.project
    named: Named = {}
    lost: list[HashInfo] = []
    for out, prefix in used_outs(session, scope):
        hash_info = out.recorded.hash_info if out.recorded else None
        if hash_info is None or not out.push:
            continue
        remote = session.project.remote(out.remote or scope.remote, action="status")
        if out.remote:
            continue
        if not hash_info.is_dir:
            named.setdefault(hash_info, (project.shown(out.path), None))
            continue
        tree = _listing(session, hash_info, remote)
        if tree is None:
            lost.append(hash_info)
            continue
        named.setdefault(hash_info, (project.shown(out.path), None))
        for relpath, value in (tree.under(prefix) if prefix else tree).entries.items():
            shown = project.shown(os.path.join(out.path, relpath))
            named.setdefault(HashInfo(hash_info.algorithm, value), (shown, hash_info))
    return named, lost


def _listing(session: Session, hash_info: HashInfo, remote: ObjectStore) -> Tree | None:
    """A folder's listing; one that only the remote had is in the cache from now on, where that can be written."""
    cache = session.project.cache
    tree = read_listing(hash_info, cache, remote)
    if tree is not None and not cache.has(hash_info):
        with suppress(OSError):
            cache.put_bytes(tree.to_bytes(), hash_info)
    return tree


def _gone(remote: ObjectStore, named: Named) -> set[HashInfo]:
    """What the remote lacks. Where it has a listing it has the members: `push` sees to that."""
    first = _missing(remote, (hash_info for hash_info, (_, listing) in named.items() if listing is None))
    members = (hash_info for hash_info, (_, listing) in named.items() if listing is not None and listing in first)
    return first | _missing(remote, members)


def _missing(remote: ObjectStore, asked: Iterable[HashInfo]) -> set[HashInfo]:
    wanted = list(asked)
    return remote.missing(wanted) if wanted else set()
