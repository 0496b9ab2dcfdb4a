"""Values read from the metrics or params files of several revs, with what could not be read beside them.

The results are plain JSON-able dicts in dvc's shape, `{rev: {"data": {path: {"data": …}}}}`; a file, or a whole
rev, that failed has `{"error": {"type", "msg"}}` instead.
Source: dvc's repo/metrics/show.py, repo/metrics/diff.py and utils/serialize.
"""

from __future__ import annotations

import os.path
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dvnb.errors import FormatError
from dvnb.records import dataclass, field
from dvnb.reports import leaves, metafile_errors

if TYPE_CHECKING:
    from dvnb.formats.yamlio import ParseCache

WORKSPACE = "workspace"

Read = Callable[[str], bytes]
"""The bytes of a file by its POSIX path relative to the project root. FileNotFoundError where there is none.

The error's `strerror` is shown; dvc says "No storage files available" of outputs that the cache does not have.
"""

FileResult = dict[str, Any]
RevResult = dict[str, Any]
Shown = dict[str, RevResult]


@dataclass(slots=True)
class Source:
    """The files to read of one rev: relpath -> keys wanted, None for all of them.

    `rev` is the name shown: "workspace", "main", "v1,v2", or "" when only the workspace is asked for. `known` are
    values that need no reading; files win over them. `forms`: how metrics files are read that are not what their names
    say (`metric_forms`). `error` is why the files of this rev could not even be listed.
    """

    rev: str
    read: Read
    files: dict[str, list[str] | None] = field(default_factory=dict[str, "list[str] | None"])
    known: dict[str, Any] = field(default_factory=dict[str, Any])
    error: Exception | None = None
    cache: ParseCache | None = None
    forms: dict[str, dict[str, Any]] = field(default_factory=dict[str, "dict[str, Any]"])


@dataclass(slots=True)
class Compared:
    """`changes`: relpath -> dotted key -> change; `errored`: the revs of which something could not be read."""

    changes: dict[str, dict[str, leaves.Change]]
    errored: list[str]

    def seen_from(self, folder: str) -> Compared:
        """The same with paths relative to `folder`, itself relative to the project root."""
        return Compared(_relative(self.changes, folder), self.errored)


def read_rev(source: Source, load: Callable[[Source, str, bytes], Any]) -> RevResult:
    """Everything of one rev; `load(source, relpath, data)` makes a file's bytes its value."""
    if source.error is not None:
        return {"error": _encoded(source.error, "")}
    files: dict[str, FileResult] = {}
    for path in source.files:
        try:
            files[path] = {"data": load(source, path, source.read(path))}
        # One unreadable file must not hide the others, whatever is wrong with it: its error is part of the result.
        except Exception as error:  # noqa: BLE001
            files[path] = {"error": _encoded(error, path)}
    for path, value in source.known.items():
        files.setdefault(path, {"data": value})
    return {"data": files}


def hide_same_workspace(shown: Shown, branch: str | None) -> Shown:
    """Without the workspace where it is the same as the checked-out `branch`."""
    if branch is None or WORKSPACE not in shown or shown[WORKSPACE] != shown.get(branch):
        return shown
    return {rev: result for rev, result in shown.items() if rev != WORKSPACE}


def compare(old: Source, old_result: RevResult, new: Source, new_result: RevResult, *, unchanged: bool) -> Compared:
    """What changed between two revs, files of the old one first."""
    before: dict[str, FileResult] = old_result.get("data", {})
    after: dict[str, FileResult] = new_result.get("data", {})
    changes: dict[str, dict[str, leaves.Change]] = {}
    for path in dict.fromkeys((*before, *after)):
        old_value = before.get(path, {}).get("data", {})
        new_value = after.get(path, {}).get("data", {})
        found = leaves.diff(old_value, new_value, unchanged=unchanged)
        if found:
            changes[path] = found
    return Compared(changes, errored({old.rev: old_result, new.rev: new_result}))


def errored(shown: Shown) -> list[str]:
    """The revs of which something could not be read."""
    return [
        rev
        for rev, result in shown.items()
        if "error" in result or any("error" in entry for entry in result["data"].values())
    ]


def seen_from(shown: Shown, folder: str) -> Shown:
    """The same with paths relative to `folder`, itself relative to the project root."""
    return {
        rev: {**result, "data": _relative(result["data"], folder)} if "data" in result else result
        for rev, result in shown.items()
    }


def merge_keys(items: Iterable[tuple[str, list[str] | None]]) -> dict[str, list[str] | None]:
    """Keys wanted per file in order of appearance, each once; a file wanted whole anywhere (no keys) is None."""
    merged: dict[str, list[str] | None] = {}
    for path, keys in items:
        have = merged.setdefault(path, [])
        if not keys:
            merged[path] = None
        elif have is not None:
            have.extend(key for key in keys if key not in have)
    return merged


def _relative(files: Mapping[str, Any], folder: str) -> dict[str, Any]:
    if folder in ("", "."):
        return dict(files)
    return {os.path.relpath(path, folder): value for path, value in files.items()}


_NO_FILE = "No such file or directory"
_KINDS = {".json": "JSON", ".toml": "TOML", ".py": "Python"}


def _encoded(error: Exception, path: str) -> dict[str, str]:
    """The error as dvc's JSON has it: the name of dvc's exception, and its text without the parser's."""
    if isinstance(error, FileNotFoundError):
        return {"type": "FileNotFoundError", "msg": f"[Errno 2] {error.strerror or _NO_FILE}: '{path}'"}
    if not isinstance(error, FormatError):
        return {"type": type(error).__name__, "msg": str(error)}
    if error.kind or not error.message.startswith("unable to read"):
        return metafile_errors.encoded(error)
    if isinstance(error.__cause__, UnicodeDecodeError):
        return {"type": "EncodingError", "msg": f"unable to read: '{path}', is not valid utf-8"}
    kind = _KINDS.get(os.path.splitext(path)[1].lower(), "YAML")
    return {"type": f"{kind}FileCorruptedError", "msg": f"unable to read: '{path}', {kind} file structure is corrupted"}
