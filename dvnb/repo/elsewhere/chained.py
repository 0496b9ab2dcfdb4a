"""Imports of imports: content that another repo imported itself, and holds neither in its cache nor in its remote.

Source: dvc's dependency/repo.py (_get_used_and_obj), which follows the chain too.
"""

from __future__ import annotations

import os

from dvnb.errors import DvnbError
from dvnb.objects.build import build
from dvnb.objects.hashing import HashInfo
from dvnb.objects.save import save
from dvnb.objects.store import LocalStore
from dvnb.pipeline.stage import Stage
from dvnb.repo.elsewhere.repos import Elsewhere


def bring_from_source(other: Elsewhere, stage: Stage, wanted: HashInfo, store: LocalStore) -> None:
    """Put into `store` what an import of the other repo has, from the commit it came from.

    Raises: GitError, MissingObjectsError, RemoteError; DvnbError where that commit holds something else.
    """
    import tempfile  # slow to load

    from dvnb.repo.elsewhere import origins  # it copies by `fetching`, which asks here
    from dvnb.repo.session import Session

    store.make_folder(store.root)
    dep, state = stage.deps[0], other.project.state
    with tempfile.TemporaryDirectory(dir=store.root, prefix="import-") as folder:
        copy = os.path.join(folder, "content")
        entry = origins.DepEntry(dep.text, repo=dep.repo)
        origins.commit_of(Session(other.project), stage.wdir, entry, copy=copy)
        built = build(copy, state=state, ignore=None, algorithm=wanted.algorithm, emit=other.project.emit)
        if built.fingerprint.hash_info != wanted:
            name = other.project.relpath(stage.file)
            raise DvnbError(f"the source of '{name}' holds something else than was imported")
        save(built, copy, store, link_types=["copy"], relink=False, state=state, emit=other.project.emit)
