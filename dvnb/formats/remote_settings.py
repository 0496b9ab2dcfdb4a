"""Remotes in the configuration: added, changed, renamed, removed. Source: dvc's commands/remote.py."""

from __future__ import annotations

from collections.abc import Iterator

from dvnb.formats.config import Sections, config_error, merge
from dvnb.formats.config_edits import ConfigEditor


class RemoteSettings:
    """Changes what one level of the configuration says of remotes, and what hangs on that in others."""

    def __init__(self, editor: ConfigEditor) -> None:
        self._editor = editor
        self._config = editor.config

    def add(self, level: str | None, name: str, url: str, *, force: bool = False, default: bool = False) -> None:
        """Add a remote; `force` replaces one of the same name, options and all.

        Raises: ConfigError.
        """
        name = name.lower()
        with self._editor.edit(level) as sections:
            if name in sections["remote"] and not force:
                raise config_error(f"remote '{name}' already exists. Use `-f|--force` to overwrite it.")
            sections["remote"][name] = {"url": url}
            if default:
                sections["core"]["remote"] = name

    def remove(self, level: str | None, name: str) -> None:
        """Remove a remote, also as the default of this and higher levels.

        dvc removes it as well where higher levels still have options of it, and leaves a configuration behind that is
        refused.

        Raises: ConfigError if this level has no such remote, or if what other levels say of it would make no sense.
        """
        name = name.lower()
        self._refuse_orphans(level or "repo", name)
        with self._editor.edit(level) as sections:
            _require_remote(sections, name)
            del sections["remote"][name]
        for shadowing in self._from_top(level or "repo"):
            with self._editor.edit(shadowing) as sections:
                if sections["core"].get("remote") == name:
                    del sections["core"]["remote"]

    def _refuse_orphans(self, level: str, name: str) -> None:
        """Make sure that no other level keeps options of a remote without its URL; empty sections of it go."""
        _require_remote(self._config.level_sections(level), name)
        others = [candidate for candidate in self._config.levels() if candidate != level]
        kept = {candidate: self._config.level_sections(candidate)["remote"].get(name) for candidate in others}
        orphans = [candidate for candidate, options in kept.items() if options]
        if orphans and not any("url" in (options or {}) for options in kept.values()):
            raise config_error(
                f"remote '{name}' still has options in {self._config.path(orphans[0])}. Remove those first."
            )
        for candidate, options in kept.items():
            if options is not None and not options:
                with self._editor.edit(candidate) as sections:
                    del sections["remote"][name]

    def modify(self, level: str | None, name: str, option: str, value: str | None) -> None:
        """Set one option of a remote that this or a lower level has; None removes it.

        Raises: ConfigError.
        """
        name = name.lower()
        with self._editor.edit(level) as sections:
            # dvc takes no level for "all of them" here, so a remote of the local file counts as known.
            known = self._config.merged(below=level)
            merge(known, sections)
            _require_remote(known, name)
            options = sections["remote"].setdefault(name, {})
            if value is None:
                options.pop(option.lower(), None)
            else:
                options[option.lower()] = value

    def rename(self, level: str | None, old: str, new: str) -> None:
        """Rename a remote: its sections, and where it is the default, in this and higher levels.

        dvc renames the section of one level only, and leaves a configuration behind that is refused.

        Raises: ConfigError if this level has no such remote or any level has the new name.
        """
        old = old.lower()
        if new in self._config.merged()["remote"]:
            raise config_error(f"Rename failed. Remote name {new!r} already exists.")
        level = level or "repo"
        _require_remote(self._config.level_sections(level), old)
        renamed = {candidate: self._config.level_sections(candidate) for candidate in self._from_top(level)}
        for sections in renamed.values():
            if old in sections["remote"]:
                sections["remote"][new] = sections["remote"].pop(old)
            _rename_default(sections, old, new)
        self._editor.rewrite(renamed)

    def set_default(self, level: str | None, name: str | None) -> None:
        """Make a remote of this or a lower level the default; None: no default in this level.

        Raises: ConfigError if there is no such remote.
        """
        with self._editor.edit(level) as sections:
            if name is None:
                sections["core"].pop("remote", None)
                return
            name = name.lower()
            known = self._config.merged(below=level)
            if name not in sections["remote"] and name not in known.get("remote", {}):
                raise config_error("default remote must be present in remote list.")
            sections["core"]["remote"] = name

    def _from_top(self, level: str) -> Iterator[str]:
        for candidate in reversed(self._config.levels()):
            yield candidate
            if candidate == level:
                return


def _require_remote(sections: Sections, name: str) -> None:
    if name not in sections["remote"]:
        raise config_error(f"remote '{name}' doesn't exist.")


def _rename_default(sections: Sections, old: str, new: str) -> None:
    if sections["core"].get("remote") == old:
        sections["core"]["remote"] = new
