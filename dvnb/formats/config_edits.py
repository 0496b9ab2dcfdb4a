"""Edits of the configuration, one file at a time, each checked before it is written.

Source: dvc's config.py (edit), commands/config.py, commands/cache.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

from dvnb.formats import config_file
from dvnb.formats.config import Config, Sections, config_error, merge, require, split_key
from dvnb.formats.config_schema import validate


class ConfigEditor:
    """Changes the files of `config`, which then says what they say. A level of None is that of the project."""

    def __init__(self, config: Config, write: Callable[[str, bytes], object] = config_file.replace) -> None:
        """`write` puts bytes in the place of a file."""
        self.config = config
        self._write = write

    @contextmanager
    def edit(self, level: str | None = None) -> Generator[Sections]:
        """Yield one file's sections (`level_sections`, default "repo") to change in place; then check and rewrite it.

        The result is checked together with the levels below before writing, with all levels after. Nothing is written
        if the block raises.

        Raises: ConfigError.
        """
        level = level or "repo"
        config = self.config
        config.forget()
        sections = config.level_sections(level)
        yield sections
        self._spell_paths(level, sections)
        merged = config.merged(below=level)
        merge(merged, sections)
        validate(merged)
        self._put(level, sections)
        config.reload()

    def set(self, level: str | None, key: str, value: str) -> None:
        """Set an option; relative paths are relative to the current folder.

        Raises: ConfigError if dvc knows no such option or value.
        """
        holder, section, option = split_key(key)
        with self.edit(level) as sections:
            holders = sections[holder] if holder else sections
            options = holders.setdefault(section, {})
            if not isinstance(options, dict):
                raise config_error(f"expected a dictionary for dictionary value @ data[{section!r}]")
            options[option] = value

    def unset(self, level: str | None, key: str) -> None:
        """Remove an option.

        Raises: ConfigError if the file does not have it.
        """
        holder, section, option = split_key(key)
        with self.edit(level) as sections:
            holders = sections[holder] if holder else sections
            require(holders, holder, section, option)
            del holders[section][option]

    def set_cache_dir(self, level: str | None, path: str | None) -> None:
        """Set the cache folder (None: back to the default)."""
        if path is None:
            self.unset(level, "cache.dir")
        else:
            self.set(level, "cache.dir", path)

    def rewrite(self, changed: Mapping[str, Sections]) -> None:
        """Check all levels together, and write those that changed, in this order. Raises: ConfigError."""
        merged: Sections = {}
        for level in self.config.levels():
            merge(merged, changed.get(level) or self.config.level_sections(level))
        validate(merged)
        for level, sections in changed.items():
            self._spell_paths(level, sections)
            self._put(level, sections)
        self.config.reload()

    def _spell_paths(self, level: str, sections: Sections) -> None:
        """Let paths be as the level's file shall spell them."""
        config_file.store_paths(sections, os.path.abspath(os.path.dirname(self.config.path(level))))

    def _put(self, level: str, sections: Sections) -> None:
        self._write(self.config.path(level), config_file.render(sections))
