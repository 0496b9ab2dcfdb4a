"""Tables: which columns, rows and cells differ.

Rows are matched by a key if one is given. Else, in this order:

- by position, if both tables have as many rows, none of the rows that differ merely moved, and no key (see below) has
  other values now;
- by a column that looks like a key ("id" and the like, or the first one): no float, unique and never empty in both
  tables, and shared by at least half of the rows of the smaller one;
- by content: as multisets of rows, told apart by 64-bit hashes; then there are rows added and removed, but no changed
  cells.

All of this is done in SQL, so that memory stays bounded; only the rows to be shown come to Python.
"""

from __future__ import annotations

from collections.abc import Sequence

from dvnb.errors import DvnbError
from dvnb.records import dataclass
from dvnb.reports.content import columns, rows
from dvnb.reports.content.engine import Engine, name, open_engine
from dvnb.reports.content.found import Side, TableDiff

OLD, NEW = "old", "new"
KINDS = {".csv": "csv", ".tsv": "tsv", ".parquet": "parquet", ".pq": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_TEXT_KINDS = ("csv", "tsv")
_KEY_NAMES = frozenset(("id", "key", "index", "uuid", "guid", "path", "file", "filename", "name"))
_MOST_CANDIDATES = 4


class NoKeyError(DvnbError):
    """Columns that were given as key do not identify rows."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`key`: columns that identify a row, none for the default; `limit`: how many rows that differ to return.

    `header`: the first line of csv and tsv files names the columns; else they are column0, column1 and so on.
    """

    key: Sequence[str] = ()
    limit: int = 20
    header: bool = True


def kind_of(path: str) -> tuple[str, bool] | None:
    """The reader for a file of this name, and whether it is gzipped; None if it is no table."""
    lower = path.lower()
    gzipped = lower.endswith(".gz")
    lower = lower.removesuffix(".gz")
    kind = next((kind for suffix, kind in KINDS.items() if lower.endswith(suffix)), None)
    return None if kind is None or (gzipped and kind not in _TEXT_KINDS) else (kind, gzipped)


def compare(path: str, old: Side, new: Side, wanted: Wanted) -> TableDiff:
    """What differs between two versions of a table; `path` tells its format.

    Raises: UnreadableTableError; NoKeyError; DvnbError without duckdb.
    """
    kind = kind_of(path)
    assert kind is not None and old.path is not None and new.path is not None  # noqa: S101, PT018 - see `compare.py`
    with open_engine() as engine:
        for table, file in ((OLD, old.path), (NEW, new.path)):
            engine.load(table, file, kind[0], gzipped=kind[1], header=wanted.header)
        schema = columns.read_schema(engine)
        if schema.clashing and kind[0] in _TEXT_KINDS:
            # 1 and 01 are the same number: where one version's column is text, both are compared as they stand.
            for table, file in ((OLD, old.path), (NEW, new.path)):
                engine.load(table, file, kind[0], gzipped=kind[1], header=wanted.header, texts=schema.clashing)
        found = TableDiff(_count(engine, OLD), _count(engine, NEW))
        schema.describe(found)
        if kind[0] in _TEXT_KINDS and not (found.rows_old and found.rows_new):
            found.columns_retyped = {}  # without rows every column is text
        _match(engine, schema, found, wanted)
        if not found.unchanged:
            columns.summarise(engine, schema, found)
        return found


def _count(engine: Engine, table: str) -> int:
    return int(engine.row(f"SELECT count(*) FROM {table}")[0])


def _match(engine: Engine, schema: columns.Schema, found: TableDiff, wanted: Wanted) -> None:
    if wanted.key:
        _check_key(engine, schema, wanted.key)
        rows.by_key(engine, schema, found, list(wanted.key), wanted.limit)
        return
    rows.by_content(engine, schema, found)
    if not (found.added or found.removed):
        found.reordered = bool(found.rows_old) and rows.differ_by_position(engine, schema) > 0
        return
    in_place = found.rows_old == found.rows_new and found.added == rows.differ_by_position(engine, schema)
    key = _likely_key(engine, schema, found)
    if in_place and (key is None or rows.differ_by_position(engine, schema, [key]) == 0):
        rows.by_position(engine, schema, found, wanted.limit)
    elif key is not None:
        rows.by_key(engine, schema, found, [key], wanted.limit)
    else:
        rows.sample_content(engine, schema, found, wanted.limit)


def _check_key(engine: Engine, schema: columns.Schema, key: Sequence[str]) -> None:
    for column in key:
        if column not in schema.common:
            known = ", ".join(f"'{name}'" for name in schema.common)
            raise NoKeyError(f"there is no column '{column}' in both versions to be a key; common columns are {known}")
    listed = ", ".join(name(column) for column in key)
    for table, where in ((OLD, "old"), (NEW, "new")):
        double = engine.row(f"SELECT count(*) FROM (SELECT 1 FROM {table} GROUP BY {listed} HAVING count(*) > 1)")[0]
        if double:
            shown = ", ".join(f"'{column}'" for column in key)
            raise NoKeyError(f"{shown} is no key: {double} of its values occur more than once in the {where} version")


def _likely_key(engine: Engine, schema: columns.Schema, found: TableDiff) -> str | None:
    """A column whose values identify rows in both tables."""
    if min(found.rows_old, found.rows_new) == 0:
        return None
    names = [column for column in schema.common if column.lower() in _KEY_NAMES or column.lower().endswith("_id")]
    for column in dict.fromkeys([*names[:_MOST_CANDIDATES], *schema.common[:1]]):
        if not schema.is_float(column) and len(schema.common) > 1 and _is_key(engine, schema, column, found):
            return column
    return None


def _is_key(engine: Engine, schema: columns.Schema, column: str, found: TableDiff) -> bool:
    for table, count in ((OLD, found.rows_old), (NEW, found.rows_new)):
        if engine.row(f"SELECT count(DISTINCT {name(column)}) FROM {table}")[0] != count:
            return False
    value = schema.value
    shared = engine.row(f"SELECT count(*) FROM {OLD} a JOIN {NEW} b ON {value('a', column)} = {value('b', column)}")[0]
    return shared * 2 >= min(found.rows_old, found.rows_new)
