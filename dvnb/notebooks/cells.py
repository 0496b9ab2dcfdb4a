"""`%%stage` cells: the notebook of a stage, written from setup cells and a body.

The file is a clean canonical notebook, a pure function of its parts, so that running an unchanged
cell again changes nothing. `metadata.dvnb` says which stage it is and which notebook wrote it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Any

from dvnb.errors import NotebookError
from dvnb.notebooks.parameters import STAGE_NOTE, TAG
from dvnb.notebooks.source import canonical, load, render, write_atomically
from dvnb.records import dataclass, field

FOLDER = "stages"

_NAME = re.compile(r"[^\W\d-][\w-]*|\d[\w-]*")
_RESERVED = {"con", "prn", "aux", "nul"}


@dataclass(frozen=True, slots=True)
class StageCell:
    """What a `%%stage` cell holds. `setup` are the bodies of the setup cells, in order.

    `loads` and `saves` are source lines for `--in` and `--out` variables, around the body; `parameters`
    the names that the run injects; `kernel` a kernelspec's name, None for dvnb's own interpreter.
    """

    name: str
    body: str
    setup: Sequence[str] = ()
    loads: str = ""
    saves: str = ""
    parameters: Sequence[str] = ()
    kernel: str | None = None
    language: str = "python"


@dataclass(frozen=True, slots=True)
class Written:
    """A stage's notebook: `path` as given or made, `changed` whether its bytes are new."""

    path: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who a stage's notebook says it belongs to; `owner` is "" where the writer did not know its own file."""

    stage: str
    owner: str
    extra: dict[str, Any] = field(default_factory=dict[str, Any])


def check_name(name: str) -> None:
    """Refuse names that dvc's stages or a file cannot have.

    Raises: NotebookError.
    """
    if not _NAME.fullmatch(name) or name.lower() in _RESERVED:
        raise NotebookError(f"'{name}' cannot be the name of a stage: use letters, digits, '_' and '-'")


def notebook_path(name: str, root: str) -> str:
    """Where the notebook of stage `name` is, absolute."""
    return os.path.join(root, FOLDER, f"{name}.ipynb")


def notebook_bytes(cell: StageCell, owner: str = "") -> bytes:
    """The stage's notebook; the same parts give the same bytes."""
    check_name(cell.name)
    cells = [_code(f"setup-{number}", text, ["setup"]) for number, text in enumerate(cell.setup, 1)]
    if cell.parameters:
        names = "".join(f"{name} = None\n" for name in cell.parameters)
        cells.append(_code("parameters", f"{STAGE_NOTE}\n{names}", [TAG]))
    if cell.loads:
        cells.append(_code("load", cell.loads, ["load"]))
    cells.append(_code("body", cell.body, ["stage"]))
    if cell.saves:
        cells.append(_code("save", cell.saves, ["save"]))
    metadata: dict[str, Any] = {"dvnb": {"stage": cell.name, "owner": owner}}
    if cell.kernel:
        metadata["kernelspec"] = {"name": cell.kernel, "display_name": cell.kernel, "language": cell.language}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    try:
        return render(canonical(notebook)).encode()
    except UnicodeEncodeError as error:
        raise NotebookError(f"the cell of stage '{cell.name}' holds half of a surrogate pair") from error


def write_stage_notebook(
    cell: StageCell,
    root: str,
    *,
    owner: str = "",
    force: bool = False,
    write: Callable[[str, bytes], object] | None = None,
) -> Written:
    """Write `stages/NAME.ipynb` below `root`; nothing is written if it is there already, byte for byte.

    `owner` is the notebook that holds the cell, relative to `root`, "" where it is not known. `write` takes path and
    content, for who keeps a journal.
    Raises: NotebookError if the file belongs to someone else, unless `force`.
    """
    data = notebook_bytes(cell, owner)
    path = notebook_path(cell.name, root)
    if os.path.lexists(path):
        with open(path, "rb") as file:
            old = file.read()
        if old == data:
            return Written(path, changed=False)
        if not force:
            check_owner(path, cell.name, root, owner)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if write is not None:
        write(path, data)
    else:
        write_atomically(path, [data])
    return Written(path, changed=True)


def read_ownership(path: str) -> Ownership | None:
    """Who the notebook at `path` belongs to; None if no `%%stage` cell wrote it."""
    noted = (load(path).get("metadata") or {}).get("dvnb")
    if not isinstance(noted, dict) or "stage" not in noted:
        return None
    extra = {key: value for key, value in noted.items() if key not in {"stage", "owner"}}
    return Ownership(str(noted["stage"]), str(noted.get("owner") or ""), extra)


def check_owner(path: str, name: str, root: str, owner: str) -> None:
    """Refuse a file that no `%%stage` cell wrote, or that a cell of another notebook which still exists wrote.

    Raises: NotebookError.
    """
    shown = os.path.relpath(path, root)
    noted = read_ownership(path)
    if noted is None:
        raise NotebookError(f"cannot write stage '{name}': '{shown}' is there and was not written by a %%stage cell")
    other = noted.owner
    if owner and other and other != owner and os.path.exists(os.path.join(root, other)):
        raise NotebookError(f"stage '{name}' belongs to '{other}': choose another name, or remove it there first")


def _code(identity: str, source: str, tags: list[str]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": identity,
        "metadata": {"tags": tags},
        "outputs": [],
        "source": source.strip("\n"),
    }
