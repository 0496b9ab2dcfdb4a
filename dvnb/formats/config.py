"""The configuration: four files of rising precedence, checked and typed.

Every error message starts with "config file error: ", as dvc's do.
Source: dvc's config.py.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from dvnb.errors import ConfigError, Hint
from dvnb.formats import config_file
from dvnb.formats.config_schema import SECTIONS, url_scheme, validate

if TYPE_CHECKING:
    from dvnb.formats.yamlio import ParseCache

Sections = dict[str, Any]

LEVELS = ("system", "global", "repo", "local")
_KEY = re.compile(r"(?:(remote|db)\.)?([^.]*)\.([^.]*)")


def split_key(key: str) -> tuple[str | None, str, str]:
    """("remote" or "db" or None, section or name, option) of `core.remote`, `remote.NAME.OPTION`, `db.NAME.OPTION`.

    Raises: ConfigError for any other shape.
    """
    match = _KEY.fullmatch(key)
    if not match:
        raise config_error("name argument should look like remote.name.option or db.name.option or section.option")
    return match[1], match[2].lower(), match[3].lower()


class Config:
    """All levels merged, checked and typed.

    `remotes` maps names to their options with absolute paths; `checked` is False when the files were only merged, and
    then values are text as written. `seen_from`: the folder that relative paths of the project's files begin in, where
    that is not the folder of the files.
    """

    def __init__(
        self, dvc_dir: str | None, cache: ParseCache | None = None, *, check: bool = True, seen_from: str | None = None
    ) -> None:
        self.dvc_dir = os.path.abspath(dvc_dir) if dvc_dir else None
        self._seen_from = seen_from
        self.checked = check
        self._cache = cache
        self._files: dict[str, bytes | None] = {}
        self._values: dict[str, dict[str, Any]] = {}
        self._overlay: Sections = {}
        self.reload(check=check)

    @classmethod
    def load(
        cls, dvc_dir: str | None, cache: ParseCache | None = None, *, check: bool = True, seen_from: str | None = None
    ) -> Config:
        """The configuration of the project whose `.dvc` folder this is; without one, of the machine and the user.

        Raises: ConfigError; with `check=False` only for files that cannot be read at all.
        """
        return cls(dvc_dir, cache, check=check, seen_from=seen_from)

    def forget(self) -> None:
        """Read the files again when a level is asked for: somebody else may have written them."""
        self._files.clear()

    def reload(self, *, check: bool = True) -> None:
        """Read all files again. Raises: as `load`."""
        self.forget()
        merged = self.merged()
        self._values = validate(merged) if check else merged

    # Asking

    @property
    def remotes(self) -> dict[str, dict[str, Any]]:
        """Options of every remote by name."""
        return self._values.get("remote", {})

    def get(self, key: str, default: Any = None) -> Any:
        """The value of `section.option` or `remote.NAME.OPTION`, typed, with dvc's defaults filled in."""
        holder, section, option = split_key(key)
        sections: Mapping[str, Any] = self._values.get(holder, {}) if holder else self._values
        return sections.get(section, {}).get(option, default)

    def remote(self, name: str | None = None) -> tuple[str, dict[str, Any]]:
        """Name and options of this remote, else of the default one; a `remote://other/path` URL is resolved.

        Raises: ConfigError when there is no such remote, or no default.
        """
        name = name or self.get("core.remote")
        if not name:
            root = os.path.dirname(self.dvc_dir) if self.dvc_dir else os.getcwd()
            add = Hint("remote add", "-d", "<remote name>", "<remote url>")
            hint = Hint("remote default", "<remote name>") if self.remotes else add
            raise ConfigError(f"config file error: no remote specified in {root}.", hint)
        return name, self._remote_options(name, ())

    def _remote_options(self, name: str, seen: tuple[str, ...]) -> dict[str, Any]:
        if name not in self.remotes:
            raise config_error(f"remote '{name}' doesn't exist")
        options = self.remotes[name]
        url = str(options["url"])
        if url_scheme(url) != "remote":
            return options
        if name in seen:
            raise config_error(f"remote '{name}' refers to itself")
        other, _, path = url[len("remote://") :].partition("/")
        base = self._remote_options(other, (*seen, name))
        return {**base, **options, "url": f"{base['url']}/{path.lstrip('/')}"}

    # One level

    def path(self, level: str) -> str:
        """The config file of a level.

        Raises: ConfigError for "repo" and "local" outside a project.
        """
        if level in ("system", "global"):
            return os.path.join(config_file.level_folder(level), "config")
        if self.dvc_dir is None:
            raise config_error("Not inside a DVC repo")
        return os.path.join(self.dvc_dir, "config" if level == "repo" else "config.local")

    def levels(self) -> tuple[str, ...]:
        """The levels there are here, lowest precedence first."""
        return LEVELS if self.dvc_dir else LEVELS[:2]

    def level_sections(self, level: str) -> Sections:
        """What one file holds: text as written, but paths absolute; all sections dvc knows are there, often empty."""
        sections = self._read(level)
        folder = self._seen_from if self._seen_from and level in ("repo", "local") else None
        config_file.resolve_paths(sections, folder or os.path.abspath(os.path.dirname(self.path(level))))
        for name in SECTIONS:
            sections.setdefault(name, {})
        return sections

    def _read(self, level: str) -> Sections:
        if level not in self._files:
            try:
                with open(self.path(level), "rb") as file:
                    self._files[level] = file.read()
            except (FileNotFoundError, NotADirectoryError):
                self._files[level] = None
        data = self._files[level]
        return {} if data is None else config_file.parse(data, self._cache)

    def level_items(self, level: str) -> list[tuple[str, Any]]:
        """(`section.option` or `remote.NAME.OPTION`, value as written) of one file, in dvc's order."""
        return list(_flatten("", self.level_sections(level)))

    def find(self, key: str, level: str | None = None) -> tuple[Any, str] | None:
        """(value as written, level) of the file with the highest precedence that has this key; None if none has it.

        Raises: ConfigError if `level` is given and has no such key.
        """
        holder, section, option = split_key(key)
        for candidate in [level] if level else reversed(self.levels()):
            sections = self.level_sections(candidate)
            holders = sections[holder] if holder else sections
            try:
                require(holders, holder, section, option)
            except ConfigError:
                if level:
                    raise
            else:
                return holders[section][option], candidate
        return None

    def merged(self, below: str | None = None) -> Sections:
        """The levels merged unchecked; with `below` only those of lower precedence."""
        result: Sections = {}
        for level in self.levels():
            if level == below:
                break
            merge(result, self.level_sections(level))
        return result

    def overlay(self, sections: Mapping[str, Any]) -> None:
        """Let these values win over the files', in this object only; paths in them are taken as they are.

        Raises: ConfigError if dvc knows no such option or value.
        """
        merge(self._overlay, sections)
        merged = self.merged()
        merge(merged, self._overlay)
        self._values = validate(merged)

    def cache_dir(self, level: str) -> str:
        """The cache folder that one level sets, absolute.

        Raises: ConfigError if it sets none.
        """
        found = self.find("cache.dir", level)
        return os.path.normpath(os.path.join(os.path.dirname(self.path(level)), str(found[0]) if found else ""))

    def default_remote(self, level: str | None = None) -> str | None:
        """The default remote as one level has it; without a level, as all of them together have it."""
        sections = self.level_sections(level) if level else self.merged()
        return sections["core"].get("remote")

    def listed_remotes(self, level: str | None = None) -> dict[str, str]:
        """URLs by name, of one level or of all together, also when the configuration as a whole is not valid.

        Raises: ConfigError for a remote without URL.
        """
        sections = self.level_sections(level) if level else self.merged()
        for name, options in sections["remote"].items():
            if "url" not in options:
                raise config_error(f"expected 'url' for dictionary value @ data['remote'][{name!r}]")
        return {name: options["url"] for name, options in sections["remote"].items()}


def config_error(reason: str) -> ConfigError:
    """An error as dvc words those of its configuration."""
    return ConfigError(f"config file error: {reason}")


def require(holders: Mapping[str, Any], holder: str | None, section: str, option: str) -> None:
    """Make sure that a section is there, and has this option unless that is empty. Raises: ConfigError."""
    kind = holder or "section"
    if section not in holders:
        raise config_error(f"{kind} '{section}' doesn't exist")
    if option and option not in holders[section]:
        raise config_error(f"option '{option}' doesn't exist in {kind} '{section}'")


def merge(into: Sections, update: Mapping[str, Any]) -> None:
    """Let the values of `update` win over those of `into`."""
    for key, value in update.items():
        if isinstance(value, dict):
            old = into.get(key)
            # Never share a dict with a level's own sections.
            into[key] = dict(cast("Sections", old)) if isinstance(old, dict) else {}
            merge(into[key], cast("Sections", value))
        else:
            into[key] = value


def _flatten(prefix: str, sections: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in sections.items():
        if isinstance(value, dict):
            yield from _flatten(f"{prefix}{key}.", cast("Sections", value))
        else:
            yield prefix + key, value
