"""Where an import's content comes from: looking there, bringing it here, and writing down what was found.

Source: dvc's dependency/repo.py, dependency/base.py, stage/imports.py (`sync_import`).
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

from dvnb.errors import GitError
from dvnb.events import Warned
from dvnb.formats import dvcfile
from dvnb.formats.dvcfile import DepEntry, DvcFile
from dvnb.objects.build import Built, build
from dvnb.objects.hashing import Fingerprint
from dvnb.objects.remotes.external import External, LocalPath
from dvnb.objects.save import save
from dvnb.pipeline.load import resolve_path
from dvnb.pipeline.stage import Out
from dvnb.project.reach import Reach
from dvnb.repo.data import uploading
from dvnb.repo.elsewhere.fetching import copy_out
from dvnb.repo.elsewhere.overrides import Overrides
from dvnb.repo.elsewhere.repos import Elsewhere, open_elsewhere
from dvnb.repo.elsewhere.sources import open_source
from dvnb.repo.elsewhere.tracked import MissingPathError
from dvnb.repo.results import ImportResult
from dvnb.repo.session import Session

NOTHING = Fingerprint(None)
"""What is recorded of content that was not brought here."""


@contextmanager
def open_repo_of(session: Session, wdir: str, dep: DepEntry, *, locked: bool = True) -> Generator[Elsewhere]:
    """The repo a dep comes from, with the settings kept for it; `locked`: at the commit it was imported from.

    Raises: GitError, ConfigError.
    """
    repo = dep.repo or {}
    rev = (repo.get("rev_lock") if locked else None) or repo.get("rev")
    url = _located(session, wdir, repo["url"])
    with open_elsewhere(url, rev or _default_rev(url), listener=session.project.emit) as other:
        overrides = Overrides.of_entry(repo)
        folder = os.path.dirname(_located(session, wdir, overrides.config)) if isinstance(overrides.config, str) else ""
        overrides.apply(other, folder or session.project.cwd)
        yield other


def commit_of(
    session: Session, wdir: str, dep: DepEntry, *, copy: str | None = None, locked: bool = True, jobs: int | None = None
) -> str:
    """The commit that a dep's rev is now; its content is copied to `copy`, `jobs` objects of its remote at once.

    What no rev was asked for and the commit lacks is taken from the workspace of a local repo, with a warning.

    Raises: GitError, also for a repo that is not in git; ConfigError; MissingPathError; MissingObjectsError;
        RemoteError.
    """
    with open_repo_of(session, wdir, dep, locked=locked) as other:
        if other.commit is None:
            raise GitError(f"'{other.url}' is not in git: there is no commit to remember. Use get, or import-url")
        if copy is not None:
            other.jobs = jobs
            try:
                copy_out(other, dep.path, copy, session.project.emit)
            except MissingPathError:
                if not _copy_uncommitted(session, wdir, dep, copy):
                    raise
                told = f"'{dep.path}' is not in commit {other.commit[:7]} of '{other.url}': its workspace was taken"
                session.project.emit(Warned(f"{told}, which nobody else can fetch or update"))
        return other.commit


def _copy_uncommitted(session: Session, wdir: str, dep: DepEntry, copy: str) -> bool:
    """Copy what only the workspace of a local repo has; whether there is any."""
    url = _located(session, wdir, (dep.repo or {})["url"])
    if not os.path.isdir(url) or any((dep.repo or {}).get(key) for key in ("rev", "rev_lock")):
        return False
    with open_elsewhere(url, None, listener=session.project.emit) as other:
        try:
            copy_out(other, dep.path, copy, session.project.emit)
        except MissingPathError:
            return False
    return True


def open_dep(session: Session, wdir: str, dep: DepEntry) -> External | LocalPath:
    """What is at a dep's URL or path. Raises: ConfigError, RemoteError."""
    return open_source(session.project.config, resolve_path(wdir, dep.path), wdir, dep.fs_config)


def look(session: Session, source: External | LocalPath) -> Fingerprint:
    """What a source holds now, as a dep records it.

    Raises: TargetError for what is not there; RemoteError.
    """
    project = session.project
    if isinstance(source, External):
        tag = source.tag()
        if tag is not None:
            return tag
        with temporary_folder(session) as folder:  # a storage that does not tell: its content does
            copy = os.path.join(folder, "content")
            source.download(copy)
            return build(copy, state=project.state, ignore=None, emit=project.emit).fingerprint
    source.is_dir()  # refuses what is not there
    return build(source.path, state=project.state, ignore=None, emit=project.emit).fingerprint


