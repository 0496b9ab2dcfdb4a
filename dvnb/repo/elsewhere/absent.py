"""Content of imports that is not here: it comes from where it was imported from, not from a remote.

Source: dvc's repo/fetch.py, repo/index.py (`partial_imports`), dependency/repo.py.
"""

from __future__ import annotations

import os

from dvnb.errors import DvnbError
from dvnb.formats.dvcfile import DepEntry
from dvnb.objects.build import Built, build
from dvnb.objects.hashing import MD5
from dvnb.objects.remotes.external import External
from dvnb.objects.save import save
from dvnb.pipeline.stage import Stage
from dvnb.repo.elsewhere import origins
from dvnb.repo.session import Session


def fetch_import(session: Session, stage: Stage, jobs: int | None = None) -> int:
    """Bring what an import has and the cache lacks into the cache; how many files came.

    What `--no-download` and `--no-exec` left at its source is noted on the out, for a checkout to find it as recorded;
    what is in its place already counts. The .dvc file stays as it is: only `update` records what comes.

    Raises: GitError, MissingObjectsError, RemoteError; DvnbError where the source holds something else by now.
    """
    out = stage.outs[0]
    wanted = out.recorded.hash_info if out.recorded else None
    if wanted is None:
        return _fetch_unknown(session, stage, jobs)
    if stage.deps[0].repo is None or session.measure.is_cached(wanted):
        return 0
    with origins.temporary_folder(session) as folder:
        copy = os.path.join(folder, "content")
        entry = DepEntry(stage.deps[0].text, repo=stage.deps[0].repo)
        origins.commit_of(session, stage.wdir, entry, copy=copy, jobs=jobs)
        built = _build(session, copy, wanted.algorithm)
        if built.fingerprint.hash_info != wanted:
            raise DvnbError(f"the source of {session.index.describe(stage)} holds something else than was imported")
        _save(session, built, copy)
    return _count(built)


def is_undownloaded(stage: Stage) -> bool:
    """Whether it is an import whose content never came here."""
    recorded = stage.outs[0].recorded if stage.is_import else None
    return stage.is_import and stage.deps[0].db is None and (recorded is None or recorded.hash_info is None)


def _fetch_unknown(session: Session, stage: Stage, jobs: int | None) -> int:
    out, dep = stage.outs[0], stage.deps[0]
    if os.path.lexists(out.path):
        present = session.measure.out(out)
        out.recorded = present.fingerprint if present else None
        return 0
    entry = DepEntry(dep.text, dep.recorded or origins.NOTHING, repo=dep.repo, fs_config=dep.fs_config)
    with origins.temporary_folder(session) as folder:
        copy = os.path.join(folder, "content")
        if entry.repo is not None:
            origins.commit_of(session, stage.wdir, entry, copy=copy, jobs=jobs)
        else:
            source = origins.open_dep(session, stage.wdir, entry)
            seen = entry.fingerprint.hash_info or entry.fingerprint.extra
            if seen and origins.differs(origins.look(session, source), entry):
                raise DvnbError(f"the source of {session.index.describe(stage)} holds something else by now: update it")
            if isinstance(source, External):
                source.download(copy, jobs)
            else:
                copy = source.path
        built = _build(session, copy, MD5)
        hash_info = built.fingerprint.hash_info
        known = hash_info is not None and session.measure.is_cached(hash_info)
        _save(session, built, copy)
    out.recorded = built.fingerprint
    return 0 if known else _count(built)


def _build(session: Session, path: str, algorithm: str) -> Built:
    return build(path, state=session.project.state, ignore=None, algorithm=algorithm, emit=session.project.emit)


def _save(session: Session, built: Built, path: str) -> None:
    project = session.project
    save(built, path, project.cache, link_types=["copy"], relink=False, state=project.state, emit=project.emit)
    session.measure.forget()


def _count(built: Built) -> int:
    return built.fingerprint.nfiles or 1
