"""The rows of two tables: matched by key, by position, or by content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dvnb.reports.content.columns import Schema, plain
from dvnb.reports.content.engine import Engine, name
from dvnb.reports.content.found import Column, Row, TableDiff

_BY_POSITION = "FROM old a JOIN new b ON a.rowid = b.rowid"
_SIDES = (("removed", "old", "<"), ("added", "new", ">"))


def by_content(engine: Engine, schema: Schema, found: TableDiff) -> None:
    """Count rows added and removed, as multisets; the table `hashes` says which: hash -> how many more are new."""
    found.matched = "content"
    sides = " UNION ALL ".join(
        f"SELECT {_hash(schema, table)} AS hash, {sign} AS side FROM {table}"
        for table, sign in (("old", -1), ("new", 1))
    )
    engine.run(
        f"CREATE OR REPLACE TABLE hashes AS SELECT hash, sum(side)::BIGINT AS surplus FROM ({sides}) "
        "GROUP BY hash HAVING surplus <> 0"
    )
    found.removed, found.added = (
        int(engine.row(f"SELECT coalesce(sum(abs(surplus)), 0) FROM hashes WHERE surplus {sign} 0")[0])
        for _, _, sign in _SIDES
    )


def _hash(schema: Schema, table: str) -> str:
    return f"hash({schema.values(table)})" if schema.common else "0::UBIGINT"


def sample_content(engine: Engine, schema: Schema, found: TableDiff, limit: int) -> None:
    """The first rows that only one table has; of equal ones the last."""
    for kind, table, sign in _SIDES:
        found.rows += _whole_rows(
            engine,
            kind,
            f"SELECT {table}.rowid, {table}.* FROM {table} JOIN hashes ON {_hash(schema, table)} = hashes.hash "
            f"WHERE surplus {sign} 0 "
            f"QUALIFY row_number() OVER (PARTITION BY hashes.hash ORDER BY {table}.rowid DESC) <= abs(surplus) "
            f"ORDER BY {table}.rowid LIMIT {limit}",
            engine.columns(table),
        )
    found.rows = found.rows[:limit]


def differ_by_position(engine: Engine, schema: Schema, columns: list[str] | None = None) -> int:
    """How many rows differ (in some columns) from the one at the same place; of tables with as many rows."""
    return int(engine.row(f"SELECT count(*) {_BY_POSITION} WHERE {schema.differ(columns or schema.common)}")[0])


def by_position(engine: Engine, schema: Schema, found: TableDiff, limit: int) -> None:
    """Compare each row with the one at the same place."""
    found.matched = "position"
    found.added = found.removed = 0
    found.reordered = False
    _changed_cells(engine, schema, found, _BY_POSITION, schema.common)
    found.rows = list(_changed_rows(engine, schema, _BY_POSITION, schema.common, [], limit))


def by_key(engine: Engine, schema: Schema, found: TableDiff, key: list[str], limit: int) -> None:
    """Compare rows of equal keys; empty cells of keys are equal, too."""
    found.matched, found.key = "key", key
    on = " AND ".join(f"{schema.value('a', c)} IS NOT DISTINCT FROM {schema.value('b', c)}" for c in key)
    joined = f"FROM old a JOIN new b ON {on}"
    others = [column for column in schema.common if column not in key]
    common = _changed_cells(engine, schema, found, joined, others)
    found.removed, found.added = found.rows_old - common, found.rows_new - common
    found.reordered = _reordered(engine, joined)
    found.rows = list(_changed_rows(engine, schema, joined, others, key, limit))
    for kind, table, _ in _SIDES:
        other, mine, theirs = ("new", "a", "b") if table == "old" else ("old", "b", "a")
        if len(found.rows) < limit and getattr(found, kind):
            found.rows += _whole_rows(
                engine,
                kind,
                f"SELECT {mine}.rowid, {mine}.* FROM {table} {mine} WHERE NOT EXISTS "
                f"(SELECT 1 FROM {other} {theirs} WHERE {on}) ORDER BY {mine}.rowid LIMIT {limit - len(found.rows)}",
                engine.columns(table),
                key,
            )


def _reordered(engine: Engine, joined: str) -> bool:
    """Whether common keys stand in another order."""
    pairs = f"SELECT b.rowid AS place, lag(b.rowid) OVER (ORDER BY a.rowid) AS before {joined}"
    return bool(engine.row(f"SELECT count(*) FROM ({pairs}) WHERE place < before")[0])


def _changed_cells(engine: Engine, schema: Schema, found: TableDiff, joined: str, columns: list[str]) -> int:
    """Count changed rows and cells of matched rows in one pass; how many rows are matched."""
    parts = ["count(*)", f"count(*) FILTER ({schema.differ(columns)})"]
    for column in columns:
        changed = schema.differ([column])
        parts.append(f"count(*) FILTER ({changed})")
        if schema.is_number(column):
            delta = f"CAST(b.{name(column)} AS DOUBLE) - CAST(a.{name(column)} AS DOUBLE)"
            parts += [f"{fact}({delta}) FILTER ({changed})" for fact in ("min", "max", "avg")]
    values = iter(engine.row(f"SELECT {', '.join(parts)} {joined}"))
    matched, found.changed = int(next(values)), int(next(values))
    found.columns = []
    for name_ in columns:
        column = Column(name_, schema.new[name_], int(next(values)))
        if schema.is_number(name_):
            delta = {fact: plain(next(values)) for fact in ("min", "max", "mean")}
            column.delta = delta if column.changed else None
        found.columns.append(column)
    return matched


def _changed_rows(
    engine: Engine, schema: Schema, joined: str, columns: list[str], key: list[str], limit: int
) -> Iterator[Row]:
    cells = ", ".join(f"{side}.{name(column)}" for column in [*key, *columns] for side in ("a", "b"))
    tests = ", ".join(schema.differ([column]) for column in columns)
    if not columns:
        return
    found = engine.rows(
        f"SELECT b.rowid, [{tests}], {cells} {joined} WHERE {schema.differ(columns)} ORDER BY b.rowid LIMIT {limit}"
    )
    for number, changed, *values in found:
        pairs = [[plain(old), plain(new)] for old, new in zip(values[::2], values[1::2], strict=True)]
        place: dict[str, Any] = {column: pair[1] for column, pair in zip(key, pairs, strict=False)}
        shown = {
            column: pair for column, pair, differs in zip(columns, pairs[len(key) :], changed, strict=True) if differs
        }
        yield Row("changed", place or {"row": number + 1}, shown)


def _whole_rows(
    engine: Engine, kind: str, sql: str, columns: dict[str, str], key: list[str] | None = None
) -> Iterator[Row]:
    for number, *values in engine.rows(sql):
        cells = {column: plain(value) for column, value in zip(columns, values, strict=True)}
        place = {column: cells[column] for column in key} if key else {"row": number + 1}
        yield Row(kind, place, {column: cell for column, cell in cells.items() if column not in place})
