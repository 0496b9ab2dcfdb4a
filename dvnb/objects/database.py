"""A SQLite file that may be lost: damaged ones are made anew, unwritable ones do without.

Neither WAL nor fsync is used, so that it works the same on every filesystem and costs no waiting; what a power cut
can do to it is what damage does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3

BUSY_SECONDS = 5.0

Row = tuple[Any, ...]
Statements = Sequence[tuple[str, Sequence[Row]]]


class Database:
    """Rows in the file at `path`, which is made when first written to.

    After an error that is no damage (locked too long, read-only, full) the file is left alone and an empty database
    in memory takes its place.
    """

    def __init__(self, path: str, schema: str, version: int) -> None:
        self._path = path
        self._schema = schema
        self._version = version
        self._connection: sqlite3.Connection | None = None
        self._in_memory = False
        self._was_removed = False

    def row(self, query: str, parameters: Row) -> Row | None:
        """The first row of a query."""
        return next(iter(self.rows(query, parameters)), None)

    def rows(self, query: str, parameters: Row) -> list[Row]:
        """All rows of a query."""
        if self._connection is None and not self._in_memory and not os.path.exists(self._path):
            return []
        import sqlite3

        try:
            return self._open().execute(query, parameters).fetchall()
        except sqlite3.Error as exc:
            self._give_up(exc)
            return []

    def write(self, statements: Statements) -> None:
        """Run statements in one transaction, each for all its rows."""
        wanted = [(query, rows) for query, rows in statements if rows]
        if not wanted:
            return
        import sqlite3

        while True:
            try:
                self._execute(wanted)
            except sqlite3.Error as exc:
                if self._in_memory:
                    raise
                self._give_up(exc)
            else:
                return

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _execute(self, statements: Iterable[tuple[str, Sequence[Row]]]) -> None:
        connection = self._open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            for query, rows in statements:
                connection.executemany(query, rows)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        import sqlite3

        while self._connection is None:
            try:
                self._connection = self._connect(":memory:" if self._in_memory else self._path)
            except (sqlite3.Error, OSError) as exc:
                if self._in_memory:
                    raise
                self._give_up(exc)
        return self._connection

    def _connect(self, path: str) -> sqlite3.Connection:
        import sqlite3

        if path == self._path:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA synchronous = OFF")
        if self._found_version(connection) == self._version:
            return
        connection.execute("BEGIN IMMEDIATE")
        if self._found_version(connection) != self._version:  # not made by another process just now
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (name,) in tables:
                connection.execute(f'DROP TABLE "{name}"')
            for statement in self._schema.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {self._version}")
        connection.execute("COMMIT")

    def _found_version(self, connection: sqlite3.Connection) -> int:
        return connection.execute("PRAGMA user_version").fetchone()[0]

    def _give_up(self, error: Exception) -> None:
        """Remove a damaged file (once), or turn to memory."""
        import sqlite3

        self.close()
        is_damage = isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)
        self._in_memory = self._was_removed or not is_damage
        if self._in_memory:
            return
        self._was_removed = True
        for suffix in ("", "-journal"):
            try:
                os.unlink(self._path + suffix)
            except FileNotFoundError:
                continue
            except OSError:
                self._in_memory = True
