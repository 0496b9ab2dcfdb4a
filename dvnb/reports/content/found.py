"""What a comparison of two versions of a file found."""

from __future__ import annotations

from typing import Any

from dvnb.records import dataclass, field


@dataclass(slots=True)
class Side:
    """One version of a file: `path` is where its bytes can be read (absolute), None if there is no such version.

    `where` names the version in messages: a rev, or "workspace".
    """

    where: str
    path: str | None = None
    size: int | None = None
    md5: str | None = None


@dataclass(slots=True)
class Column:
    """A column of both tables: `changed` cells where rows are matched, else None.

    `old` and `new` hold "nulls", and of numbers "min", "max", "mean"; `delta` holds "min", "max", "mean" of new - old
    over the changed cells of numbers.
    """

    name: str
    type: str
    changed: int | None = None
    old: dict[str, float | None] = field(default_factory=dict[str, "float | None"])
    new: dict[str, float | None] = field(default_factory=dict[str, "float | None"])
    delta: dict[str, float | None] | None = None


@dataclass(slots=True)
class Row:
    """A row that differs: `kind` is "added", "removed" or "changed".

    `place` are the values of its key, or its number ("row", from 1, header not counted) in the version that has it.
    `values` are all cells of an added or removed row, and [old, new] of each cell of a changed row that changed.
    """

    kind: str
    place: dict[str, Any]
    values: dict[str, Any]


@dataclass(slots=True)
class TableDiff:
    """Two tables. `matched`: how rows were matched, "key" (by `key`), "position", or "content" (as multisets).

    Rows are compared in the columns that both tables have. `reordered`: the same rows or keys in another order, None
    where that was not looked at. `columns` are those of both; `columns_added` and `columns_removed` name -> type,
    `columns_retyped` name -> [old type, new type]; `columns_moved`: common columns stand in another order.
    """

    rows_old: int
    rows_new: int
    matched: str = "content"
    key: list[str] = field(default_factory=list[str])
    added: int = 0
    removed: int = 0
    changed: int = 0
    reordered: bool | None = None
    columns: list[Column] = field(default_factory=list[Column])
    columns_added: dict[str, str] = field(default_factory=dict[str, str])
    columns_removed: dict[str, str] = field(default_factory=dict[str, str])
    columns_retyped: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    columns_moved: bool = False
    rows: list[Row] = field(default_factory=list[Row])

    @property
    def unchanged(self) -> bool:
        """Whether both hold the same rows in the same columns, in whatever order."""
        schema = self.columns_added or self.columns_removed or self.columns_retyped or self.columns_moved
        return not (schema or self.added or self.removed or self.changed)


@dataclass(slots=True)
class TreeDiff:
    """Two trees of values: numbers of leaves, and the first ones that differ: {"path", "kind"[, "old"][, "new"]}."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    leaves: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@dataclass(slots=True)
class TextDiff:
    """Two texts: numbers of lines, and a unified diff; `left_out` of its lines are not shown."""

    added: int = 0
    removed: int = 0
    lines: list[str] = field(default_factory=list[str])
    left_out: int = 0


@dataclass(slots=True)
class ImageDiff:
    """Two pictures: {"format", "mode", "width", "height"} of each; `pixels` that differ where both have one size.

    `uris` are both as data URIs, for a notebook; None where there is none or it is too large.
    """

    old: dict[str, Any] | None
    new: dict[str, Any] | None
    pixels: int | None = None
    uris: list[str | None] = field(default_factory=list["str | None"])


Detail = TableDiff | TreeDiff | TextDiff | ImageDiff


@dataclass(slots=True)
class FileDiff:
    """One file: `state` is "added", "deleted", "modified" or "unchanged" (byte by byte), `kind` how it was compared.

    `kind` is "table", "tree", "text", "image" or "binary" (then there is no `detail`); `note` says why a better one
    was not possible.
    """

    path: str
    state: str
    kind: str
    old: Side
    new: Side
    detail: Detail | None = None
    note: str = ""
