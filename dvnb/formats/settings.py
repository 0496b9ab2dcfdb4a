"""dvnb's own settings: `.dvc/dvnb.toml`, shared through git, and `.dvc/tmp/dvnb.local.toml`, of this clone.

They are not in `.dvc/config`, where an unknown section makes stock dvc fail.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from dvnb.errors import ConfigError

PREFIX = "dvnb."
FILES = {"repo": "dvnb.toml", "local": os.path.join("tmp", "dvnb.local.toml")}

# Names as after `dvnb config dvnb.`, what they are, and their defaults.
KNOWN: dict[str, tuple[type, Any, str]] = {
    "trash.max_age": (float, 30.0, "days"),
    "trash.max_size": (float, None, "GB"),
    "logs.max_age": (float, 30.0, "days"),
    "logs.max_size": (float, 0.2, "GB"),
}


class Settings:
    """The settings of the project whose `.dvc` folder this is; `write` puts bytes in the place of a file."""

    def __init__(self, dvc_dir: str, write: Callable[[str, bytes], object] | None = None) -> None:
        self._dvc_dir = dvc_dir
        self._write = write

    def path(self, level: str | None) -> str:
        """The file of a level ("repo" by default). Raises: ConfigError for those of the machine and of the user."""
        if (level or "repo") not in FILES:
            raise ConfigError(f"dvnb's own settings belong to a project: there are none of level '{level}'")
        return os.path.join(self._dvc_dir, FILES[level or "repo"])

    def get(self, name: str, level: str | None = None) -> Any:
        """A setting, with its default. Raises: ConfigError if dvnb knows no such setting, or for a broken file."""
        kind, default, _ = _known(name)
        for candidate in [level] if level else ("local", "repo"):
            values = self._read(self.path(candidate))
            section, option = name.split(".")
            value = values.get(section, {}).get(option)
            if value is not None:
                return _checked(name, value, kind)
        return default

    def items(self, level: str) -> list[tuple[str, Any]]:
        """Name and value of all that a level sets."""
        values = self._read(self.path(level))
        return [
            (f"{PREFIX}{section}.{option}", value) for section in values for option, value in values[section].items()
        ]

    def set(self, level: str | None, name: str, value: str | None) -> None:
        """Set a setting, or remove it (None); the file's comments stay.

        Raises: ConfigError if dvnb knows no such setting, for a value of another kind, or if there is none to remove.
        """
        import tomlkit  # few verbs change settings

        kind, _, _ = _known(name)
        path = self.path(level)
        section, option = name.split(".")
        document = tomlkit.parse(_text(path))
        table: Any = document.setdefault(section, tomlkit.table())
        if value is not None:
            number = _checked(name, value, kind)
            table[option] = int(number) if number == int(number) else number
        elif option in table:
            del table[option]
        else:
            raise ConfigError(f"config file error: option '{PREFIX}{name}' doesn't exist")
        assert self._write is not None  # noqa: S101 - who sets says how files are written
        self._write(path, tomlkit.dumps(document).encode())

    def _read(self, path: str) -> dict[str, Any]:
        text = _text(path)
        if not text:
            return {}
        import tomllib  # most projects have no settings

        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as exc:
            raise ConfigError(f"'{path}' is no valid TOML: {exc}") from exc


def _known(name: str) -> tuple[type, Any, str]:
    if name not in KNOWN:
        names = ", ".join(PREFIX + known for known in KNOWN)
        raise ConfigError(f"config file error: there is no setting '{PREFIX}{name}' (there are: {names})")
    return KNOWN[name]


def _checked(name: str, value: Any, kind: type) -> Any:
    try:
        checked = kind(value)
    except (TypeError, ValueError):
        checked = None
    if checked is None or isinstance(value, bool) or not 0 <= checked < float("inf"):
        raise ConfigError(f"config file error: '{PREFIX}{name}' must be a number of {KNOWN[name][2]}, not '{value}'")
    return checked


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""
