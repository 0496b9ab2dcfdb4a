"""The canonical form of a notebook: what of its bytes is source, and the hash of that.

Outputs, counts, and what editors and papermill note down while they work are no source. A notebook
that `clean` has written has canonical bytes = file bytes, so that plain md5 gives the same hash.
Only plain `json` is used: nbformat invents random cell ids where there are none.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
from collections.abc import Iterable
from typing import Any, cast

from dvnb.errors import NotebookError
from dvnb.notebooks.javascript import parse_number, render
from dvnb.notebooks.suffixes import SUFFIX, is_text
from dvnb.objects.hashing import md5_bytes
from dvnb.objects.staging import put

_CELL_NOISE = (
    "execution", "papermill", "collapsed", "scrolled", "trusted", "vscode", "ExecuteTime", "executionInfo", "outputId",
    "widgets",
)  # fmt: skip
_NOTEBOOK_NOISE = ("papermill", "widgets", "signature", "toc", "varInspector", "vscode", "language_info")
_JUPYTER_NOISE = ("outputs_hidden", "source_hidden")
_SURROGATE_ESCAPE = re.compile(r"\\u(d[89ab][0-9a-f]{2}(?!\\ud[c-f][0-9a-f]{2})|d[c-f][0-9a-f]{2})", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")


class NotebookCanonical:
    """Hashes notebooks by their canonical form; an `objects.canonical.Canonical`."""

    def applies(self, path: str) -> bool:
        """Whether the file at `path` is a notebook, by its name."""
        return path.endswith(SUFFIX)

    def hash(self, path: str) -> tuple[str, int]:
        """MD5 in hex and size in bytes of the canonical form of the notebook at `path`.

        Raises: NotebookError if it is no notebook; OSError if it cannot be read.
        """
        with open(path, "rb") as file:
            data = canonical_bytes(file.read(), path)
        return md5_bytes(data), len(data)


def canonical_bytes(data: bytes, path: str = "notebook") -> bytes:
    """The canonical form of the notebook whose file holds `data`; `path` is for messages.

    Raises: NotebookError on a byte order mark, lone surrogates, and what is no notebook.
    """
    return encoded(canonical(parse(data, path)), data, path)


def encoded(notebook: dict[str, Any], data: bytes, path: str) -> bytes:
    """`notebook` as a file's bytes; it was made of `data`.

    Raises: NotebookError on lone surrogates.
    """
    try:
        return render(notebook).encode()
    except UnicodeEncodeError as error:
        raise NotebookError(f"cannot use '{path}': {_lone_surrogate(data)}") from error


def openable(folder: str, path: str) -> str:
    """A path of `folder` as it can be opened: as it is where the process is there, so that messages are short.

    Only the main thread knows where the process will be: cells may change that while other threads work.
    """
    here = threading.current_thread() is threading.main_thread() and os.getcwd() == folder
    return path if here else os.path.join(folder, path)


def load(path: str) -> dict[str, Any]:
    """The notebook at `path` as parsed JSON, nothing dropped; one that jupytext keeps as text, as its JSON would be.

    Raises: NotebookError if it is missing or no notebook.
    """
    return read(read_bytes(path), path)


def read(data: bytes, path: str) -> dict[str, Any]:
    """The notebook whose file at `path` holds `data`, as `load` has it.

    Raises: NotebookError if it is no notebook.
    """
    if is_text(path):
        from dvnb.notebooks.versions import pairs  # jupytext is for those who use it

        return pairs.parse_text(data, path)
    return parse(data, path)


def parse(data: bytes, path: str) -> dict[str, Any]:
    """`data` as a notebook's JSON, numbers as JavaScript would write them (NaN and infinities: null)."""
    if data.startswith(b"\xef\xbb\xbf"):
        raise NotebookError(f"cannot use '{path}': line 1 starts with a byte order mark; save it as UTF-8 without one")
    try:
        value: Any = json.loads(
            data.decode(), parse_float=parse_number, parse_int=parse_number, parse_constant=lambda _: None
        )
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise NotebookError(f"cannot use '{path}': line {line} is not UTF-8") from error
    except json.JSONDecodeError as error:
        message = f"cannot use '{path}': not valid JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        raise NotebookError(message) from error
    except RecursionError as error:
        raise NotebookError(f"cannot use '{path}': it is nested too deeply") from error
    if not _is_notebook(value):
        raise NotebookError(f"cannot use '{path}': it is JSON but no notebook (no list of cells)")
    return cast("dict[str, Any]", value)


