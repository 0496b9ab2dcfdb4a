"""The columns of two tables: which are there, of which type, and what numbers they hold."""

from __future__ import annotations

from typing import Any

from dvnb.reports.content.engine import Engine, name
from dvnb.reports.content.found import Column, TableDiff

_INTEGERS = frozenset(
    ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT")
)
_FLOATS = frozenset(("FLOAT", "DOUBLE"))
_AT_ONCE = 50
_FACTS = ("min", "max", "mean")


class Schema:
    """Columns of both tables by name; `common` in the order of the old one.

    `clashing` are common columns of types that can only be compared as text.
    """

    def __init__(self, old: dict[str, str], new: dict[str, str]) -> None:
        self.old = old
        self.new = new
        self.common = [column for column in old if column in new]
        self.retyped = {column: [old[column], new[column]] for column in self.common if old[column] != new[column]}
        self.clashing = {column for column in self.retyped if self._shared_type(column) == "VARCHAR"}

    def _shared_type(self, column: str) -> str:
        types = {self.old[column], self.new[column]}
        if types <= _INTEGERS:
            return "HUGEINT"
        return "DOUBLE" if all(map(is_number, types)) else "VARCHAR"

    def value(self, table: str, column: str) -> str:
        """A cell as SQL, of a type that both tables share."""
        plain = f"{table}.{name(column)}"
        return f"CAST({plain} AS {self._shared_type(column)})" if column in self.retyped else plain

    def values(self, table: str) -> str:
        """All common cells of a row."""
        return ", ".join(self.value(table, column) for column in self.common)

    def differ(self, columns: list[str]) -> str:
        """Whether rows `a` and `b` differ in any of these columns, as SQL."""
        tests = (f"{self.value('a', column)} IS DISTINCT FROM {self.value('b', column)}" for column in columns)
        return " OR ".join(tests) or "false"

    def is_number(self, column: str) -> bool:
        """Whether a common column holds numbers in both tables."""
        return is_number(self.old[column]) and is_number(self.new[column])

    def is_float(self, column: str) -> bool:
        """Whether a common column holds floats in either table."""
        return self.old[column] in _FLOATS or self.new[column] in _FLOATS

    def describe(self, found: TableDiff) -> None:
        """Note in `found` what differs."""
        found.columns_added = {column: kind for column, kind in self.new.items() if column not in self.old}
        found.columns_removed = {column: kind for column, kind in self.old.items() if column not in self.new}
        found.columns_retyped = self.retyped
        found.columns_moved = self.common != [column for column in self.new if column in self.old]


def read_schema(engine: Engine) -> Schema:
    """The columns of the two tables that are loaded."""
    return Schema(engine.columns("old"), engine.columns("new"))


def is_number(kind: str) -> bool:
    """Whether a type of duckdb's is one of numbers."""
    return kind in _INTEGERS or kind in _FLOATS or kind.startswith("DECIMAL")


def summarise(engine: Engine, schema: Schema, found: TableDiff) -> None:
    """Empty cells, least, greatest and mean values of each common column in both tables."""
    known = {column.name: column for column in found.columns}
    found.columns = [known.get(column, Column(column, schema.new[column])) for column in schema.common]
    for start in range(0, len(found.columns), _AT_ONCE):
        part = found.columns[start : start + _AT_ONCE]
        for table in ("old", "new"):
            values = iter(
                engine.row(f"SELECT {', '.join(_facts(schema, column.name) for column in part)} FROM {table}")
            )
            for column in part:
                facts: dict[str, Any] = {"nulls": next(values)}
                if schema.is_number(column.name):
                    facts |= {fact: plain(next(values)) for fact in _FACTS}
                setattr(column, table, facts)


def _facts(schema: Schema, column: str) -> str:
    cell = name(column)
    if not schema.is_number(column):
        return f"count(*) - count({cell})"
    return f"count(*) - count({cell}), min({cell}), max({cell}), avg({cell})"


def plain(value: Any) -> Any:
    """A cell as JSON can say it: numbers, texts, booleans, None; anything else as text."""
    from decimal import Decimal

    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return value if value - value == 0 else str(value)  # NaN and infinities are no JSON
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, list):
        return [plain(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return str(value)
