"""The words of diff --content: a headline for each file, what is to be said of it, and its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dvnb.commands.text.listing import natural_size
from dvnb.reports.content.found import Column, FileDiff, ImageDiff, Row, Side, TableDiff, TextDiff, TreeDiff
from dvnb.reports.render.table import table

if TYPE_CHECKING:
    from argparse import Namespace

    from dvnb.commands.style import Style
    from dvnb.repo.results import ContentDiffResult

Grid = tuple[list[str], list[list[str]]]
"""Headers and rows of texts."""

SAME = "No differences."
_WIDEST = 48
_MOST_CELLS = 8
_DIGITS = 6


def content(result: ContentDiffResult, args: Namespace, style: Style) -> str:
    """What changed inside a file, or a line for each file of a folder."""
    if not result.files:
        return SAME
    if result.folder:
        return "\n".join(part for part in (_grid(folder_grid(result), args), totals(result)) if part)
    return "\n".join(_file(found, args, style) for found in result.files)


def folder_grid(result: ContentDiffResult) -> Grid:
    """A row for each file of a folder that differs."""
    rows = [
        [found.state, found.path, "; ".join([*facts(found), *([found.note] if found.note else [])])]
        for found in result.files
    ]
    return ["Change", "Path", "What"], rows


def totals(result: ContentDiffResult) -> str:
    """How many files of a folder there are of each state."""
    states = [found.state for found in result.files]
    counts = [f"{states.count(state)} {state}" for state in ("added", "modified", "deleted") if state in states]
    return f"files: {', '.join([*counts, f'{result.unchanged} unchanged'])}"


def headline(found: FileDiff) -> str:
    """Which file, compared as what, and how its size changed."""
    sizes = " -> ".join(_size(side) for side in (found.old, found.new))
    return f"{found.path}: {found.state} ({found.kind}, {found.old.where} -> {found.new.where}, {sizes} bytes)"


def facts(found: FileDiff) -> list[str]:
    """What there is to say of a file, each in one line."""
    detail = found.detail
    if isinstance(detail, TableDiff):
        return _table_facts(detail)
    if isinstance(detail, TreeDiff):
        return [f"values: {detail.added} added, {detail.removed} removed, {detail.changed} changed"]
    if isinstance(detail, TextDiff):
        return [f"lines: {detail.added} added, {detail.removed} removed"]
    if isinstance(detail, ImageDiff):
        return _image_facts(detail)
    if found.kind == "binary":
        sides = (("old", found.old), ("new", found.new))
        return [f"{name}: {_size(side)} bytes, md5 {side.md5 or '-'}" for name, side in sides if side.path is not None]
    return [f"{_size(found.old if found.new.path is None else found.new)} bytes"]


def grids(found: FileDiff) -> list[Grid]:
    """The tables of a file: columns and rows of a table, leaves of a tree."""
    detail = found.detail
    if isinstance(detail, TreeDiff):
        rows = [[leaf["path"], leaf_value(leaf, "old"), leaf_value(leaf, "new")] for leaf in detail.leaves]
        more = detail.added + detail.removed + detail.changed - len(rows)
        return [(["Value", "Old", "New"], [*rows, *_more(more, 3)])] if rows else []
    if not isinstance(detail, TableDiff):
        return []
    shown: list[Grid] = []
    told = [column for column in detail.columns if _is_worth_telling(column)]
    if told:
        shown.append((["Column", "Type", "Changed", "Old", "New", "Difference"], [_column(column) for column in told]))
    if detail.rows:
        rows = [[row.kind, place(row), cells(row)] for row in detail.rows]
        more = detail.added + detail.removed + detail.changed - len(rows)
        shown.append((["Row", ", ".join(detail.key) or "Number", "Values"], [*rows, *_more(more, 3)]))
    return shown


def place(row: Row) -> str:
    """Which row: the values of its key, or its number."""
    return ", ".join(short(value) for value in row.place.values())


def cells(row: Row) -> str:
    """The cells of a row: those that changed, or all."""
    items = list(row.values.items())
    shown = [
        f"{name}: {short(value[0])} -> {short(value[1])}" if row.kind == "changed" else f"{name}={short(value)}"
        for name, value in items[:_MOST_CELLS]
    ]
    return ", ".join([*shown, *([f"and {len(items) - _MOST_CELLS} more"] if len(items) > _MOST_CELLS else [])])


def short(value: Any) -> str:
    """A value as text that leaves room for others; numbers in full."""
    if value is None:
        return "-"
    text = str(value).replace("\n", "\\n").replace("\r", "\\r")
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def leaf_value(leaf: dict[str, Any], side: str) -> str:
    """What a leaf is in one version."""
    import json

    return short(json.dumps(leaf[side], ensure_ascii=False)) if side in leaf else "-"


def _table_facts(detail: TableDiff) -> list[str]:
    how = {"key": f"matched by {', '.join(detail.key)}", "position": "matched by position"}
    said = [f"{detail.added} added, {detail.removed} removed"]
    said += [f"{detail.changed} changed"] if detail.matched in how else []
    said += [how[detail.matched]] if detail.matched in how else ["compared as wholes"]
    said += ["in another order"] if detail.reordered else []
    lines = [f"rows: {detail.rows_old} -> {detail.rows_new} ({', '.join(said)})"]
    schema = [f"+{name} ({kind})" for name, kind in detail.columns_added.items()]
    schema += [f"-{name} ({kind})" for name, kind in detail.columns_removed.items()]
    schema += [f"{name}: {old} -> {new}" for name, (old, new) in detail.columns_retyped.items()]
    schema += ["in another order"] if detail.columns_moved else []
    return [*lines, f"columns: {', '.join(schema)}"] if schema else lines


def _image_facts(detail: ImageDiff) -> list[str]:
    sides = [(name, side) for name, side in (("old", detail.old), ("new", detail.new)) if side]
    lines = [f"{name}: {side['width']}x{side['height']} {side['format']} {side['mode']}" for name, side in sides]
    if detail.pixels is not None and detail.new:
        total = detail.new["width"] * detail.new["height"]
        lines.append(f"pixels: {detail.pixels} of {total} differ ({detail.pixels / total:.2%})")
    return lines


def _is_worth_telling(column: Column) -> bool:
    return bool(column.changed) if column.changed is not None else column.old != column.new


def _column(column: Column) -> list[str]:
    delta = column.delta or {}
    difference = f"{_number(delta['min'])} .. {_number(delta['max'])}, mean {_number(delta['mean'])}" if delta else ""
    changed = "-" if column.changed is None else str(column.changed)
    return [column.name, column.type, changed, _summary(column.old), _summary(column.new), difference]


def _summary(values: dict[str, float | None]) -> str:
    parts: list[str] = []
    if values.get("min") is not None:
        parts.append(f"{_number(values['min'])} .. {_number(values['max'])}, mean {_number(values['mean'])}")
    if values.get("nulls"):
        parts.append(f"{values['nulls']} empty")
    return ", ".join(parts)


def _number(value: Any) -> str:
    return f"{value:.{_DIGITS}g}" if isinstance(value, float) else str(value)


def _more(number: int, width: int) -> list[list[str]]:
    return [["…", f"{number} more", *[""] * (width - 2)]] if number > 0 else []


def _size(side: Side) -> str:
    return "-" if side.size is None else natural_size(side.size) if side.size > 9999 else str(side.size)  # noqa: PLR2004


def _grid(grid: Grid, args: Namespace) -> str:
    return table(*grid, markdown=args.markdown)


def _file(found: FileDiff, args: Namespace, style: Style) -> str:
    said = [*facts(found), *([f"note: {found.note}"] if found.note else [])]
    lead = "- " if args.markdown else "  "
    blocks = [f"**{headline(found)}**\n" if args.markdown else headline(found), *(lead + line for line in said)]
    for grid in grids(found):
        blocks += ["", _grid(grid, args)]
    if isinstance(found.detail, TextDiff) and (found.detail.lines or found.detail.left_out):
        blocks += ["", _text(found.detail, args, style)]
    return "\n".join(blocks)


def _text(detail: TextDiff, args: Namespace, style: Style) -> str:
    lines = list(detail.lines)
    if not args.markdown:
        colours = {"+": "green", "-": "red", "@": "cyan"}
        lines = [style.paint(line, colours[line[0]]) if line[:1] in colours else line for line in lines]
    if detail.left_out:
        lines.append(f"… {detail.left_out} more lines")
    return "\n".join(["```diff", *lines, "```"]) if args.markdown else "\n".join(lines)
