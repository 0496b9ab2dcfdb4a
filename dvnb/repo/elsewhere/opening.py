"""Opening any repo to read its files, with settings of one's own.

Source: dvc's repo/open_repo.py, config.py (load).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from dvnb.errors import ConfigError
from dvnb.formats.config import Config
from dvnb.repo.elsewhere.files import Files
from dvnb.repo.elsewhere.repos import find_elsewhere


def open_files(
    url: str | None = None,
    rev: str | None = None,
    *,
    subrepos: bool = False,
    config: Mapping[str, Any] | None = None,
    remote: str | None = None,
    remote_config: Mapping[str, Any] | None = None,
) -> Files:
    """The files of a repo, by default the one around the current folder; what is given here wins over its settings.

    `remote` is the default remote, `remote_config` are options of it.
    Raises: GitError where it cannot be cloned, or has no such rev; FormatError for a broken file; ConfigError.
    """
    other = find_elsewhere(url or os.getcwd(), rev)
    try:
        settle(other.project.config, config or {}, remote, remote_config or {})
    except BaseException:
        other.close()
        raise
    return Files(other, subrepos=subrepos)


def settle(settings: Config, config: Mapping[str, Any], remote: str | None, remote_config: Mapping[str, Any]) -> None:
    """Let these settings win: a whole config, the default remote, options of it.

    Raises: ConfigError for options of a remote where there is none.
    """
    if config:
        settings.overlay(config)
    name = remote or settings.get("core.remote")
    if remote:
        settings.overlay({"core": {"remote": remote}})
    if remote_config:
        if not name:
            raise ConfigError("config file error: options of a remote are given, but no remote")
        settings.overlay({"remote": {name: dict(remote_config)}})
