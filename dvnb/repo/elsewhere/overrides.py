"""What another repo's configuration is read with: `--config`, `--remote` and `--remote-config`, and `repo:` of imports.

Source: dvc's repo/imp.py, dependency/repo.py (`_make_fs`), config.py (`load`).
"""

from __future__ import annotations

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

from dvnb.errors import ConfigError, TargetError
from dvnb.events import Listener, ignore_events
from dvnb.formats import config_file
from dvnb.project.discover import DVC_DIR
from dvnb.repo.elsewhere.repos import Elsewhere, located, open_elsewhere, open_nested

Sections = dict[str, Any]

_TWICE = "Can't specify config path together with both remote and remote_config"


class Overrides(NamedTuple):
    """A config file (or its sections) to merge in, the default remote, and options of that remote."""

    config: str | Sections | None = None
    remote: str | None = None
    remote_config: Mapping[str, Any] | None = None

    @classmethod
    def of_entry(cls, repo: Mapping[str, Any]) -> Overrides:
        """Those that a .dvc file keeps below `repo`."""
        remote = repo.get("remote")
        if isinstance(remote, dict):
            return cls(repo.get("config"), None, cast("Sections", remote))
        return cls(repo.get("config"), remote)

    def as_entry(self) -> Sections:
        """What a .dvc file keeps of them below `repo`, as dvc writes it.

        Raises: TargetError where dvc's format has no place for all three.
        """
        entry: Sections = {"config": self.config} if self.config else {}
        if self.remote and self.remote_config:
            if isinstance(self.config, str):
                raise TargetError(_TWICE)
            sections = dict(self.config or {})
            sections["core"] = {**sections.get("core", {}), "remote": self.remote}
            remotes = dict(sections.get("remote", {}))
            remotes[self.remote] = {**remotes.get(self.remote, {}), **self.remote_config}
            sections["remote"] = remotes
            return {"config": sections}
        remote = self.remote or dict(self.remote_config or {})
        return entry | ({"remote": remote} if remote else {})

    def apply(self, other: Elsewhere, folder: str) -> None:
        """Let them win in an opened repo; a config file's path is relative to `folder`.

        Raises: ConfigError.
        """
        if not any(self):
            return
        config = other.project.config
        sections = self._sections(folder)
        if self.remote:
            sections["core"] = {**sections.get("core", {}), "remote": self.remote}
        if self.remote_config:
            core: Mapping[str, Any] = sections.get("core", {})
            name = core.get("remote") or config.get("core.remote")
            if not name:
                raise ConfigError("config file error: --remote-config needs a remote: name one with --remote")
            remotes = dict(sections.get("remote", {}))
            remotes[name] = {**remotes.get(name, {}), **self.remote_config}
            sections["remote"] = remotes
        config.overlay(sections)
        other.settings = sections
        if self.remote and self.remote not in config.remotes:
            raise ConfigError(f"config file error: remote '{self.remote}' doesn't exist")

    def _sections(self, folder: str) -> Sections:
        if not isinstance(self.config, str):
            return dict(self.config or {})
        path = os.path.join(folder, self.config)
        try:
            with open(path, "rb") as file:
                sections = config_file.parse(file.read())
        except OSError as exc:
            raise ConfigError(f"config file error: '{self.config}' cannot be read: {exc.strerror}") from exc
        config_file.resolve_paths(sections, os.path.dirname(os.path.abspath(path)))
        return sections


NONE = Overrides()
"""The other repo's configuration as it is."""


@contextmanager
def open_place(
    url: str, cwd: str, rev: str | None, overrides: Overrides, *, listener: Listener = ignore_events
) -> Generator[Elsewhere]:
    """`open_elsewhere` of a URL or of a path as seen from `cwd`, with its configuration overridden.

    Raises: GitError, ConfigError.
    """
    with open_elsewhere(located(url, cwd), rev, listener=listener) as other:
        overrides.apply(other, cwd)
        yield other


@contextmanager
def project_of(other: Elsewhere, relpath: str) -> Generator[tuple[Elsewhere, str]]:
    """The project in a sub-folder of the repo that a path lies in, and the path in it; else the repo itself.

    Raises: ConfigError.
    """
    parts = relpath.split("/") if relpath else []
    folders = ("/".join(parts[:count]) for count in range(len(parts), 0, -1))
    folder = next((name for name in folders if other.tree.isdir(f"{name}/{DVC_DIR}")), None)
    if folder is None:
        yield other, relpath
        return
    inner = open_nested(other, folder)
    inner.jobs = other.jobs
    try:
        if other.settings:
            inner.project.config.overlay(other.settings)
        yield inner, relpath[len(folder) + 1 :]
    finally:
        inner.close()
