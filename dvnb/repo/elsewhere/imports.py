"""Data that other repos or URLs own and that this project tracks a copy of: import, import-url.

Source: dvc's repo/imp.py, repo/imp_url.py, stage/imports.py; SPEC 3.5-3.7.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from dvnb.errors import TargetError
from dvnb.formats import dvcfile
from dvnb.formats.dvcfile import DepEntry, DvcFile, OutEntry
from dvnb.pipeline.load import resolve_path
from dvnb.pipeline.stage import Out, Stage
from dvnb.repo.data.placing import tracked_destination
from dvnb.repo.data.tracking import OUTSIDE, check_additions
from dvnb.repo.elsewhere import origins
from dvnb.repo.elsewhere.overrides import NONE, Overrides
from dvnb.repo.results import ImportResult
from dvnb.repo.session import Session

Mode = Literal["download", "no-download", "no-exec", "to-remote"]
"""Whether content is brought here, only looked at, not even asked for, or put into a remote instead."""


def import_repo(  # noqa: PLR0913 - a verb has the options it has
    session: Session,
    url: str,
    path: str,
    out: str | None,
    *,
    rev: str | None,
    force: bool,
    mode: Mode,
    jobs: int | None = None,
    overrides: Overrides = NONE,
) -> ImportResult:
    """Bring a path of another repo here and track it, with the commit it came from.

    Raises: TargetError, OwnershipError, GitError, MissingObjectsError, RemoteError; nothing is tracked then.
    """
    target = tracked_destination(session.project.cwd, path, out, force=force)
    repo = {"url": url} | ({"rev": rev} if rev else {}) | overrides.as_entry()
    return _import(session, DepEntry(path, repo=repo), target, mode, jobs=jobs)


_VERSIONED = frozenset({"s3", "gs", "azure"})
"""Storages whose versions dvc can record; dvnb cannot, and does not pretend to."""


class UrlOptions(NamedTuple):
    """How `import_url` works.

    `fs_config`: settings for the storage, kept in the .dvc file. `version_aware`: it keeps versions of its own.
    `remote` is for the mode "to-remote", `jobs` how many files are copied at once.
    """

    force: bool = False
    mode: Mode = "download"
    remote: str | None = None
    jobs: int | None = None
    fs_config: Mapping[str, Any] | None = None
    version_aware: bool = False


def import_url(session: Session, url: str, out: str | None, options: UrlOptions) -> ImportResult:
    """Bring what is at a path or URL here and track it. Raises: as `import_repo`."""
    project = session.project
    scheme = url.partition("://")[0]
    if options.version_aware and scheme in _VERSIONED:
        raise TargetError(f"versions that {scheme}:// keeps cannot be imported: leave out --version-aware")
    target = tracked_destination(project.cwd, url, out, force=options.force)
    source = url
    if "://" not in url:
        path = session.absolute(os.path.expanduser(url))
        if path == target:
            raise TargetError(f"'{path}' is specified as an output and as a dependency.")
        inside = project.contains(path) or not os.path.isabs(os.path.expanduser(url))
        source = os.path.relpath(path, os.path.dirname(target)) if inside else path
    settings = dict(options.fs_config or {}) | ({"version_aware": True} if options.version_aware else {})
    dep = DepEntry(source, fs_config=settings or None)
    return _import(session, dep, target, options.mode, remote=options.remote, jobs=options.jobs)


def changed_source(session: Session, stage: Stage) -> dict[str, str]:
    """What `status` says of where an import came from: {"path (url)": "update available"}, {"url": "modified"}.

    Raises: GitError, ConfigError, RemoteError for a source that cannot be reached.
    """
    dep = stage.deps[0]
    entry = DepEntry(dep.text, dep.recorded or origins.NOTHING, repo=dep.repo, fs_config=dep.fs_config)
    name = origins.name_of(session, stage.wdir, entry)
    if dep.repo is not None:
        if "rev_lock" not in dep.repo:  # never fetched: there is nothing that it could be behind of
            return {}
        moved = origins.commit_of(session, stage.wdir, entry, locked=False) != dep.repo.get("rev_lock")
        return {name: "update available"} if moved else {}
    try:
        found = origins.look(session, origins.open_dep(session, stage.wdir, entry))
    except TargetError:
        return {name: "deleted"}
    return {name: "modified"} if origins.differs(found, entry) else {}


def asks_elsewhere(stage: Stage) -> bool:
    """Whether `status` has to ask another repo, or a URL (which is not asked while the stage is frozen)."""
    if not stage.is_import or stage.deps[0].db is not None:
        return False
    return stage.deps[0].repo is not None or (not stage.frozen and "://" in stage.deps[0].path)


def _kept(file: str) -> bytes | None:
    """The .dvc file that is about to be replaced."""
    if not os.path.exists(file):
        return None
    with open(file, "rb") as old:
        return old.read()


def _import(
    session: Session, dep: DepEntry, target: str, mode: Mode, *, remote: str | None = None, jobs: int | None = None
) -> ImportResult:
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
        if dep.repo is None:  # settings that make no sense are refused all the same
            origins.open_dep(session, wdir, DepEntry(resolve_path(wdir, dep.path), fs_config=dep.fs_config))
        session.recorder.ignores.add(out)
    else:
        if mode == "to-remote":
            origins.bring_to_remote(session, parsed, out, remote=remote, jobs=jobs, result=result)
        else:
            origins.bring(session, parsed, out, download=mode == "download", jobs=jobs, result=result)
        parsed.md5 = dvcfile.import_md5(parsed)
    origins.write_import(session, file, parsed, _kept(file))
    result.to_stage, result.staged = session.tell_git(session.recorder.written)
    return result
