"""The bare driver: what a program without any library has to read and write rows with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import Engine

Row = Sequence[Any]


class Bare:
    """A connection of the bare driver to one database."""

    def __init__(self, engine: Engine) -> None:
        """Connect; SQLite as safely as the relay does."""
        self.mssql = engine.dialect.name == "mssql"
        self._raw = engine.raw_connection()
        self._cursor = self._raw.cursor()
        self.now = "CAST(SYSUTCDATETIME() AS datetime2(3))"
        if not self.mssql:
            self._cursor.execute("PRAGMA synchronous = FULL")
            self.now = "strftime('%Y-%m-%d %H:%M:%f', 'now')"

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside."""
        if not self.mssql:
            self._cursor.execute("BEGIN")
        yield
        self._raw.commit()

    def rows(self, query: str, *values: Any) -> list[Row]:
        """Return the rows of a query."""
        return list(self._cursor.execute(self._ours(query), values).fetchall())

    def among(self, query: str, values: Sequence[Any]) -> list[Row]:
        """Return the rows of a query whose `IN ?*` takes these values."""
        if not values:
            return []
        marks = f"({', '.join('?' * len(values))})"
        return list(self._cursor.execute(self._ours(query).replace("?*", marks), values).fetchall())

    def first(self, count: int, query: str) -> list[Row]:
        """Return the first rows of a query that begins with the columns."""
        if self.mssql:
            return self.rows(query.replace("SELECT", f"SELECT TOP ({count})", 1))
        return self.rows(f"{query} LIMIT {count}")

    def one(self, statement: str, *values: Any) -> None:
        """Write one row."""
        self._cursor.execute(self._ours(statement), values)

    def many(self, statement: str, rows: Sequence[Row]) -> None:
        """Write rows."""
        if rows:
            self._cursor.executemany(self._ours(statement), rows)

    def insert(self, table: str, columns: str, rows: Sequence[Row]) -> None:
        """Insert rows."""
        marks = ", ".join("?" for _ in columns.split(","))
        self.many(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)

    def close(self) -> None:
        """Disconnect."""
        self._raw.close()

    def _ours(self, statement: str) -> str:
        there = statement.replace("NOW", self.now)
        return there if self.mssql else there.replace("relay.", "relay_").replace("dbo.", "")
