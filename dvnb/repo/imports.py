"""Data that other repos or URLs own and that this project tracks a copy of: import, import-url, update.

Source: dvc's repo/imp.py, repo/imp_url.py, repo/update.py, stage/imports.py, dependency/repo.py; SPEC 3.5-3.7.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from dvnb.errors import DvnbError, TargetError
from dvnb.formats import dvcfile
from dvnb.formats.dvcfile import DepEntry, DvcFile, OutEntry
from dvnb.objects.build import Built, build, save
from dvnb.objects.checkout import checkout
from dvnb.objects.external import External, LocalPath, open_external
from dvnb.objects.files import write_atomic
from dvnb.objects.hashing import Fingerprint
from dvnb.pipeline.load import resolve_path
from dvnb.pipeline.stage import Out, Stage
from dvnb.repo.data import OUTSIDE, check_additions
from dvnb.repo.elsewhere import open_elsewhere
from dvnb.repo.fetching import copy_out, destination
from dvnb.repo.results import ImportResult
from dvnb.repo.session import Session

Mode = Literal["download", "no-download", "no-exec"]
"""Whether content is brought here, only looked at, or not even asked for."""

_NOTHING = Fingerprint(None)


def import_repo(
    session: Session, url: str, path: str, out: str | None, *, rev: str | None, force: bool, mode: Mode
) -> ImportResult:
    """Bring a path of another repo here and track it, with the commit it came from.

    Raises: TargetError, OwnershipError, GitError, MissingObjectsError, RemoteError; nothing is tracked then.
    """
    target = destination(session.project.cwd, path, out, force=force)
    repo = {"url": url} | ({"rev": rev} if rev else {})
    return _import(session, DepEntry(path, repo=repo), target, mode)


def import_url(session: Session, url: str, out: str | None, *, force: bool, mode: Mode) -> ImportResult:
    """Bring what is at a path or URL here and track it. Raises: as `import_repo`."""
    project = session.project
    target = destination(project.cwd, url, out, force=force)
    source = url
    if "://" not in url:
        path = session.absolute(os.path.expanduser(url))
        if path == target:
            raise TargetError(f"'{path}' is specified as an output and as a dependency.")
        inside = project.contains(path) or not os.path.isabs(os.path.expanduser(url))
        source = os.path.relpath(path, os.path.dirname(target)) if inside else path
    return _import(session, DepEntry(source), target, mode)


def update(
    session: Session, targets: Sequence[str], *, rev: str | None, recursive: bool, download: bool
) -> ImportResult:
    """Bring imports to what their sources hold now; what the workspace alone holds goes to the trash.

    Raises: TargetError for what is no import, before anything changes; otherwise as `import_repo`.
    """
    found = session.targets.find(targets, recursive=recursive)
    stages = list(dict.fromkeys(target.stage for target in found))
    if recursive:
        stages = [stage for stage in stages if stage.is_import]
    for stage in stages:
        if not stage.is_import:
            raise TargetError(f"{session.index.describe(stage)} is not an import")
        if rev and stage.deps[0].repo is None:
            raise TargetError(f"--rev: {session.index.describe(stage)} is not imported from a repo")
    result = ImportResult()
    for stage in stages:
        _update(session, stage, rev, result, download=download)
    result.to_stage, result.staged = session.tell_git(session.recorder.written)
    return result


def fetch_import(session: Session, stage: Stage) -> bool:
    """Bring content that the cache lacks from the commit it was imported from; whether there was any.

    Raises: GitError, MissingObjectsError, RemoteError; DvnbError where that commit holds something else.
    """
    project, out, dep = session.project, stage.outs[0], stage.deps[0]
    wanted = out.recorded.hash_info if out.recorded else None
    if wanted is None or session.measure.is_cached(wanted):
        return False
    import tempfile  # slow to load

    os.makedirs(project.tmp_dir, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=project.tmp_dir, prefix="import-") as folder:
        copy = os.path.join(folder, "content")
        _open_at_commit(session, stage.wdir, DepEntry(dep.text, repo=dep.repo), copy)
        built = build(copy, state=project.state, ignore=None, algorithm=wanted.algorithm, emit=project.emit)
        if built.fingerprint.hash_info != wanted:
            raise DvnbError(f"the source of {session.index.describe(stage)} holds something else than was imported")
        save(built, copy, project.cache, link_types=["copy"], relink=False, state=project.state, emit=project.emit)
    session.measure.forget()
    return True


def changed_source(session: Session, stage: Stage) -> dict[str, str]:
    """What `status` says of an import from a repo whose rev has moved on: {"path (url)": "update available"}."""
    if not stage.is_import or stage.deps[0].repo is None:
        return {}
    dep = stage.deps[0]
    repo = dep.repo or {}
    with open_elsewhere(_located(session, stage.wdir, repo["url"]), repo.get("rev") or "HEAD") as other:
        moved = other.commit != repo.get("rev_lock")
    return {f"{dep.text} ({repo['url']})": "update available"} if moved else {}


def _import(session: Session, dep: DepEntry, target: str, mode: Mode) -> ImportResult:
    project = session.project
    if not project.contains(target):
        raise TargetError(OUTSIDE.format(path=project.shown(target)))
    wdir, name = os.path.split(target)
    file = target + ".dvc"
    out = Out(target, name)
    stage = Stage(file=file, name=None, wdir=wdir, outs=[out])
    owner = session.index.containing(target)
    if owner is None or owner[0].file != file:
        check_additions(session, [stage])
    parsed = DvcFile([OutEntry(name)], [dep], frozen=True)
    result = ImportResult()
    if mode == "no-exec":
        session.recorder.ignore_in_git(out)
    else:
        _bring(session, parsed, out, download=mode == "download", result=result)
        parsed.md5 = dvcfile.import_md5(parsed)
    _write(session, file, parsed, None)
    result.to_stage, result.staged = session.tell_git(session.recorder.written)
    return result


def _update(session: Session, stage: Stage, rev: str | None, result: ImportResult, *, download: bool) -> None:
    with open(stage.file, "rb") as file:
        old = file.read()
    parsed = dvcfile.parse(old, session.index.shown(stage.file))
    before = dvcfile.import_md5(parsed)
    dep = parsed.deps[0]
    if dep.repo is not None:
        repo: dict[str, Any] = {key: value for key, value in dep.repo.items() if key != "rev_lock"}
        dep.repo = repo | ({"rev": rev} if rev else {})
        with open_elsewhere(
            _located(session, stage.wdir, repo["url"]), dep.repo.get("rev") or "HEAD", listener=session.project.emit
        ) as other:
            dep.repo["rev_lock"] = other.commit
    else:
        _look(session, stage.wdir, dep)
    same = parsed.md5 == before == dvcfile.import_md5(parsed)
    if same and not (session.status.changed_outs(stage) and download):
        return
    _bring(session, parsed, stage.outs[0], download=download, result=result)
    parsed.md5 = dvcfile.import_md5(parsed)
    _write(session, stage.file, parsed, old)


def _bring(session: Session, parsed: DvcFile, out: Out, *, download: bool, result: ImportResult) -> None:
    """Note what the source holds on dep and out, and with `download` put it into the cache and the workspace."""
    import tempfile  # slow to load

    project = session.project
    dep, wdir = parsed.deps[0], os.path.dirname(out.path)
    name = f"{dep.path} ({dep.repo['url']})" if dep.repo else dep.path
    entry = parsed.outs[0]
    os.makedirs(project.tmp_dir, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=project.tmp_dir, prefix="import-") as folder:
        copy = os.path.join(folder, "content")
        if dep.repo is not None:
            _open_at_commit(session, wdir, dep, copy if download else None)
        else:
            source = _look(session, wdir, dep)
            if download and isinstance(source, External):
                source.download(copy)
            elif download and isinstance(source, LocalPath):
                copy = source.path
        entry.fingerprint = _take(session, out, copy).fingerprint if download else _NOTHING
    session.recorder.ignore_in_git(out)
    result.imported.append((name, project.shown(out.path)))


def _open_at_commit(session: Session, wdir: str, dep: DepEntry, copy: str | None) -> None:
    """Note the commit that the dep's rev is now, unless it is locked to one, and copy its content out."""
    repo = dict(dep.repo or {})
    rev = repo.get("rev_lock") or repo.get("rev") or "HEAD"
    with open_elsewhere(_located(session, wdir, repo["url"]), rev, listener=session.project.emit) as other:
        repo["rev_lock"] = other.commit
        if copy is not None:
            copy_out(other, dep.path, copy, session.project.emit)
    dep.repo = repo


