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
from collections.abc import Iterable
from typing import Any, cast

from dvnb.errors import NotebookError
from dvnb.notebooks.javascript import parse_number, render
from dvnb.objects.hashing import md5_bytes

SUFFIX = ".ipynb"

_CELL_NOISE = (
    "execution", "papermill", "collapsed", "scrolled", "trusted", "vscode", "ExecuteTime", "executionInfo", "outputId",
    "widgets",
)  # fmt: skip
_NOTEBOOK_NOISE = ("papermill", "widgets", "signature", "toc", "varInspector", "vscode", "language_info")
_JUPYTER_NOISE = ("outputs_hidden", "source_hidden")
_SURROGATE_ESCAPE = re.compile(r"\\u(d[89ab][0-9a-f]{2}(?!\\ud[c-f][0-9a-f]{2})|d[c-f][0-9a-f]{2})", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")


class NotebookCanonical:
    """Hashes notebooks by their canonical form; what `objects.build` is given as its `Canonical`."""

    def applies(self, path: str) -> bool:
        """Whether the file at `path` is a notebook, by its name."""
        return path.endswith(SUFFIX)

    def hash(self, path: str) -> tuple[str, int]:
        """MD5 in hex and size in bytes of the canonical form of the notebook at `path`.

        Raises: NotebookError if it is no notebook; OSError if it cannot be read.
        """
        data = canonical_bytes(_read(path), path)
        return md5_bytes(data), len(data)


def canonical_bytes(data: bytes, path: str = "notebook") -> bytes:
    """The canonical form of the notebook whose file holds `data`; `path` is for messages.

    Raises: NotebookError on a byte order mark, lone surrogates, and what is no notebook.
    """
    text = render(canonical(parse(data, path)))
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise NotebookError(f"cannot use '{path}': {_lone_surrogate(data)}") from error


def clean(path: str) -> bool:
    """Write the notebook at `path` in its canonical form; whether that changed the file.

    Outputs in it are gone afterwards: who calls this keeps a copy if one is wanted.
    """
    new = cleaned(path)
    if new is None:
        return False
    write_atomically(path, [new])
    return True


def cleaned(path: str) -> bytes | None:
    """What `clean` would write over the notebook at `path`; None where its file holds just that.

    Raises: NotebookError if it is missing or no notebook.
    """
    old = _read_notebook(path)
    new = canonical_bytes(old, path)
    return None if new == old else new


def load(path: str) -> dict[str, Any]:
    """The notebook at `path` as parsed JSON, nothing dropped.

    Raises: NotebookError if it is missing or no notebook.
    """
    return parse(_read_notebook(path), path)


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


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _read_notebook(path: str) -> bytes:
    try:
        return _read(path)
    except FileNotFoundError as error:
        raise NotebookError(f"notebook '{path}' does not exist") from error
    except IsADirectoryError as error:
        raise NotebookError(f"'{path}' is a folder, not a notebook") from error


def write_atomically(path: str, pieces: Iterable[bytes]) -> None:
    """Write a file under a temporary name in its folder, then rename; its permissions stay, writable for its owner.

    A link is replaced, never followed: it may lead into the cache.
    """
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as file:
            file.writelines(pieces)
        with contextlib.suppress(FileNotFoundError):
            os.chmod(temporary, os.stat(path).st_mode & 0o777 | 0o200)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _lone_surrogate(data: bytes) -> str:
    text = data.decode()
    match = _SURROGATE_ESCAPE.search(text) or _SURROGATE.search(text)
    if match is None:
        return "it holds half of a surrogate pair"
    return f"line {text.count(chr(10), 0, match.start()) + 1} holds half of a surrogate pair ({match.group()})"
