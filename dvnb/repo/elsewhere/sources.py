"""URLs as a project's configuration means them: `remote://NAME/path`, and settings for the storage they name.

Source: dvc's fs/__init__.py (`get_cloud_fs`, `get_fs_config`).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from dvnb.errors import NotARepoError
from dvnb.formats.config import Config
from dvnb.formats.config_schema import validate_remote
from dvnb.objects.remotes.external import External, LocalPath, open_external
from dvnb.project.discover import DVC_DIR, find_root

_REMOTE = "remote://"


def open_source(
    config: Config, url: str, folder: str, options: Mapping[str, Any] | None = None
) -> External | LocalPath:
    """What is at a URL, or at a path relative to `folder`; `options` are settings for its storage (`--fs-config`).

    Raises: ConfigError for an unknown remote or setting; RemoteError for a scheme that nothing can handle.
    """
    location, settings = url, dict(options or {})
    if url.startswith(_REMOTE):
        name, _, path = url.removeprefix(_REMOTE).partition("/")
        known = config.remote(name)[1]
        location = f"{str(known['url']).rstrip('/')}/{path.lstrip('/')}"
        settings = {**known, **settings}
    return open_external(location, folder, validate_remote({**settings, "url": location}), shown=url)


def config_around(folder: str) -> Config:
    """The configuration of the project around a folder, or of the user where there is none. Raises: ConfigError."""
    try:
        return Config.load(os.path.join(find_root(folder), DVC_DIR))
    except NotARepoError:
        return Config.load(None)
