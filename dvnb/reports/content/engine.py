"""duckdb, held to one comparison: two tables of a temporary database, which goes to disk where memory is short."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from dvnb.errors import DvnbError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXTRA = "content"
_MEMORY = "1GB"
_DELIMITERS = (",", ";", "\t", "|")
_LONGEST_HEADER = 1 << 20
_FROM_CSV = "read_csv({path}, skip=0, {options})"
_READERS = {
    "parquet": "read_parquet({path})",
    "jsonl": "read_json({path}, format='newline_delimited', {options})",
    "csv": _FROM_CSV,
    "tsv": _FROM_CSV,
}


class UnreadableTableError(DvnbError):
    """A file is no table of the kind that its name promises."""


class Engine:
    """One connection; names of tables and columns are quoted by `name`, texts by `text`."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self._connection = connection

    def run(self, sql: str) -> None:
        """Execute a statement."""
        self._connection.execute(sql)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        return self._connection.execute(sql).fetchall()

    def row(self, sql: str) -> tuple[Any, ...]:
        """The one row of a query."""
        return self.rows(sql)[0]

    def columns(self, table: str) -> dict[str, str]:
        """Names and types of a table's or query's columns, in order."""
        return {str(row[0]): str(row[1]) for row in self.rows(f"DESCRIBE SELECT * FROM {table}")}

    def load(
        self,
        table: str,
        path: str,
        kind: str,
        *,
        gzipped: bool = False,
        header: bool = True,
        texts: set[str] | None = None,
    ) -> None:
        """Make `table` hold a file; its `rowid` is the number of the row. `texts`: columns to be read as they stand.

        Without a `header`, which only csv and tsv can be, columns are named column0, column1 and so on.

        Types of text formats are found by looking at the first rows; where later ones contradict, at all of them.
        Raises: UnreadableTableError.
        """
        import duckdb

        if not os.path.getsize(path):
            raise UnreadableTableError("it is empty")
        message = ""
        for attempt in _attempts(path, kind, gzipped=gzipped, header=header):
            reader = partial(_READERS[kind].format, path=text(path))
            try:
                options = attempt if header else attempt + _numbered(len(self.columns(reader(options=attempt))))
                source = reader(options=options + (_as_texts(texts) if texts else ""))
                self.run(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {source}")
            except duckdb.Error as error:
                message = message or _words(error, path, table)
            else:
                return
        raise UnreadableTableError(message)


def _words(error: Exception, path: str, table: str) -> str:
    """What duckdb said first, without where the bytes lie on this machine."""
    first = str(error).strip().partition("\n")[0].partition("Error: ")
    return (
        (first[2] or first[0]).replace(f'"{path}"', f"of the {table} version").replace(path, f"of the {table} version")
    )


def _numbered(count: int) -> str:
    """Names for the columns of a file without a header; those that duckdb gives depend on how many there are."""
    return f", names=[{', '.join(text(f'column{number}') for number in range(count))}]"


def _as_texts(columns: set[str]) -> str:
    return ", types={" + ", ".join(f"{text(column)}: 'VARCHAR'" for column in sorted(columns)) + "}"


def _attempts(path: str, kind: str, *, gzipped: bool, header: bool) -> list[str]:
    if kind == "parquet":
        return [""]
    if kind == "jsonl":
        return ["sample_size=20480", "sample_size=-1"]
    delimiter = "\t" if kind == "tsv" else _delimiter(path, gzipped=gzipped)
    shape = f"header={str(header).lower()}, delim={text(delimiter)}, compression='{'gzip' if gzipped else 'none'}', "
    ragged = f"{shape}all_varchar=true, null_padding=true, strict_mode=false"
    return [f"{shape}sample_size=20480", f"{shape}sample_size=-1", f"{shape}all_varchar=true", ragged]


def _delimiter(path: str, *, gzipped: bool) -> str:
    """What separates the names in the first line; duckdb, if asked, rather takes none than bears uneven lines."""
    import gzip

    try:
        with gzip.open(path) if gzipped else open(path, "rb") as file:
            line = file.readline(_LONGEST_HEADER).decode(errors="replace")
    except (OSError, EOFError) as error:
        raise UnreadableTableError(str(error)) from error
    return max(_DELIMITERS, key=line.count)


@contextmanager
def open_engine() -> Generator[Engine]:
    """An engine with a database of its own, removed in the end.

    Raises: DvnbError where duckdb is not installed.
    """
    try:
        import duckdb
    except ImportError as error:
        raise DvnbError(
            f"comparing tables needs the package duckdb, which comes with the extra '{EXTRA}': "
            f"pip install 'dvnb[{EXTRA}]'"
        ) from error
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="dvnb-") as folder:
        connection = duckdb.connect(os.path.join(folder, "tables"))
        try:
            # Nothing is asked of a network, and no file is read but the two: extensions stay as they are installed.
            connection.execute("SET autoinstall_known_extensions = false")
            connection.execute(f"SET memory_limit = '{_MEMORY}'")
            connection.execute(f"SET temp_directory = {text(os.path.join(folder, 'spilled'))}")
            connection.execute("SET enable_progress_bar = false")
            yield Engine(connection)
        finally:
            connection.close()


def name(identifier: str) -> str:
    """A column's name as SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as SQL."""
    return "'" + value.replace("'", "''") + "'"
