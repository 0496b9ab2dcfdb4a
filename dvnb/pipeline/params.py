"""Parameter files: reading them, picking keys, and what changed since the lock file was written.

Source: dvc's dependency/param.py and utils/serialize.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, cast

from dvnb.errors import FormatError, StageFailedError
from dvnb.formats import yamlio
from dvnb.objects.hashing import md5_bytes
from dvnb.pipeline.stage import ParamsDep

if TYPE_CHECKING:
    from dvnb.formats.yamlio import ParseCache

DEFAULT_PARAMS_FILE = "params.yaml"

Change = Literal["new", "modified", "deleted"]


def load_params(data: bytes, path: str, cache: ParseCache | None = None) -> Any:
    """What a parameter or metrics file holds, by the suffix of `path` (.json, .toml, .py, else YAML); {} if empty.

    Raises: FormatError with dvc's message; `path` is shown in it.
    """
    kind = os.path.splitext(path)[1].lower()
    if kind == ".json":
        return _parse_json(yamlio.decode(data, path), path)
    if kind in (".toml", ".py"):
        return _parse_cached(kind, data, path, cache)
    return yamlio.load(data, path, cache) or {}


def get_key(data: Any, dotted: str) -> Any:
    """The value at `a.b.0` (a position in a list counts from 0).

    Raises: KeyError.
    """
    value = data
    for part in dotted.lstrip(".").split("."):
        try:
            value = value[_place(value, part)]
        except (LookupError, TypeError):
            raise KeyError(dotted) from None
    return value


def select(data: Any, keys: Iterable[str]) -> dict[str, Any]:
    """The values of those `keys` that exist, under their dotted names; no keys: every top-level key."""
    keys = list(keys)
    if not keys:
        if not isinstance(data, dict):
            raise FormatError(f"expected a dictionary of parameters, got '{type(data).__name__}'")
        return dict(cast("dict[str, Any]", data))
    found: dict[str, Any] = {}
    for key in keys:
        try:
            found[key] = get_key(data, key)
        except KeyError:
            continue
    return found


def subset(data: Any, keys: Iterable[str]) -> Any:
    """`data` cut down to those `keys`, nested as it was (gaps in lists are None); no keys: `data` itself."""
    keys = list(keys)
    if not keys:
        return data
    result: Any = {}
    for key in select(data, keys):
        result = _graft(result, data, key.lstrip(".").split("."))
    return result


def status(recorded: dict[str, Any] | None, current: Any, keys: list[str]) -> dict[str, Change] | Change:
    """What changed in one parameter file, by key, in the order of `keys`; {} if nothing did.

    `recorded` is the lock file's entry for the file, None without one (then "new" as a whole); `current` is the
    file's content, None if it does not exist (then "deleted" as a whole). No `keys`: the whole file is tracked.
    """
    if current is None:
        return "deleted"
    if recorded is None:
        return "new"
    actual = select(current, keys)
    changes: dict[str, Change] = {}
    for key in keys or dict.fromkeys([*actual, *recorded]):
        if key not in actual:
            changes[key] = "deleted"
        elif key not in recorded:
            changes[key] = "new"
        elif actual[key] != recorded[key]:
            changes[key] = "modified"
    return changes


def params_status(params: ParamsDep, cache: ParseCache | None = None) -> dict[str, Change] | Change:
    """`status` of a stage's parameter file as it is in the workspace.

    Raises: FormatError if it cannot be parsed.
    """
    if not os.path.exists(params.path):
        return "deleted"
    # What was never recorded need not be readable.
    if params.recorded is None:
        return "new"
    return status(params.recorded, _read(params.path, params.text, cache), params.keys)


def current_values(
    params: ParamsDep, cache: ParseCache | None = None, shown: str | None = None, *, strict: bool = True
) -> dict[str, Any] | None:
    """What the lock file shall record of a stage's parameter file, sorted by key; None if the file is missing.

    `strict`: a missing file or key is an error. `shown` is the path in messages.
    Raises: StageFailedError with dvc's messages; FormatError if the file cannot be parsed.
    """
    shown = shown or params.text
    if not os.path.exists(params.path):
        if strict:
            raise StageFailedError(f"dependency '{shown}' does not exist")
        return None
    found = select(_read(params.path, shown, cache), params.keys)
    absent = [key for key in dict.fromkeys(params.keys) if key not in found]
    if absent and strict:
        raise StageFailedError(f"Parameters '{', '.join(absent)}' are missing from '{shown}'.")
    return {key: found[key] for key in sorted(found)}


def _read(path: str, shown: str, cache: ParseCache | None) -> Any:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except IsADirectoryError as exc:
        raise StageFailedError(f"'{shown}' is a directory, expected a parameters file") from exc
    try:
        return load_params(data, shown, cache)
    except FormatError as exc:
        message = f"Unable to read parameters from '{shown}': {exc.message}"
        raise FormatError(message, shown, exc.line, exc.column) from exc


def _place(value: Any, part: str) -> Any:
    """The key or index of `value` that this part of a dotted name means.

    Raises: LookupError.
    """
    if isinstance(value, list):
        if not part.isdecimal():
            raise LookupError(part)
        return int(part)
    if isinstance(value, dict):
        keys = cast("dict[Any, Any]", value)
        # YAML has keys that are no text, such as 1.
        return part if part in keys else next((key for key in keys if str(key) == part), part)
    raise LookupError(part)


def _graft(target: Any, data: Any, parts: list[str]) -> Any:
    """`target` with what `data` has at `parts` put at the same place."""
    if not parts:
        return data
    place = _place(data, parts[0])
    if isinstance(data, list):
        grown: list[Any] = list(target or [])
        grown.extend([None] * (place + 1 - len(grown)))
        grown[place] = _graft(grown[place], data[place], parts[1:])
        return grown
    below: dict[Any, Any] = dict(target or {})
    below[place] = _graft(below.get(place), data[place], parts[1:])
    return below


def _parse_json(text: str, path: str) -> Any:
    try:
        return json.loads(text) or {}
    except json.JSONDecodeError as exc:
        raise _corrupted("JSON", path, exc, exc.lineno, exc.colno) from exc


def _parse_cached(kind: str, data: bytes, path: str, cache: ParseCache | None) -> Any:
    digest = f"{kind}:{md5_bytes(data)}"
    known = cache.get(digest) if cache else None
    if known is not None:
        return known
    text = yamlio.decode(data, path)
    value = _parse_toml(text, path) if kind == ".toml" else _parse_python(text, path)
    if cache and _is_json(value):
        cache.put(digest, value)
    return value


def _parse_toml(text: str, path: str) -> Any:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise _corrupted("TOML", path, exc) from exc


def _parse_python(text: str, path: str) -> dict[str, Any]:
    from dvnb.pipeline import python_params

    try:
        return python_params.parse(text, path)
    except (SyntaxError, ValueError) as exc:
        raise _corrupted("Python", path, exc, getattr(exc, "lineno", None), getattr(exc, "offset", None)) from exc


def _corrupted(
    kind: str, path: str, error: Exception, line: int | None = None, column: int | None = None
) -> FormatError:
    return FormatError(f"unable to read: '{path}', {kind} file structure is corrupted: {error}", path, line, column)


def _is_json(value: Any) -> bool:
    """Whether JSON gives the same value back: no dates, no keys that are not text, finite numbers."""
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value).items()
        return all(isinstance(key, str) and _is_json(item) for key, item in items)
    if isinstance(value, list):
        return all(map(_is_json, cast("list[Any]", value)))
    return value is None or isinstance(value, (str, int)) or (isinstance(value, float) and value - value == 0)
