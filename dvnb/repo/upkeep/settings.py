"""Configuration and remotes. Source: dvc's commands/config.py, commands/remote.py, commands/cache.py."""

from __future__ import annotations

import os

from dvnb.formats.config import Config
from dvnb.formats.config_edits import ConfigEditor
from dvnb.formats.remote_settings import RemoteSettings
from dvnb.formats.settings import FILES, Settings
from dvnb.project.discover import DVC_DIR, find_root
from dvnb.repo.results import ConfigResult, RemoteListResult, RemoteRow


def open_config(start: str) -> Config:
    """The configuration as seen from a folder of a project.

    Raises: NotARepoError, ConfigError.
    """
    # Unchecked: these verbs are what mends a configuration that is not valid.
    return Config.load(os.path.join(find_root(start), DVC_DIR), check=False)


def ask(config: Config, name: str, level: str | None, *, show_origin: bool = False) -> ConfigResult:
    """The raw value of `section.option`, nothing where it is not set."""
    found = config.find(name, level)
    if found is None:
        return ConfigResult()
    value, origin = found[0], _origin(config, found[1])
    text = str(value)
    return ConfigResult(value=text, items=[(origin, text)] if show_origin else [])


def list_all(config: Config, level: str | None) -> ConfigResult:
    """Every option of one level, or of all; as (file, "section.option=value")."""
    levels = (level,) if level else config.levels()
    items = [(_origin(config, name), f"{key}={value}") for name in levels for key, value in config.level_items(name)]
    if config.dvc_dir is not None:
        own = Settings(config.dvc_dir)
        root = os.path.dirname(config.dvc_dir)
        for name in FILES:
            if name in levels:
                shown = os.path.relpath(own.path(name), root)
                items += [(shown, f"{key}={value}") for key, value in own.items(name)]
    return ConfigResult(items=items)


def _origin(config: Config, level: str) -> str:
    """A level's file; the project's own as seen from its root."""
    path = config.path(level)
    inside = level in ("repo", "local") and config.dvc_dir is not None
    return os.path.relpath(path, os.path.dirname(config.dvc_dir or "")) if inside else path


def list_remotes(config: Config, level: str | None) -> RemoteListResult:
    """The remotes, and which is the default."""
    default = config.default_remote(level)
    return RemoteListResult(
        [RemoteRow(name, url, name == default) for name, url in config.listed_remotes(level).items()]
    )


class Outside:
    """Remotes where there is no project: those that the machine's and the user's configuration name.

    Methods are those of `Repo`. Raises: ConfigError for the levels of a project.
    """

    def __init__(self) -> None:
        self._config = Config.load(None, check=False)
        self._remotes = RemoteSettings(ConfigEditor(self._config))

    def remote_add(
        self, name: str, url: str, *, default: bool = False, force: bool = False, level: str | None = None
    ) -> None:
        """Add a remote."""
        self._remotes.add(level, name, url, force=force, default=default)

    def remote_remove(self, name: str, *, level: str | None = None) -> None:
        """Remove a remote."""
        self._remotes.remove(level, name)

    def remote_modify(self, name: str, option: str, value: str | None, *, level: str | None = None) -> None:
        """Set an option of a remote; None removes it."""
        self._remotes.modify(level, name, option, value)

    def remote_rename(self, name: str, new: str, *, level: str | None = None) -> None:
        """Rename a remote."""
        self._remotes.rename(level, name, new)

    def remote_default(self, name: str | None = None, *, unset: bool = False, level: str | None = None) -> str | None:
        """The default remote; with `name` or `unset` it is changed first."""
        if name or unset:
            self._remotes.set_default(level, None if unset else name)
        return self._config.default_remote(level)

    def remote_list(self, level: str | None = None) -> RemoteListResult:
        """The remotes."""
        return list_remotes(self._config, level)
