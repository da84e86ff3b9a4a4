"""Knows numbers that Sage gives by a counter: a row that says which was given last, or is next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, func, select, update
from sqlalchemy.engine import Connection

from relay.base.errors import Refused, RowCountError
from relay.base.toml import named, quoted
from relay.database import counted, dialect_of
from relay.database.names import split_name
from relay.database.reflection import column_named, read_table
from relay.sage.codecs import kind_of
from relay.settings.profile import Counter


@dataclass(frozen=True, slots=True)
class CounterRow:
    """The counter's row in a year's database."""

    table: Table
    column: Column[Any]
    where: tuple[ColumnElement[bool], ...]
    step: int
    """From what it holds to the next number: 1, or 0 where it holds that one."""

    def take(self, connection: Connection, numbers: int = 0) -> int:
        """Return the first number that is free, and take so many.

        The update comes first, also where none is taken: it keeps everybody else from the row
        until our transaction ends, whatever its isolation.
        """
        self._write(connection, self.column + numbers)
        return self.next(connection) - numbers

    def next(self, connection: Connection) -> int:
        """Return the first number that is free, as long as nobody else takes it."""
        query = select(self.column).where(*self.where)
        return int(connection.execute(query).scalar_one()) + self.step

    def note(self, connection: Connection, last: int) -> None:
        """Say which number was given last; `take` has kept the row since."""
        self._write(connection, last + 1 - self.step)

    def _write(self, connection: Connection, value: Any) -> None:
        change = update(self.table).where(*self.where).values({self.column: value})
        if (rows := counted(connection, change)) != 1:
            raise RowCountError(f"{self.table.name}.{self.column.name}", 1, rows)


def counter_row(connection: Connection, counter: Counter) -> CounterRow:
    """Find a counter.

    Raises:
        Refused: `table_missing`, `column_missing`; `counter_unsuitable`: it is not one row, or
            holds no whole number.
    """
    schema, name, column_name = place_of(counter)
    table = read_table(connection, dialect_of(connection).locate(name, schema))
    column = column_named(table, column_name)
    found = tuple(column_named(table, name) == value for name, value in counter.where.items())
    query = select(func.count(), func.count(column)).select_from(table).where(*found)
    rows, numbers = connection.execute(query).one()
    if rows != 1 or numbers != 1 or issubclass(kind_of(column), str):
        values: Mapping[str, object] = {"counter": counter.column, "rows": rows}
        raise Refused("counter_unsuitable", **values)
    return CounterRow(table, column, found, 0 if counter.holds == "next" else 1)


def place_of(counter: Counter) -> tuple[str, str, str]:
    """Return schema, table and column of a counter: `schema.table.column`, or `table.column`.

    >>> place_of(Counter("Nummern.BK"))
    ('dbo', 'Nummern', 'BK')
    >>> place_of(Counter("[fibu].[Nummern (alt)].[BK]"))
    ('fibu', 'Nummern (alt)', 'BK')
    """
    parts: list[str] = []
    for part in split_name(counter.column):
        parts += [part] if counter.column[:1] in ("[", '"') else part.split(".")
    schema = parts[-3] if len(parts) > 2 else "dbo"  # noqa: PLR2004 - schema, table, column
    return schema, parts[-2], parts[-1]


def is_same(one: Counter, other: Counter) -> bool:
    """Tell whether two counters are one, however their names are written."""
    return _spelt(one) == _spelt(other)


def _spelt(counter: Counter) -> tuple[object, ...]:
    where = {name.casefold(): str(value) for name, value in counter.where.items()}
    return [part.casefold() for part in place_of(counter)], where, counter.holds


def written(counter: Counter) -> str:
    """Write a counter as `[sage.profile.keys]` takes it.

    >>> written(Counter("dbo.Nummern.Wert", {"Art": "BLG"}))
    '{ counter = "dbo.Nummern.Wert", where = { Art = "BLG" } }'
    """
    parts = [f"counter = {quoted(counter.column)}"]
    if counter.where:
        row = ", ".join(f"{named(name)} = {quoted(value)}" for name, value in counter.where.items())
        parts.append(f"where = {{ {row} }}")
    if counter.holds != "last":
        parts.append(f"holds = {quoted(counter.holds)}")
    return f"{{ {', '.join(parts)} }}"
