"""Content straight to a remote, past the cache and the workspace: `--to-remote` of add, import-url and update.

Source: dvc's output.py (`transfer`).
"""

from __future__ import annotations

import os
from collections.abc import Callable

from dvnb.errors import DvnbError, RemoteError
from dvnb.objects.build import Built, build
from dvnb.objects.hashing import MD5, Fingerprint, HashInfo
from dvnb.objects.links import discard
from dvnb.objects.meter import Meter
from dvnb.objects.names import temporary_name
from dvnb.objects.remotes import remote as remotes
from dvnb.objects.remotes.external import External, LocalPath
from dvnb.objects.remotes.remote import FarStore, ObjectStore
from dvnb.objects.staging import place_for
from dvnb.objects.stamp import Stamp, stamp_of
from dvnb.objects.store import LocalStore
from dvnb.objects.tree import Tree
from dvnb.project.project import Project

Send = Callable[[str], None]


def upload(
    project: Project, source: External | LocalPath, store: LocalStore | FarStore, *, jobs: int | None
) -> Fingerprint:
    """Put a file or folder into a remote, members before the listing; what is recorded of it then.

    What comes from afar is on this disk one file at a time (for each job).

    Raises: TargetError for what is not there; RemoteError; DvnbError for a file that changes meanwhile.
    """
    workers = jobs or (1 if isinstance(store, LocalStore) else store.jobs)
    try:
        if isinstance(source, LocalPath):
            return _upload_local(project, source, store, workers)
        return _upload_far(project, source, store, workers)
    except DvnbError:
        raise
    except Exception as exc:  # each filesystem has exceptions of its own
        raise RemoteError(f"cannot upload '{source.url}': {exc}") from exc


def _upload_local(project: Project, source: LocalPath, store: ObjectStore, workers: int) -> Fingerprint:
    source.is_dir()  # refuses what is not there
    built = build(source.path, state=project.state, ignore=None, emit=project.emit)
    files = _by_value(built)

    def send(value: str) -> None:
        path, stamp = files[value]
        hash_info = HashInfo(MD5, value)
        store.put_file(path, hash_info)
        if stamp_of(os.stat(path)) != stamp:
            remotes.remove_object(store, hash_info)
            raise DvnbError(f"'{path}' changed while it was being uploaded")

    _each(project, send, sorted(store.missing_values(set(files), MD5)), workers)
    fingerprint = built.fingerprint
    if built.tree is not None:
        _put_listing(store, built.tree)
    return Fingerprint(fingerprint.hash_info, fingerprint.size, fingerprint.nfiles)


def _by_value(built: Built) -> dict[str, tuple[str, Stamp]]:
    """A file for each content, and its stamp when it was measured."""
    return {
        value: (os.path.join(part.folder.path, name), stamp)
        for part in built.parts
        for name, stamp, value in zip(part.folder.names, part.folder.stamps, part.values, strict=True)
    }


def _upload_far(project: Project, source: External, store: ObjectStore, workers: int) -> Fingerprint:
    files = source.files()
    found: dict[str, tuple[str, int]] = {}
    os.makedirs(project.tmp_dir, exist_ok=True)

    def send(name: str) -> None:
        temporary = os.path.join(place_for(project.tmp_dir), temporary_name())
        try:
            value, size = source.download_file(files[name], temporary)
            if store.missing_values({value}, MD5):
                store.put_file(temporary, HashInfo(MD5, value))
            found[name] = value, size
        finally:
            discard(temporary)

    _each(project, send, sorted(files), workers)
    if "" in found:
        return Fingerprint(HashInfo(MD5, found[""][0]), found[""][1])
    tree = Tree({name: value for name, (value, _) in found.items()})
    _put_listing(store, tree)
    return Fingerprint(tree.hash_info(), sum(size for _, size in found.values()), len(found))


def _put_listing(store: ObjectStore, tree: Tree) -> None:
    hash_info = tree.hash_info()
    if store.missing([hash_info]):
        store.put_bytes(tree.to_bytes(), hash_info)


def _each(project: Project, send: Send, names: list[str], workers: int) -> None:
    """Send all, several at once; the first that fails ends it."""
    meter = Meter(project.emit, "push", len(names))
    if workers == 1 or len(names) < 2:  # noqa: PLR2004 - nothing to do at once
        for name in names:
            send(name)
            meter.add()
    else:
        from concurrent.futures import ThreadPoolExecutor  # slow to load

        with ThreadPoolExecutor(min(workers, len(names))) as pool:
            try:
                for _ in pool.map(send, names):
                    meter.add()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    if names:
        meter.finish()
