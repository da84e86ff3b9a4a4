"""Knows how many rows are written by few statements, and that each of them was written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Sized
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Numeric,
    String,
    Table,
    Unicode,
    and_,
    bindparam,
    cast,
    collate,
    column,
    insert,
    null,
    update,
    values,
)
from sqlalchemy.engine import Connection
from sqlalchemy.sql.dml import Insert, Update
from sqlalchemy.types import NullType, TypeEngine

from relay.base.errors import RowCountError
from relay.database.base import Rows
from relay.database.columns import COLLATION, is_view
from relay.database.hints import HINT, hinted
from relay.database.own_types import Words, utcnow

PARAMETERS = 2000
"""In one statement; SQL Server takes 2,100."""
LONGEST_LIST = 1000
"""Rows in one list of VALUES, SQL Server's limit."""
LONGEST_TEXT = 4000
"""Characters of the longest nvarchar that is not nvarchar(max)."""


@dataclass(frozen=True, slots=True)
class PreparedStatement:
    """A statement of the driver for one row."""

    sql: str
    names: tuple[str, ...]
    """The columns whose values it takes, in its order."""
    converters: Mapping[str, Callable[[Any], Any]]
    """How values of a column are converted, where they are."""

    def execute(self, connection: Connection, rows: Rows) -> int:
        """Execute it for each row by the driver's own `executemany`; returns the count."""
        columns = (self._column(name, rows) for name in self.names)
        bound = list(zip(*columns, strict=True))
        return connection.exec_driver_sql(self.sql, bound).rowcount

    def _column(self, name: str, rows: Rows) -> Sequence[Any]:
        values = [row[name] for row in rows]
        convert = self.converters.get(name)
        return values if convert is None else list(map(convert, values))


@lru_cache(maxsize=256)
def insertion(
    dialect: Any, table: Table, names: tuple[str, ...], now: tuple[str, ...]
) -> PreparedStatement:
    """Return the INSERT of one row."""
    marks = _marks(table, names)
    statement = insert(table).inline().values(marks | dict.fromkeys(now, utcnow()))
    return _prepared(statement, dialect, names)


@lru_cache(maxsize=256)
def change(
    dialect: Any, table: Table, names: tuple[str, ...], by: tuple[str, ...], now: tuple[str, ...]
) -> PreparedStatement:
    """Return the UPDATE of one row, which is found by its columns `by`."""
    return _prepared(_change(table, _marks(table, names), by, now), dialect, names)


def single_change(
    table: Table, rows: Rows, by: Collection[str], now: Collection[str]
) -> tuple[Update, list[dict[str, Any]]]:
    """Return the UPDATE of one row, and its parameters for each of the rows.

    SQL Server joins no view with a list of rows, if a trigger stands instead of its updates (414).
    """
    names = tuple(rows[0])
    parameters = [{_place(i): row[name] for i, name in enumerate(names)} for row in rows]
    return _change(table, _marks(table, names), by, now), parameters


def joined_change(table: Table, rows: Rows, by: Collection[str], now: Collection[str]) -> Update:
    """Return the UPDATE of all the rows at once, joined with a list of them.

    What the list's columns are does not depend on the rows: SQL Server takes one that is NULL in
    each row for an int, and which collation texts of a list have is written nowhere.
    """
    places = [column(_place(i), table.c[name].type) for i, name in enumerate(rows[0])]
    first = tuple(_typed(value, table.c[name].type) for name, value in rows[0].items())
    others = (tuple(row.values()) for row in rows[1:])
    listed = values(*places, name="listed").data([first, *others])
    columns = dict(zip(rows[0], listed.c, strict=True))
    return _change(
        table, columns | {name: _collated(columns[name], table.c[name]) for name in by}, by, now
    )


def portions(rows: Rows) -> Iterator[Rows]:
    """Cut rows so that each portion fits into one statement."""
    size = min(LONGEST_LIST, PARAMETERS // len(rows[0])) if rows else 1
    return (rows[at : at + size] for at in range(0, len(rows), size))


def check_count(table: Table, rows: Sized, count: int) -> None:
    """Refuse to go on if not each row was written; of a view nobody tells, so who writes looks.

    Raises:
        RowCountError: one was not there, or was there twice.
    """
    if count != len(rows) and not is_view(table):
        raise RowCountError(table.name, len(rows), count)


def _change(
    table: Table,
    expressions: Mapping[str, ColumnElement[Any]],
    by: Collection[str],
    now: Collection[str],
) -> Update:
    found = (table.c[name] == expressions[name] for name in by)
    changed = {name: value for name, value in expressions.items() if name not in by}
    hint = table.info.get(HINT)
    statement = update(table) if hint is None else hinted(update(table), table, hint)
    return statement.where(and_(*found)).values(changed | dict.fromkeys(now, utcnow()))


def _typed(value: Any, kind: TypeEngine[Any]) -> Any:
    """Return a value of a list's first row, which gives its type to the whole column.

    A text is none for a cast: it would be cut to the column's length unseen.
    """
    if isinstance(kind, String | Words | NullType):
        return cast(null(), Unicode(LONGEST_TEXT)) if value is None else value
    if isinstance(kind, Numeric) and kind.precision is None:
        return value  # its decimals would be lost
    return cast(bindparam(None, value, type_=kind, unique=True), kind)


def _collated(listed: ColumnElement[Any], real: Column[Any]) -> ColumnElement[Any]:
    """Return a list's text as the real column compares it, so that the column's index is used."""
    if not isinstance(real.type, String | Words):
        return listed
    return collate(listed, real.info.get(COLLATION, "DATABASE_DEFAULT"))


def _prepared(
    statement: Insert | Update, dialect: Any, names: tuple[str, ...]
) -> PreparedStatement:
    """Let Core build the statement, and tell how values are converted.

    What Core does beside that for each row was a fifth of the time of a batch.
    """
    compiled: Any = statement.compile(dialect=dialect)
    by_place = {_place(i): name for i, name in enumerate(names)}
    converters = {
        by_place[place]: mark.type.dialect_impl(dialect).bind_processor(dialect)
        for place, mark in compiled.binds.items()
    }
    return PreparedStatement(
        str(compiled),
        tuple(by_place[place] for place in compiled.positiontup),
        {name: convert for name, convert in converters.items() if convert is not None},
    )


def _marks(table: Table, names: Collection[str]) -> dict[str, Any]:
    return {name: bindparam(_place(i), type_=table.c[name].type) for i, name in enumerate(names)}


def _place(number: int) -> str:
    """Name a parameter by its place: a column of somebody else's may be called anything."""
    return f"c{number}"
