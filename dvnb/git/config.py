"""The few settings dvnb needs from git's config files, read without starting git.

Conditional includes are not followed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

_HEADER = re.compile(r'\s*\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]')
_ASSIGNMENT = re.compile(r"\s*([A-Za-z][A-Za-z0-9-]*)\s*(?:=\s*(.*))?", re.DOTALL)
_MAX_INCLUDES = 10  # git's own bound
_ESCAPES = {"n": "\n", "t": "\t", "b": "\b"}


def read_settings(paths: list[str]) -> dict[str, str]:
    """Values by `section.key` or `section.subsection.key` (section and key in lower case); later files win."""
    settings: dict[str, str] = {}
    for path in paths:
        settings.update(_read(path, 0))
    return settings


def with_included(paths: list[str]) -> list[str]:
    """These files and those that they include, whether they are there or not."""
    found: list[str] = []
    for path in paths:
        for _ in _read(path, 0, found):
            pass
    return found


def user_files() -> list[str]:
    """The system's and the user's config files, lowest precedence first."""
    files: list[str] = []
    if os.environ.get("GIT_CONFIG_NOSYSTEM", "").lower() not in ("1", "true", "yes", "on"):
        files.append(os.environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig")
    chosen = os.environ.get("GIT_CONFIG_GLOBAL")
    if chosen is not None:
        return [*files, chosen]
    return [*files, os.path.join(user_folder(), "config"), os.path.expanduser("~/.gitconfig")]


def user_folder() -> str:
    """Where git keeps what a user configured: `~/.config/git` unless the environment says otherwise."""
    return os.path.join(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"), "git")


def _read(path: str, depth: int, asked: list[str] | None = None) -> Iterator[tuple[str, str]]:
    if asked is not None:
        asked.append(path)
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
    except OSError:
        return
    for key, value in _assignments(text.removeprefix("\ufeff")):
        yield key, value
        if key == "include.path" and depth < _MAX_INCLUDES:
            included = os.path.join(os.path.dirname(path), os.path.expanduser(value))
            yield from _read(included, depth + 1, asked)


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    section = ""
    # A backslash at the end of a line joins it with the next one, but not inside a comment.
    lines = iter(text.split("\n"))
    for first in lines:
        line = first
        while line.endswith("\\") and not line.lstrip().startswith(("#", ";")):
            line = line[:-1] + next(lines, "")
        header = _HEADER.match(line)
        if header:
            name, sub = header.groups()
            section = name.lower() + ("" if sub is None else "." + re.sub(r"\\(.)", r"\1", sub))
            line = line[header.end() :]
        assignment = _ASSIGNMENT.match(line)
        if assignment and section:
            key, value = assignment.groups()
            yield f"{section}.{key.lower()}", "true" if value is None else _unquote(value)


def _unquote(raw: str) -> str:
    value: list[str] = []
    quoted = False
    kept = 0  # up to here trailing blanks count, because they were quoted
    characters = iter(raw)
    for character in characters:
        if character == '"':
            quoted = not quoted
        elif character == "\\":
            escaped = next(characters, "")
            value.append(_ESCAPES.get(escaped, escaped))
        elif character in "#;" and not quoted:
            break
        else:
            value.append(character)
        if quoted or not character.isspace():
            kept = len(value)
    return "".join(value[:kept])
