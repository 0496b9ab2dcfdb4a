"""The variables that `${}` can name: merged from params.yaml, `vars:` and foreach items, each with its origin.

Source: dvc's parsing/context.py.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, cast

from dvnb.errors import FormatError
from dvnb.pipeline.params import DEFAULT_PARAMS_FILE, load_params
from dvnb.pipeline.templating.interpolate import MissingVariableError, dotted

if TYPE_CHECKING:
    from dvnb.formats.yamlio import ParseCache

# Keys and list positions, as text, that lead to a value.
Path = tuple[str, ...]
# Where a value was written: the source as messages name it, the path in it, and whether it is a file.
Origin = tuple[str, Path, bool]
# Origins by path; what lies below a path comes from the same place unless it has an origin of its own.
Origins = Mapping[Path, Origin]


class VariableError(Exception):
    """Variables cannot be loaded or merged; `on_new_line`: dvc puts the message below its introduction."""

    on_new_line = False


class RedefinedError(VariableError):
    """A variable is set twice."""

    on_new_line = True


class AlreadyLoadedError(VariableError):
    """A file of variables is named twice."""

    on_new_line = True


def locate(origins: Origins, path: Path) -> Origin | None:
    """Where the value at `path` was written."""
    for length in range(len(path), -1, -1):
        origin = origins.get(path[:length])
        if origin:
            return origin[0], origin[1] + path[length:], origin[2]
    return None


class VariableFiles:
    """The files that variables are read from, each parsed once.

    Paths are POSIX, relative to the dvc.yaml's folder; `folder` is that folder as messages show it.
    """

    def __init__(self, folder: str, read: Callable[[str], bytes], cache: ParseCache | None = None) -> None:
        self._folder = folder
        self._read = read
        self._cache = cache
        self._loaded: dict[str, Any] = {}

    def shown(self, path: str) -> str:
        """The path as messages show it."""
        return posixpath.normpath(posixpath.join(self._folder, path))

    def load(self, path: str) -> dict[str, Any]:
        """The mapping in this file.

        Raises: VariableError if it is missing or no mapping; FormatError if it cannot be parsed.
        """
        if path not in self._loaded:
            try:
                self._loaded[path] = load_params(self._read(path), self.shown(path), self._cache)
            except FileNotFoundError as exc:
                raise VariableError(f"'{self.shown(path)}' does not exist") from exc
            except IsADirectoryError as exc:
                raise VariableError(f"'{self.shown(path)}' is a directory") from exc
        data = self._loaded[path]
        if not isinstance(data, dict):
            kind = type(data).__name__
            raise VariableError(f"expected a dictionary, got '{kind}' in file '{self.shown(path)}'")
        return cast("dict[str, Any]", data)


class Variables:
    """One scope of variables. Scopes are values: adding to one makes another, which shares what did not change."""

    __slots__ = ("_data", "_files", "_origins", "_reserved")

    def __init__(
        self,
        data: dict[str, Any] | None = None,
        origins: Origins | None = None,
        files: dict[str, list[str] | None] | None = None,
        reserved: tuple[str, ...] = (),
    ) -> None:
        self._data = data or {}
        self._origins = origins or {}
        # Which keys of each file were loaded; None: all of them.
        self._files = files or {}
        self._reserved = reserved

    def __contains__(self, name: str) -> bool:
        return name in self._data

    def select(self, expression: str) -> tuple[Any, Path]:
        """The value that `a.b[0]` names, and its path.

        Raises: MissingVariableError.
        """
        value: Any = self._data
        path: list[str] = []
        for part in dotted(expression).split("."):
            try:
                place = _place(value, part.strip())
                value = value[place]
            except (LookupError, ValueError) as exc:
                raise MissingVariableError(expression) from exc
            path.append(str(place))
        return self._plain(value, tuple(path)), tuple(path)

    def origin(self, path: Path) -> Origin | None:
        """Where the value at `path` was written."""
        return locate(self._origins, path)

    def with_default_file(self, files: VariableFiles) -> Variables:
        """Add params.yaml, if it exists."""
        try:
            data = files.load(DEFAULT_PARAMS_FILE)
        except VariableError as exc:
            if isinstance(exc.__cause__, FileNotFoundError):
                return self
            raise
        return self.with_data(data, files.shown(DEFAULT_PARAMS_FILE), file=(DEFAULT_PARAMS_FILE, None))

    def with_vars(self, items: list[Any], files: VariableFiles, folder: str = "", stage: str = "") -> Variables:
        """Add the items of a `vars:` list: `"file"`, `"file:key,key"` or a mapping; files are relative to `folder`.

        Raises: VariableError; FormatError for a file that cannot be parsed.
        """
        scope = self
        for index, item in enumerate(items):
            if isinstance(item, str):
                scope = scope.with_file(item, files, folder)
            else:
                scope = scope.with_data(item, f"{stage}{'.' if stage else ''}vars[{index}]")
        return scope

    def with_item(self, values: dict[str, Any], origins: Origins) -> Variables:
        """Set `item` and `key` of one generated stage; its own `vars:` may not set them again."""
        kept = {path: origin for path, origin in self._origins.items() if path[0] not in values}
        return Variables({**self._data, **values}, {**kept, **origins}, self._files, tuple(values))

    def with_file(self, item: str, files: VariableFiles, folder: str = "") -> Variables:
        """Add `"file"` or `"file:key,key"`; naming a whole file again does nothing."""
        name, _, listed = item.partition(":")
        path = posixpath.normpath(posixpath.join(folder, name))
        keys = [key for key in listed.split(",") if key]
        if path in self._files:
            loaded = self._files[path]
            if not keys and loaded is None:
                return self
            if keys and loaded is None:
                raise AlreadyLoadedError(f"cannot partially load '{item}' as it's already loaded.")
            if not keys or set(keys) & set(loaded or ()):
                raise AlreadyLoadedError(f"cannot load '{item}' as it's partially loaded already")
        data = files.load(path)
        shown = files.shown(path)
        for key in keys:
            if key not in data:
                raise VariableError(f"could not find '{key}' in '{shown}'")
        if keys:
            data = {key: data[key] for key in keys}
        return self.with_data(data, shown, file=(path, keys or None), item=item)

    def with_data(
        self, data: dict[str, Any], source: str, *, file: tuple[str, list[str] | None] | None = None, item: str = ""
    ) -> Variables:
        """Add a mapping; `source` and `item` name it in messages. `file`: its path and chosen keys (None: all)."""
        reserved = [name for name in self._reserved if name in data]
        if reserved:
            plural = "s" if len(reserved) > 1 else ""
            where = f" in '{item}'" if item else ""
            raise VariableError(f"attempted to modify reserved key{plural} {' and '.join(reserved)}{where}")
        origins = dict(self._origins)
        merged = _merge(self._data, data, (), (source, file is not None), origins)
        loaded = self._files
        if file:
            before, keys = loaded.get(file[0]), file[1]
            loaded = {**loaded, file[0]: [*(before or ()), *keys] if keys else None}
        return Variables(merged, origins, loaded, self._reserved)

    def _plain(self, value: Any, path: Path) -> Any:
        """A copy as dvc sees it: keys that are not text do not exist, dates and the like are refused."""
        if isinstance(value, dict):
            items = cast("dict[Any, Any]", value).items()
            return {key: self._plain(item, (*path, key)) for key, item in items if isinstance(key, str)}
        if isinstance(value, list):
            return [self._plain(item, (*path, str(i))) for i, item in enumerate(cast("list[Any]", value))]
        if value is None or isinstance(value, (str, int, float)):
            return value
        source, inner, _ = self.origin(path) or ("<local>", path, False)
        message = f"Unsupported value of type '{type(value).__name__}' in '{source}:{'.'.join(inner)}'"
        raise FormatError(message, source)


def _place(value: Any, part: str) -> Any:
    """The key or, counted from 0, the index of `value` that this part of a name means.

    Raises: LookupError, ValueError.
    """
    if isinstance(value, list):
        index = int(part)
        return index + len(cast("list[Any]", value)) if index < 0 else index
    if isinstance(value, dict):
        return part
    raise LookupError(part)


def _merge(
    into: dict[str, Any], new: dict[str, Any], at: Path, source: tuple[str, bool], origins: dict[Path, Origin]
) -> dict[str, Any]:
    """`into` with `new` added at every depth; records the origin of what is added."""
    merged = dict(into)
    for key, value in new.items():
        if not isinstance(cast("object", key), str):
            continue
        path = (*at, key)
        old = into.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            merged[key] = _merge(cast("dict[str, Any]", old), cast("dict[str, Any]", value), path, source, origins)
        elif key in into:
            before = locate(origins, path)
            where = before[0] if before else "<local>"
            name = ".".join(path)
            raise RedefinedError(f"cannot redefine '{name}' from '{source[0]}' as it already exists in '{where}'")
        else:
            merged[key] = value
            origins[path] = (source[0], path, source[1])
    return merged
