"""One config file: bytes <-> sections. The ordinary shape is read here, anything else by ConfigObj, which also writes.

Source: dvc's config.py (`load_file`, `_parse_named`, `_pack_named`, `_resolve`, `_to_relpath`).
"""

from __future__ import annotations

import io
import os
import re
import sys
from typing import TYPE_CHECKING, Any, Self, cast

from dvnb.errors import ConfigError
from dvnb.formats.config_schema import NAMED
from dvnb.objects.hashing import md5_bytes

if TYPE_CHECKING:
    from dvnb.formats.yamlio import ParseCache

Sections = dict[str, Any]

_HEADER = re.compile(r"""\[(?:([A-Za-z][\w-]*)|'([A-Za-z]+ "[^'"\[\]#,%]+")')\][ \t]*""", re.ASCII)
_OPTION = re.compile(r"""[ \t]*([A-Za-z]\w*)[ \t]*=[ \t]*(?:"([^"'%]*)"|([^'"\[\]#,%\s][^'"#,%]*))[ \t]*""", re.ASCII)
_NAMED_HEADER = re.compile(r'\s*(remote|machine|db)\s*"(.*)"\s*')
_URL = re.compile(r"\w+://")
_PATH_OPTIONS = {
    "remote": (
        "url",
        "gdrive_user_credentials_file",
        "gdrive_service_account_json_file_path",
        "credentialpath",
        "configpath",
        "keyfile",
        "cert_path",
        "key_path",
    ),
    "machine": ("startup_script", "setup_script"),
}


class ConfigPath(str):
    """An absolute path that remembers `stored`, how its config file shall spell it."""

    __slots__ = ("stored",)
    stored: str

    def __new__(cls, path: str, stored: str) -> Self:
        """Pair an absolute path with its spelling."""
        self = super().__new__(cls, path)
        self.stored = stored
        return self


def level_folder(level: str) -> str:
    """The folder of the "system" or "global" config file; DVC_SYSTEM_CONFIG_DIR and DVC_GLOBAL_CONFIG_DIR win."""
    chosen = os.environ.get(f"DVC_{level.upper()}_CONFIG_DIR")
    if chosen:
        return chosen
    if not sys.platform.startswith("linux"):
        import platformdirs

        find = platformdirs.site_config_dir if level == "system" else platformdirs.user_config_dir
        return find("dvc", "iterative")
    # What platformdirs answers on Linux; importing it takes longer than reading the files.
    if level == "system":
        folders = [*os.environ.get("XDG_CONFIG_DIRS", "").split(os.pathsep), "/etc/xdg"]
    else:
        folders = [os.environ.get("XDG_CONFIG_HOME", ""), os.path.expanduser("~/.config")]
    return os.path.join(next(filter(os.path.isabs, folders), folders[-1]), "dvc")


