"""What cells printed in two runs, compared as a person would: not by addresses, colours or how long it took."""

from __future__ import annotations

import difflib
import math
import re
from typing import Any

from dvnb.notebooks.source import cell_source, cells_of
from dvnb.records import dataclass, field

INJECTED = "injected-parameters"

_NUMBER = re.compile(
    r"(?<![\w.])[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|nan|inf)(?![\w])", re.IGNORECASE
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
_TIMES = re.compile(r"^(CPU times: |Wall time: |time: |.* ± .* per loop).*\n?", re.MULTILINE)
_MOST_LINES = 40


@dataclass(slots=True)
class CellText:
    """One cell whose text came out differently: a unified diff of `old` and `new`."""

    cell: int
    old: str
    new: str
    lines: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class TextsCompared:
    """Cells by number: `same` came out equal, `different` did not; `changed` says that the notebooks do not match."""

    same: list[int] = field(default_factory=list[int])
    different: list[CellText] = field(default_factory=list[CellText])
    was_run: bool = False


def compare_texts(by_hand: dict[str, Any], clean: dict[str, Any], tolerance: float) -> TextsCompared:
    """The text outputs of a notebook as it was run by hand and of its executed copy.

    Cells that have neither a count nor outputs were not run by hand, and are left out.
    """
    found = TextsCompared()
    new_cells = [cell for cell in cells_of(clean) if not _is_added(cell, by_hand)]
    for number, (old, new) in enumerate(zip(cells_of(by_hand), new_cells, strict=False), 1):
        if old.get("cell_type") != "code" or not (old.get("outputs") or old.get("execution_count")):
            continue
        found.was_run = True
        before, after = text_of(old), text_of(new)
        if same_text(before, after, tolerance):
            found.same.append(number)
        else:
            found.different.append(CellText(number, before, after, _diff(before, after)))
    return found


def _is_added(cell: dict[str, Any], by_hand: dict[str, Any]) -> bool:
    """Whether a run put this cell in: the notebook that was run holds none like it."""
    tags = (cell.get("metadata") or {}).get("tags") or []
    if INJECTED not in tags:
        return False
    return all(cell_source(other) != cell_source(cell) for other in cells_of(by_hand))


def text_of(cell: dict[str, Any]) -> str:
    """What a cell printed and returned, as text; not its warnings."""
    pieces: list[str] = []
    for output in cell.get("outputs") or []:
        kind = output.get("output_type")
        if kind == "stream" and output.get("name") != "stderr":
            pieces.append(_joined(output.get("text")))
        elif kind in {"execute_result", "display_data"}:
            text = _joined((output.get("data") or {}).get("text/plain"))
            pieces.append(text if text.endswith("\n") else f"{text}\n")
        elif kind == "error":
            pieces.append(f"{output.get('ename')}: {output.get('evalue')}\n")
    text = _COLOURS.sub("", "".join(pieces))
    return _ADDRESS.sub("0x…", _TIMES.sub("", text))


def same_text(old: str, new: str, tolerance: float) -> bool:
    """Whether two texts are equal but for numbers that differ by no more than `tolerance` (relative, and absolute)."""
    if old == new:
        return True
    if not tolerance or _NUMBER.sub("#", old).split() != _NUMBER.sub("#", new).split():
        return False
    pairs = zip(_NUMBER.findall(old), _NUMBER.findall(new), strict=True)
    return all(close(float(one), float(other), tolerance) for one, other in pairs)


def close(old: float, new: float, tolerance: float) -> bool:
    """Whether two numbers are equal within a tolerance; NaN equals NaN."""
    if math.isnan(old) or math.isnan(new):
        return math.isnan(old) and math.isnan(new)
    return math.isclose(old, new, rel_tol=tolerance, abs_tol=tolerance)


def _diff(old: str, new: str) -> list[str]:
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), "by hand", "clean run", lineterm="", n=1))
    return lines[2 : _MOST_LINES + 2]


def _joined(text: Any) -> str:
    return "".join(text) if isinstance(text, list) else str(text or "")
