"""Notebooks as jupytext keeps them: text files that are notebooks, and pairs of text and .ipynb that are one notebook.

Each side is hashed as if it were alone, so that stock dvc agrees. On top of that a pair counts as what its newer side
says: an edit of either side is a change, and synchronizing the two is none.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any

from dvnb.errors import NotebookError
from dvnb.notebooks.source import canonical, cell_source, cells_of, parse, render
from dvnb.notebooks.suffixes import SUFFIX, TEXT_SUFFIXES, is_text
from dvnb.objects.hashing import md5_bytes

_HEAD = 4096  # bytes in which the header of a text notebook ends
_FORMATS = re.compile(rb"jupytext:.*?\bformats:\s*[\"']?([^\r\n\"']+)", re.DOTALL)
_IPYNB = re.compile(rb"(^|[,/])\s*ipynb\b")


def other_side(path: str) -> str | None:
    """The file that jupytext pairs with the notebook at `path`, in the same folder; None where there is none.

    The text side says so: its header lists the `formats` of both.
    """
    base, suffix = os.path.splitext(path)
    if suffix == SUFFIX:
        texts = (base + each for each in TEXT_SUFFIXES)
        return next((text for text in texts if os.path.isfile(text) and _is_paired(text)), None)
    notebook = base + SUFFIX
    return notebook if suffix in TEXT_SUFFIXES and os.path.isfile(notebook) and _is_paired(path) else None


def _is_paired(text: str) -> bool:
    with open(text, "rb") as file:
        formats = _FORMATS.search(file.read(_HEAD))
    return formats is not None and _IPYNB.search(formats[1]) is not None


def contents(path: str, other: str) -> tuple[str, str]:
    """A digest of what each side of a pair says: cells, their metadata, the kernel; nothing of how it is written down.

    Raises: NotebookError where jupytext is missing, or a side cannot be read.
    """
    text = path if is_text(path) else other
    written = _reads(_bytes(text), text)
    notebook = parse(_bytes(other if text == path else path), path)
    said = {text: _digest(written), path if text == other else other: _digest(_through_text(notebook, written, text))}
    return said[path], said[other]


def refuse_older(path: str) -> None:
    """Refuse the side of a pair that the other one is ahead of.

    Raises: NotebookError.
    """
    other = other_side(path)
    if other is None or os.stat(other).st_mtime_ns <= os.stat(path).st_mtime_ns:
        return
    here, there = contents(path, other)
    if here != there:
        raise NotebookError(f"{differ(path, other)} before it runs")


def differ(path: str, other: str) -> str:
    """What is wrong with a pair whose other side is ahead, and what mends it."""
    return (
        f"'{other}' was changed after '{path}', which is the same notebook: "
        f"synchronize them by `jupytext --sync {path}`"
    )


def parse_text(data: bytes, path: str) -> dict[str, Any]:
    """A text notebook as .ipynb's JSON, without ids for its cells, which text has none of.

    Raises: NotebookError where jupytext is missing, or cannot read it.
    """
    notebook = _reads(data, path)
    jupytext = notebook["metadata"].pop("jupytext", {})
    if "kernelspec" not in notebook["metadata"]:
        language = jupytext.get("main_language") or _language(path)
        if language != "python":
            notebook["metadata"]["kernelspec"] = _kernelspec(language)
    return notebook


def _reads(data: bytes, path: str) -> dict[str, Any]:
    try:
        notebook = _jupytext(path).reads(data.decode(), fmt=os.path.splitext(path)[1])
    except NotebookError:
        raise
    except Exception as error:  # jupytext raises what it meets
        raise NotebookError(f"cannot use '{path}' as a notebook: {error}") from error
    for cell in notebook.cells:
        cell.pop("id", None)
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 4  # the last without ids
    return parse(render(notebook).encode(), path)


def _through_text(notebook: dict[str, Any], written: dict[str, Any], text: str) -> dict[str, Any]:
    """`notebook` after a trip through a text like `written`, which loses the same of it."""
    from nbformat import v4

    said = written["metadata"].get("jupytext", {}).get("text_representation", {})
    fmt = {"extension": os.path.splitext(text)[1], "format_name": said.get("format_name")}
    try:
        node: Any = v4.reads(render(canonical(notebook)))
        there = _jupytext(text).writes(node, fmt={key: value for key, value in fmt.items() if value})
    except Exception as error:
        raise NotebookError(f"cannot compare the notebook with '{text}': {error}") from error
    return _reads(there.encode(), text)


def _digest(notebook: dict[str, Any]) -> str:
    notebook = canonical(notebook)
    cells = [[cell.get("cell_type"), cell_source(cell), cell.get("metadata")] for cell in cells_of(notebook)]
    kernel = (notebook["metadata"].get("kernelspec") or {}).get("name")
    return md5_bytes(json.dumps([cells, kernel], sort_keys=True).encode())


def _language(path: str) -> str:
    return {".R": "R", ".r": "R", ".jl": "julia", ".sh": "bash", ".Rmd": "R"}.get(os.path.splitext(path)[1], "python")


def _kernelspec(language: str) -> dict[str, Any]:
    from jupyter_client.kernelspec import KernelSpecManager

    for name, found in sorted(KernelSpecManager().get_all_specs().items()):
        spec = found["spec"]
        if str(spec.get("language")).lower() == language.lower():
            return {"name": name, "display_name": name, "language": spec["language"]}
    # No such kernel: whoever runs it is told so.
    return {"name": language.lower(), "display_name": language, "language": language}


def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _jupytext(path: str) -> Any:
    try:
        import jupytext
    except ImportError as error:
        raise NotebookError(
            f"reading '{path}' as a notebook needs jupytext: install it by `pip install 'dvnb[notebooks]'`"
        ) from error
    return jupytext