def _is_notebook(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    notebook = cast("dict[str, Any]", value)
    if isinstance(notebook.get("cells"), list):
        return all(map(_is_cell, notebook["cells"]))
    sheets = notebook.get("worksheets")
    if not isinstance(sheets, list):
        return False
    whole = all(isinstance(sheet, dict) and isinstance(sheet.get("cells"), list) for sheet in cast("list[Any]", sheets))
    return whole and all(map(_is_cell, cells_of(notebook)))


def _is_cell(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    source: Any = cast("dict[str, Any]", value).get("source", "")
    return isinstance(source, str) or (isinstance(source, list) and all(isinstance(line, str) for line in source))


def cells_of(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """All cells in order, those of a format 3 notebook's worksheets too."""
    cells = notebook.get("cells")
    if isinstance(cells, list):
        return cast("list[dict[str, Any]]", cells)
    return [cell for sheet in notebook.get("worksheets", []) for cell in sheet["cells"]]


def cell_source(cell: dict[str, Any]) -> str:
    """A cell's source as one text."""
    source = cell.get("source", cell.get("input", ""))
    return source if isinstance(source, str) else "".join(source or [])


def cell_tags(cell: dict[str, Any]) -> list[str]:
    """A cell's tags."""
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return cast("list[str]", tags) if isinstance(tags, list) else []


def canonical(notebook: dict[str, Any]) -> dict[str, Any]:
    """A copy of `notebook` without what is no source; `notebook` itself stays as it is."""
    result = dict(notebook)
    metadata = _dict(notebook.get("metadata"))
    result["metadata"] = {
        key: value
        for key, value in metadata.items()
        if key not in _NOTEBOOK_NOISE and not key.startswith("orig_nbformat")
    }
    result.pop("orig_nbformat", None)
    result.pop("orig_nbformat_minor", None)
    spec = metadata.get("kernelspec")
    if isinstance(spec, dict) and "name" in spec:
        result["metadata"]["kernelspec"] = {**spec, "display_name": spec["name"]}
    if isinstance(notebook.get("cells"), list):
        result["cells"] = [_canonical_cell(cell) for cell in notebook["cells"]]
    elif isinstance(notebook.get("worksheets"), list):
        result["worksheets"] = [
            {**sheet, "cells": [_canonical_cell(cell) for cell in sheet["cells"]]} for sheet in notebook["worksheets"]
        ]
    return result


def _canonical_cell(cell: dict[str, Any]) -> dict[str, Any]:
    result = dict(cell)
    metadata = {key: value for key, value in _dict(cell.get("metadata")).items() if key not in _CELL_NOISE}
    if not metadata.get("tags", True):
        del metadata["tags"]
    jupyter = metadata.get("jupyter")
    if isinstance(jupyter, dict):
        kept = {key: value for key, value in cast("dict[str, Any]", jupyter).items() if key not in _JUPYTER_NOISE}
        metadata["jupyter"] = kept
        if not kept:
            del metadata["jupyter"]
    result["metadata"] = metadata
    if "input" in cell and "source" not in cell:  # format 3
        result["input"] = cell_source(cell).splitlines(keepends=True)
    else:
        result["source"] = cell_source(cell).splitlines(keepends=True)
    result.pop("prompt_number", None)
    if cell.get("cell_type") == "code":
        result["outputs"] = []
        if "input" not in cell:
            result["execution_count"] = None
    return result


def _dict(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


# ---- files -------------------------------------------------------------------------------------------


def read_bytes(path: str) -> bytes:
    """A notebook's file.

    Raises: NotebookError if it is missing or a folder.
    """
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError as error:
        raise NotebookError(f"notebook '{path}' does not exist") from error
    except IsADirectoryError as error:
        raise NotebookError(f"'{path}' is a folder, not a notebook") from error


def write_atomically(path: str, pieces: Iterable[bytes]) -> None:
    """Write a file under a temporary name, then rename; its permissions stay, writable for its owner.

    A link is replaced, never followed: it may lead into the cache.
    """

    def make(temporary: str) -> None:
        with open(temporary, "xb") as file:
            file.writelines(pieces)
        with contextlib.suppress(FileNotFoundError):
            os.chmod(temporary, os.stat(path).st_mode & 0o777 | 0o200)

    put(os.path.abspath(path), make)


def _lone_surrogate(data: bytes) -> str:
    text = data.decode()
    match = _SURROGATE_ESCAPE.search(text) or _SURROGATE.search(text)
    if match is None:
        return "it holds half of a surrogate pair"
    return f"line {text.count(chr(10), 0, match.start()) + 1} holds half of a surrogate pair ({match.group()})"