def parse(data: bytes, cache: ParseCache | None = None) -> Sections:
    """Sections of a config file, keys in lower case, named sections below "remote", "machine" and "db"; values as text.

    Raises: ConfigError where ConfigObj cannot read it.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as exc:
        raise ConfigError(f"config file error: {exc}") from exc
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    raw = read_simple(text)
    if raw is None:
        raw = _read_cached(data, text, cache)
    return _nest_named(_lower_keys(raw))


def read_simple(text: str) -> Sections | None:
    """Sections of a file of the shape dvc writes, with comment lines; None if anything in it is out of the ordinary."""
    sections: dict[str, dict[str, str]] = {}
    current: dict[str, str] | None = None
    for line in text.split("\n"):
        if not line or line.isspace():
            continue
        if not line.replace("\t", " ").isprintable():
            return None
        if line.lstrip(" \t").startswith("#"):
            continue
        option = _OPTION.fullmatch(line)
        if option is not None:
            key, quoted, bare = option.groups()
            if current is None or key in current:
                return None
            current[key] = bare.rstrip(" \t") if quoted is None else quoted
            continue
        header = _HEADER.fullmatch(line)
        name = header and (header[1] or header[2])
        if not name or name in sections:
            return None
        current = sections[name] = {}
    return cast("Sections", sections)


def _read_cached(data: bytes, text: str, cache: ParseCache | None) -> Sections:
    if cache is None:
        return _read_any(text)
    digest = "config:" + md5_bytes(data)
    known = cache.get(digest)
    if known is None:
        known = _read_any(text)
        cache.put(digest, known)
    return known


def _read_any(text: str) -> Sections:
    from configobj import ConfigObj, ConfigObjError  # pyright: ignore[reportMissingTypeStubs]

    try:
        return cast("Sections", ConfigObj(text.splitlines(keepends=True)).dict())
    except ConfigObjError as exc:
        # Parse errors and unknown names in %(…)s alike.
        raise ConfigError(f"config file error: {exc}") from exc


def render(sections: Sections) -> bytes:
    """The bytes ConfigObj writes: empty sections dropped, named ones last; a single line break if nothing is left."""
    from configobj import ConfigObj, ConfigObjError  # pyright: ignore[reportMissingTypeStubs]

    packed = {name: value for name, value in sections.items() if value and name not in NAMED}
    for kind in NAMED:
        for name, value in sections.get(kind, {}).items():
            packed[f'{kind} "{name}"'] = value
    # ASCII alone would lose the file on the first other letter.
    config: Any = ConfigObj(packed, encoding="utf-8")
    buffer = io.BytesIO()
    try:
        config.write(buffer)
    except ConfigObjError as exc:
        raise ConfigError(f"config file error: {exc}") from exc
    return buffer.getvalue()


def replace(path: str, data: bytes) -> None:
    """Put these bytes in the place of the file, in one step."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    # A config that is a link (dotfiles kept elsewhere) stays one.
    path = os.path.realpath(path)
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
        if os.path.exists(path):
            os.chmod(temporary, os.stat(path).st_mode & 0o7777)
        os.replace(temporary, path)
    except OSError:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def _lower_keys(data: Sections) -> Sections:
    return {
        key.lower(): _lower_keys(cast("Sections", value)) if isinstance(value, dict) else value
        for key, value in data.items()
    }


def _nest_named(data: Sections) -> Sections:
    result: Sections = {kind: {} for kind in NAMED}
    for section, value in data.items():
        named = _NAMED_HEADER.fullmatch(section)
        if named:
            result[named[1]][named[2]] = value
        else:
            result[section] = value
    for kind in NAMED:
        if not isinstance(result[kind], dict):
            raise ConfigError(f"config file error: expected a dictionary for dictionary value @ data[{kind!r}]")
    return result


def resolve_paths(sections: Sections, folder: str) -> None:
    """Make the relative paths among the values absolute, seen from `folder`, in place."""
    for options, key in _path_options(sections):
        options[key] = _resolve(folder, options[key])


def store_paths(sections: Sections, folder: str) -> None:
    """Spell the paths among the values as a config file in `folder` does, in place: relative to it where relative."""
    for options, key in _path_options(sections):
        options[key] = _spell(folder, options[key])


def _path_options(sections: Sections) -> list[tuple[Sections, str]]:
    holders: list[tuple[Any, tuple[str, ...]]] = [(sections.get("cache"), ("dir",))]
    for kind, keys in _PATH_OPTIONS.items():
        members = sections.get(kind)
        if isinstance(members, dict):
            holders += [(member, keys) for member in cast("Sections", members).values()]
    return [
        (cast("Sections", holder), key)
        for holder, keys in holders
        if isinstance(holder, dict)
        for key in keys
        if isinstance(cast("Sections", holder).get(key), str)
    ]


def _resolve(folder: str, path: str) -> str:
    if _URL.match(path) or os.path.isabs(path):
        return path
    expanded = os.path.expanduser(path)
    if os.path.isabs(expanded):
        return ConfigPath(expanded, path)
    absolute = os.path.abspath(os.path.join(folder, path))
    return ConfigPath(absolute, os.path.relpath(absolute, folder).replace(os.sep, "/"))


def _spell(folder: str, path: str) -> str:
    if isinstance(path, ConfigPath):
        return path.stored
    if _URL.match(path) or os.path.isabs(path):
        return path
    if os.path.expanduser(path) != path:
        return path.replace(os.sep, "/")
    return os.path.relpath(os.path.abspath(path), folder).replace(os.sep, "/")