def differs(found: Fingerprint, dep: DepEntry) -> bool:
    """Whether a source holds something else than a dep has recorded."""
    return (found.hash_info, found.extra) != (dep.fingerprint.hash_info, dep.fingerprint.extra)


def bring(
    session: Session, parsed: DvcFile, out: Out, *, download: bool, jobs: int | None = None, result: ImportResult
) -> None:
    """Note what the source holds on dep and out, and with `download` put it into the cache and the workspace."""
    session.project.path_locks.check([], [out.path])
    dep, wdir = parsed.deps[0], os.path.dirname(out.path)
    entry = parsed.outs[0]
    with temporary_folder(session) as folder:
        copy = os.path.join(folder, "content")
        if dep.repo is not None:
            commit = commit_of(session, wdir, dep, copy=copy if download else None, jobs=jobs)
            dep.repo = {**dep.repo, "rev_lock": commit}
        else:
            source = open_dep(session, wdir, dep)
            dep.fingerprint = look(session, source)
            if download and isinstance(source, External):
                source.download(copy, jobs)
            elif isinstance(source, LocalPath):
                copy = source.path
        entry.fingerprint = take(session, out, copy).fingerprint if download else NOTHING
    session.recorder.ignores.add(out)
    result.imported.append((name_of(session, wdir, dep), session.project.shown(out.path)))


def bring_to_remote(
    session: Session, parsed: DvcFile, out: Out, *, remote: str | None, jobs: int | None, result: ImportResult
) -> None:
    """Put what the source holds into a remote instead, and note it on dep and out."""
    project, dep = session.project, parsed.deps[0]
    store = project.remote(remote)
    source = open_dep(session, os.path.dirname(out.path), dep)
    tag = source.tag() if isinstance(source, External) else look(session, source)
    fingerprint = uploading.upload(project, source, store, jobs=jobs)
    dep.fingerprint = tag or fingerprint
    parsed.outs[0].fingerprint = fingerprint
    session.recorder.ignores.add(out)
    result.imported.append((name_of(session, os.path.dirname(out.path), dep), project.shown(out.path)))


def take(session: Session, out: Out, source: str) -> Built:
    """Put what is at the path `source` into the cache and then where the out is."""
    project = session.project
    Reach(project).require([out.path])
    built = build(source, state=project.state, ignore=None, emit=project.emit)
    save(built, source, project.cache, link_types=["copy"], relink=False, state=project.state, emit=project.emit)
    built.fingerprint = replace(built.fingerprint, isexec=False, extra={})
    project.checkout(out.path, built.fingerprint)
    project.state.record_links([out.path])
    session.measure.forget(out.path)
    return built


def write_import(session: Session, file: str, parsed: DvcFile, old: bytes | None) -> None:
    """Write an import's .dvc file, if it changed."""
    data = dvcfile.render(parsed, old, session.index.shown(file))
    if data != old:
        session.project.journal.write(file, data)
        session.recorder.written.append(file)


def name_of(session: Session, wdir: str, dep: DepEntry) -> str:
    """An import's source as people know it: `path (repo)`, a URL, or a path."""
    if dep.repo is not None:
        return f"{dep.path} ({dep.repo['url']})"
    path = resolve_path(wdir, dep.path)
    project = session.project
    return project.shown(path) if "://" not in path and project.contains(path) else path


@contextmanager
def temporary_folder(session: Session) -> Generator[str]:
    """A folder of the project's that is gone at the end."""
    import tempfile  # slow to load

    os.makedirs(session.project.tmp_dir, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=session.project.tmp_dir, prefix="import-") as folder:
        yield folder


def _default_rev(url: str) -> str | None:
    """The commit that is checked out, not the work tree; the workspace of a repo that is not in git."""
    from dvnb.git.worktree import Git  # few imports are of local repos

    return None if os.path.isdir(url) and Git.find(os.path.realpath(url)) is None else "HEAD"


def _located(session: Session, wdir: str, url: str) -> str:
    """A repo's URL, or the absolute path that it is from the current folder, else from the .dvc file's."""
    for folder in (session.project.cwd, wdir, session.project.root):
        path = os.path.normpath(os.path.join(folder, url))
        if "://" not in url and os.path.exists(path):
            return path
    return url
