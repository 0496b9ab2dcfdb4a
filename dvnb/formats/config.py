"""The configuration: four files of rising precedence, checked and typed; and edits of one of them.

Every error message starts with "config file error: ", as dvc's do.
Source: dvc's config.py, commands/config.py, commands/remote.py.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
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
        raise _error("name argument should look like remote.name.option or db.name.option or section.option")
    return match[1], match[2].lower(), match[3].lower()


class Config:
    """All levels merged, checked and typed.

    `remotes` maps names to their options with absolute paths; `checked` is False when the files were only merged, and
    then values are text as written. `write` puts bytes in the place of a file. `seen_from`: the folder that relative
    paths of the project's files begin in, where that is not the folder of the files.
    """

    def __init__(
        self, dvc_dir: str | None, cache: ParseCache | None = None, *, check: bool = True, seen_from: str | None = None
    ) -> None:
        self.dvc_dir = os.path.abspath(dvc_dir) if dvc_dir else None
        self._seen_from = seen_from
        self.checked = check
        self.write: Callable[[str, bytes], object] = config_file.replace
        self._cache = cache
        self._files: dict[str, bytes | None] = {}
        self._values: dict[str, dict[str, Any]] = {}
        self._overlay: Sections = {}
        self._reload(check=check)

    @classmethod
    def load(
        cls, dvc_dir: str | None, cache: ParseCache | None = None, *, check: bool = True, seen_from: str | None = None
    ) -> Config:
        """The configuration of the project whose `.dvc` folder this is; without one, of the machine and the user.

        Raises: ConfigError; with `check=False` only for files that cannot be read at all.
        """
        return cls(dvc_dir, cache, check=check, seen_from=seen_from)

    def _reload(self, *, check: bool) -> None:
        self._files.clear()
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
            raise _error(f"remote '{name}' doesn't exist")
        options = self.remotes[name]
        url = str(options["url"])
        if url_scheme(url) != "remote":
            return options
        if name in seen:
            raise _error(f"remote '{name}' refers to itself")
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
            raise _error("Not inside a DVC repo")
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
                _require(holders, holder, section, option)
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
            _merge(result, self.level_sections(level))
        return result

    def overlay(self, sections: Mapping[str, Any]) -> None:
        """Let these values win over the files', in this object only; paths in them are taken as they are.

        Raises: ConfigError if dvc knows no such option or value.
        """
        _merge(self._overlay, sections)
        merged = self.merged()
        _merge(merged, self._overlay)
        self._values = validate(merged)

    # Editing

    @contextmanager
    def edit(self, level: str | None = None) -> Generator[Sections]:
        """Yield one file's sections (`level_sections`, default "repo") to change in place; then check and rewrite it.

        The result is checked together with the levels below before writing, with all levels after. Nothing is written
        if the block raises.

        Raises: ConfigError.
        """
        level = level or "repo"
        # Someone else may have written since this was loaded.
        self._files.clear()
        sections = self.level_sections(level)
        yield sections
        config_file.store_paths(sections, os.path.abspath(os.path.dirname(self.path(level))))
        merged = self.merged(below=level)
        _merge(merged, sections)
        validate(merged)
        self.write(self.path(level), config_file.render(sections))
        self._reload(check=True)

    def set(self, level: str | None, key: str, value: str) -> None:
        """Set an option; relative paths are relative to the current folder.

        Raises: ConfigError if dvc knows no such option or value.
        """
        holder, section, option = split_key(key)
        with self.edit(level) as sections:
            holders = sections[holder] if holder else sections
            options = holders.setdefault(section, {})
            if not isinstance(options, dict):
                raise _error(f"expected a dictionary for dictionary value @ data[{section!r}]")
            options[option] = value

    def unset(self, level: str | None, key: str) -> None:
        """Remove an option.

        Raises: ConfigError if the file does not have it.
        """
        holder, section, option = split_key(key)
        with self.edit(level) as sections:
            holders = sections[holder] if holder else sections
            _require(holders, holder, section, option)
            del holders[section][option]

    def cache_dir(self, level: str) -> str:
        """The cache folder that one level sets, absolute.

        Raises: ConfigError if it sets none.
        """
        found = self.find("cache.dir", level)
        return os.path.normpath(os.path.join(os.path.dirname(self.path(level)), str(found[0]) if found else ""))

    def set_cache_dir(self, level: str | None, path: str | None) -> None:
        """Set the cache folder (None: back to the default)."""
        if path is None:
            self.unset(level, "cache.dir")
        else:
            self.set(level, "cache.dir", path)

    def remote_add(self, level: str | None, name: str, url: str, *, force: bool = False, default: bool = False) -> None:
        """Add a remote; `force` replaces one of the same name, options and all.

        Raises: ConfigError.
        """
        name = name.lower()
        with self.edit(level) as sections:
            if name in sections["remote"] and not force:
                raise _error(f"remote '{name}' already exists. Use `-f|--force` to overwrite it.")
            sections["remote"][name] = {"url": url}
            if default:
                sections["core"]["remote"] = name

    def remote_remove(self, level: str | None, name: str) -> None:
        """Remove a remote, also as the default of this and higher levels.

        dvc removes it as well where higher levels still have options of it, and leaves a configuration behind that is
        refused.

        Raises: ConfigError if this level has no such remote, or if what other levels say of it would make no sense.
        """
        name = name.lower()
        self._refuse_orphans(level or "repo", name)
        with self.edit(level) as sections:
            _require_remote(sections, name)
            del sections["remote"][name]
        for shadowing in self._from_top(level or "repo"):
            with self.edit(shadowing) as sections:
                if sections["core"].get("remote") == name:
                    del sections["core"]["remote"]

    def _refuse_orphans(self, level: str, name: str) -> None:
        """Make sure that no other level keeps options of a remote without its URL; empty sections of it go."""
        _require_remote(self.level_sections(level), name)
        others = [candidate for candidate in self.levels() if candidate != level]
        kept = {candidate: self.level_sections(candidate)["remote"].get(name) for candidate in others}
        orphans = [candidate for candidate, options in kept.items() if options]
        if orphans and not any("url" in (options or {}) for options in kept.values()):
            raise _error(f"remote '{name}' still has options in {self.path(orphans[0])}. Remove those first.")
        for candidate, options in kept.items():
            if options is not None and not options:
                with self.edit(candidate) as sections:
                    del sections["remote"][name]

    def remote_modify(self, level: str | None, name: str, option: str, value: str | None) -> None:
        """Set one option of a remote that this or a lower level has; None removes it.

        Raises: ConfigError.
        """
        name = name.lower()
        with self.edit(level) as sections:
            # dvc takes no level for "all of them" here, so a remote of the local file counts as known.
            known = self.merged(below=level)
            _merge(known, sections)
            _require_remote(known, name)
            options = sections["remote"].setdefault(name, {})
            if value is None:
                options.pop(option.lower(), None)
            else:
                options[option.lower()] = value

    def remote_rename(self, level: str | None, old: str, new: str) -> None:
        """Rename a remote: its sections, and where it is the default, in this and higher levels.

        dvc renames the section of one level only, and leaves a configuration behind that is refused.

        Raises: ConfigError if this level has no such remote or any level has the new name.
        """
        old = old.lower()
        if new in self.merged()["remote"]:
            raise _error(f"Rename failed. Remote name {new!r} already exists.")
        level = level or "repo"
        _require_remote(self.level_sections(level), old)
        renamed = {candidate: self.level_sections(candidate) for candidate in self._from_top(level)}
        for sections in renamed.values():
            if old in sections["remote"]:
                sections["remote"][new] = sections["remote"].pop(old)
            _rename_default(sections, old, new)
        merged: Sections = {}
        for candidate in self.levels():
            _merge(merged, renamed.get(candidate) or self.level_sections(candidate))
        validate(merged)
        for candidate, sections in renamed.items():
            config_file.store_paths(sections, os.path.abspath(os.path.dirname(self.path(candidate))))
            self.write(self.path(candidate), config_file.render(sections))
        self._reload(check=True)

    def remote_default(self, level: str | None, name: str | None) -> None:
        """Make a remote of this or a lower level the default; None: no default in this level.

        Raises: ConfigError if there is no such remote.
        """
        with self.edit(level) as sections:
            if name is None:
                sections["core"].pop("remote", None)
                return
            name = name.lower()
            known = self.merged(below=level)
            if name not in sections["remote"] and name not in known.get("remote", {}):
                raise _error("default remote must be present in remote list.")
            sections["core"]["remote"] = name

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
                raise _error(f"expected 'url' for dictionary value @ data['remote'][{name!r}]")
        return {name: options["url"] for name, options in sections["remote"].items()}

    def _from_top(self, level: str) -> Iterator[str]:
        for candidate in reversed(self.levels()):
            yield candidate
            if candidate == level:
                return


def _error(reason: str) -> ConfigError:
    return ConfigError(f"config file error: {reason}")


def _require(holders: Mapping[str, Any], holder: str | None, section: str, option: str) -> None:
    kind = holder or "section"
    if section not in holders:
        raise _error(f"{kind} '{section}' doesn't exist")
    if option and option not in holders[section]:
        raise _error(f"option '{option}' doesn't exist in {kind} '{section}'")


def _require_remote(sections: Sections, name: str) -> None:
    if name not in sections["remote"]:
        raise _error(f"remote '{name}' doesn't exist.")


def _rename_default(sections: Sections, old: str, new: str) -> None:
    if sections["core"].get("remote") == old:
        sections["core"]["remote"] = new


def _merge(into: Sections, update: Mapping[str, Any]) -> None:
    for key, value in update.items():
        if isinstance(value, dict):
            old = into.get(key)
            # Never share a dict with a level's own sections.
            into[key] = dict(cast("Sections", old)) if isinstance(old, dict) else {}
            _merge(into[key], cast("Sections", value))
        else:
            into[key] = value


def _flatten(prefix: str, sections: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in sections.items():
        if isinstance(value, dict):
            yield from _flatten(f"{prefix}{key}.", cast("Sections", value))
        else:
            yield prefix + key, value
