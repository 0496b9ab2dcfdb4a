"""The verbs that need no project around them, as functions: what `dvnb.get`, `dvnb.ls` and their like are.

`start` is the folder that relative paths begin at; it need not lie in a project.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dvnb.events import Listener, ignore_events

if TYPE_CHECKING:
    from dvnb.repo.results import (
        DiskUsageResult,
        GetResult,
        InitResult,
        ListResult,
        RootResult,
        UrlListResult,
        VersionResult,
    )

Folder = str | os.PathLike[str]

# Each function imports what it needs: `root` must not load what `get` is made of.


def init(directory: Folder = ".", *, no_scm: bool = False, force: bool = False, subdir: bool = False) -> InitResult:
    """Make a folder a project.

    Raises: InitError.
    """
    from dvnb.repo.upkeep import start

    return start.init(os.path.abspath(directory), no_scm=no_scm, force=force, subdir=subdir)


def root(start: Folder = ".") -> RootResult:
    """Where the project around `start` begins, relative to it.

    Raises: NotARepoError.
    """
    from dvnb.project.discover import find_root
    from dvnb.repo.results import RootResult

    here = os.path.realpath(start)
    return RootResult(os.path.relpath(find_root(here), here))


def doctor(start: Folder = ".") -> VersionResult:
    """Versions at work, the project around `start` if there is one, and what does not fit together."""
    from dvnb.repo.upkeep import doctor as office

    return office.examine(os.path.realpath(start))


def get(
    url: str,
    path: str,
    out: str | None = None,
    *,
    rev: str | None = None,
    force: bool = False,
    jobs: int | None = None,
    show_url: bool = False,
    config: str | None = None,
    remote: str | None = None,
    remote_config: Mapping[str, str] | None = None,
    start: Folder = ".",
    listener: Listener = ignore_events,
) -> GetResult:
    """Copy a path of another repo here, untracked; `show_url`: only say where its remote has it.

    `config` is a file merged into its configuration, `remote` its default remote, `remote_config` that one's options.
    `jobs`: how many objects of that remote are downloaded at once.

    Raises: TargetError where something is in the way; MissingPathError; GitError; MissingObjectsError; RemoteError.
    """
    from dvnb.repo.elsewhere import fetching
    from dvnb.repo.elsewhere.overrides import Overrides

    cwd = os.path.abspath(start)
    overrides = Overrides(config, remote, remote_config)
    if show_url:
        return fetching.show_url(cwd, url, path, rev=rev, overrides=overrides, listener=listener)
    return fetching.get(cwd, url, path, out, rev=rev, force=force, jobs=jobs, overrides=overrides, listener=listener)


def artifacts_get(
    url: str,
    name: str,
    out: str | None = None,
    *,
    rev: str | None = None,
    stage: str | None = None,
    force: bool = False,
    jobs: int | None = None,
    show_url: bool = False,
    config: str | None = None,
    remote: str | None = None,
    remote_config: Mapping[str, str] | None = None,
    start: Folder = ".",
    listener: Listener = ignore_events,
) -> GetResult:
    """Copy an artifact of a repo here: of a version (`rev`), of a stage, else of the highest version; else as `get`.

    Raises: ArtifactNotFoundError; TargetError for both a version and a stage; as `get`.
    """
    from dvnb.errors import TargetError
    from dvnb.repo.elsewhere.artifacts import find_artifact
    from dvnb.repo.elsewhere.repos import located

    if rev and stage:
        raise TargetError("Artifact version and stage are mutually exclusive.")
    cwd = os.path.abspath(start)
    commit, path = find_artifact(located(url, cwd), name, version=rev, stage=stage)
    return get(
        url,
        path,
        out,
        rev=commit,
        force=force,
        jobs=jobs,
        show_url=show_url,
        config=config,
        remote=remote,
        remote_config=remote_config,
        start=start,
        listener=listener,
    )


def get_url(
    url: str,
    out: str | None = None,
    *,
    force: bool = False,
    jobs: int | None = None,
    fs_config: Mapping[str, str] | None = None,
    start: Folder = ".",
) -> GetResult:
    """Copy what is at a path or URL here, untracked; `fs_config`: settings for its storage, as a remote's.

    `jobs`: how many files are downloaded at once.

    Raises: TargetError, RemoteError.
    """
    from dvnb.repo.elsewhere import urls

    return urls.get_url(os.path.abspath(start), url, out, force=force, jobs=jobs, fs_config=fs_config)


def list_url(
    url: str,
    *,
    recursive: bool = False,
    tree: bool = False,
    level: int | None = None,
    fs_config: Mapping[str, str] | None = None,
    start: Folder = ".",
) -> UrlListResult:
    """What is in a folder at a path or URL; `tree`: nested, in `contents`.

    Raises: TargetError, RemoteError.
    """
    from dvnb.repo.elsewhere import urls

    cwd = os.path.abspath(start)
    return urls.list_url(cwd, url, recursive=recursive, level=level, tree=tree, fs_config=fs_config)


def ls(
    url: str = ".",
    path: str | None = None,
    *,
    rev: str | None = None,
    recursive: bool = False,
    tree: bool = False,
    level: int | None = None,
    dvc_only: bool = False,
    config: str | None = None,
    remote: str | None = None,
    remote_config: Mapping[str, str] | None = None,
    start: Folder = ".",
    listener: Listener = ignore_events,
) -> ListResult:
    """What a repo holds, tracked data included whether it is here or not; `tree`: nested, in `contents` of each row.

    `config`, `remote` and `remote_config` are as in `get`.

    Raises: GitError; FileNotFoundError for a path that is not there.
    """
    from dvnb.repo.elsewhere import listing
    from dvnb.repo.elsewhere.overrides import Overrides

    return listing.list_contents(
        url,
        path,
        rev=rev,
        recursive=recursive,
        tree=tree,
        level=level,
        dvc_only=dvc_only,
        cwd=os.path.abspath(start),
        overrides=Overrides(config, remote, remote_config),
        listener=listener,
    )


def du(
    url: str = ".",
    path: str | None = None,
    *,
    rev: str | None = None,
    summarize: bool = False,
    config: str | None = None,
    remote: str | None = None,
    remote_config: Mapping[str, str] | None = None,
    start: Folder = ".",
    listener: Listener = ignore_events,
) -> DiskUsageResult:
    """Bytes of each file and folder at a path of a repo, then of all of it.

    `config`, `remote` and `remote_config` are as in `get`.

    Raises: GitError; FileNotFoundError for a path that is not there.
    """
    from dvnb.repo.elsewhere import listing
    from dvnb.repo.elsewhere.overrides import Overrides

    return listing.disk_usage(
        url,
        path,
        rev=rev,
        summarize=summarize,
        cwd=os.path.abspath(start),
        overrides=Overrides(config, remote, remote_config),
        listener=listener,
    )
