"""A notebook written in its canonical form; outputs of cells that ask for it may stay.

Outputs never count, kept ones neither: with them a clean file's bytes are not the canonical ones. dvnb sees no change
when they do change; stock dvc, which hashes bytes, does.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from dvnb.notebooks.source import canonical, cell_tags, cells_of, encoded, parse, read_bytes
from dvnb.notebooks.suffixes import is_text

KEEP_TAG = "keep_output"  # nbstripout's


def cleaned(path: str, keep: Collection[str] = ()) -> bytes | None:
    """What cleaning writes over the notebook at `path`; None where its file holds just that.

    Cells tagged `keep_output`, or by one of `keep`, keep their outputs.
    Raises: NotebookError if it is missing or no notebook.
    """
    old = read_bytes(path)
    if is_text(path):  # it has no outputs
        return None
    new = cleaned_bytes(old, path, keep)
    return None if new == old else new


def cleaned_bytes(data: bytes, path: str, keep: Collection[str] = ()) -> bytes:
    """`cleaned` of what a file holds; `path` is for messages."""
    notebook = parse(data, path)
    result = canonical(notebook)
    tags = {KEEP_TAG, *keep}
    for old, new in zip(cells_of(notebook), cells_of(result), strict=True):
        if old.get("outputs") and _keeps(old, tags):
            new["outputs"] = [_output(output) for output in old["outputs"]]
    return encoded(result, data, path)


def _keeps(cell: dict[str, Any], tags: set[str]) -> bool:
    metadata = cell.get("metadata")
    said = isinstance(metadata, dict) and cast("dict[str, Any]", metadata).get(KEEP_TAG) is True
    return said or not tags.isdisjoint(str(tag) for tag in cell_tags(cell))


def _output(output: Any) -> Any:
    """An output without its count, which changes with every run."""
    if isinstance(output, dict) and "execution_count" in output:
        return {**output, "execution_count": None}
    return output