def _look(session: Session, wdir: str, dep: DepEntry) -> External | LocalPath:
    """Note on a dep what its source holds now."""
    source = open_external(resolve_path(wdir, dep.path), wdir)
    if isinstance(source, External):
        dep.fingerprint = source.fingerprint()
        return source
    source.is_dir()  # refuses what is not there
    built = build(source.path, state=session.project.state, ignore=None, emit=session.project.emit)
    dep.fingerprint = built.fingerprint
    return source


def _take(session: Session, out: Out, source: str) -> Built:
    """Put what is at `source` into the cache and then where the out is."""
    project = session.project
    built = build(source, state=project.state, ignore=None, emit=project.emit)
    save(built, source, project.cache, link_types=["copy"], relink=False, state=project.state, emit=project.emit)
    built.fingerprint = replace(built.fingerprint, extra={})
    checkout(
        out.path,
        built.fingerprint,
        store=project.cache,
        state=project.state,
        ignore=project.ignore,
        link_types=project.link_types,
        force=True,
        trash=project.trash,
        emit=project.emit,
    )
    project.state.record_links([out.path])
    session.measure.forget(out.path)
    return built


def _write(session: Session, file: str, parsed: DvcFile, old: bytes | None) -> None:
    data = dvcfile.render(parsed, old, session.index.shown(file))
    if data != old:
        if old is None and os.path.exists(file):  # what it tracked, its data being absent, is known nowhere else
            session.project.trash.copy(file)
        write_atomic(file, data)
        session.recorder.written.append(file)


def _located(session: Session, wdir: str, url: str) -> str:
    """A repo's URL, or the absolute path that it is from the current folder, else from the .dvc file's."""
    for folder in (session.project.cwd, wdir, session.project.root):
        path = os.path.normpath(os.path.join(folder, url))
        if "://" not in url and os.path.exists(path):
            return path
    return url
