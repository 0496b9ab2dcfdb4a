"""What is at paths and URLs that no project tracks: get-url, list-url.

Source: dvc's repo/get_url.py, repo/ls_url.py.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from dvnb.errors import TargetError
from dvnb.objects.remotes.external import Entry, LocalPath
from dvnb.repo.data.placing import beside, destination, put
from dvnb.repo.elsewhere.sources import config_around, open_source
from dvnb.repo.results import GetResult, UrlEntry, UrlListResult


def get_url(
    cwd: str,
    url: str,
    out: str | None,
    *,
    force: bool,
    jobs: int | None = None,
    fs_config: Mapping[str, Any] | None = None,
) -> GetResult:
    """Copy what is at a path or URL to `out`, `jobs` files at once. Raises: TargetError, RemoteError, ConfigError."""
    target = destination(cwd, url, out, force=force)
    source = open_source(config_around(cwd), url, cwd, fs_config)
    if isinstance(source, LocalPath) and source.path == target and os.path.lexists(target):
        raise TargetError(f"'{url}' cannot be copied to itself")
    with beside(target) as temporary:
        source.download(temporary, jobs)
        put(temporary, target, cwd)
    return GetResult(os.path.relpath(target, cwd), url)


def list_url(
    cwd: str,
    url: str,
    *,
    recursive: bool,
    level: int | None,
    tree: bool = False,
    fs_config: Mapping[str, Any] | None = None,
) -> UrlListResult:
    """What is in a folder at a path or URL; `tree`: nested, in `contents` of each entry.

    Raises: TargetError, RemoteError, ConfigError.
    """
    source = open_source(config_around(cwd), url, cwd, fs_config)
    if not tree:
        found = source.list(recursive=recursive, level=level)
        return UrlListResult([UrlEntry(entry.path, entry.is_dir, entry.size) for entry in found])
    top = UrlEntry(url, source.is_dir(), source.size())
    if top.isdir and level != 0:
        _nest(top, source.list(recursive=True, level=level, with_folders=True))
    return UrlListResult([top], nested=True)


def _nest(top: UrlEntry, entries: Iterable[Entry]) -> None:
    folders = {"": top}
    for entry in sorted(entries, key=lambda entry: entry.path.split("/")):
        folder, _, name = entry.path.rpartition("/")
        shown = UrlEntry(name, entry.is_dir, entry.size)
        folders[folder].contents.append(shown)
        if entry.is_dir:
            folders[entry.path] = shown
