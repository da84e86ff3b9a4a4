"""The bare driver: what a program without any library has to read and write rows with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import Engine

Row = Sequence[Any]
NOTHING: Mapping[str, str] = {}


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

    def each(self, statement: str, values: Sequence[Any]) -> None:
        """Change the rows whose `IN ?*` takes these values."""
        self._many(statement.replace("IN ?*", "= ?"), [(value,) for value in values])

    def insert(
        self, table: str, columns: str, rows: Sequence[Row], always: Mapping[str, str] = NOTHING
    ) -> None:
        """Insert rows; `always` gives further columns and what they have in each."""
        names = columns.split(", ")
        marks = ", ".join([*("?" for _ in names), *always.values()])
        self._many(f"INSERT INTO {table} ({', '.join([*names, *always])}) VALUES ({marks})", rows)

    def update(
        self,
        table: str,
        columns: str,
        by: str,
        rows: Sequence[Row],
        always: Mapping[str, str] = NOTHING,
    ) -> None:
        """Update rows; each of them tells its columns, then the value of `by` that finds it."""
        told = dict.fromkeys(columns.split(", "), "?") | dict(always)
        changes = ", ".join(f"{name} = {value}" for name, value in told.items())
        self._many(f"UPDATE {table} SET {changes} WHERE {by} = ?", rows)

    def _many(self, statement: str, rows: Sequence[Row]) -> None:
        if rows:
            self._cursor.executemany(self._ours(statement), rows)

    def close(self) -> None:
        """Disconnect."""
        self._raw.close()

    def _ours(self, statement: str) -> str:
        there = statement.replace("NOW", self.now)
        return there if self.mssql else there.replace("relay.", "relay_").replace("dbo.", "")
