"""Knows how copies get into cobra's own tables: on change only, and no notice comes of them.

Each page is a transaction of its own that is marked as the relay's; a row that a clerk has open
is left for the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Integer, Numeric, Table, bindparam, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from relay.base.errors import Refused, RowCountError
from relay.database import Dialect, Failure, abbreviated, among, chunks, counted, dialect_of
from relay.database.reflection import column_named, python_type, table_of
from relay.database.rows import check_count
from relay.extras.documents.tables import MONEY
from relay.settings.cobra import TableSection

Copied = Mapping[str, Any]
Begin = Callable[[], AbstractContextManager[Connection]]
"""Opens a transaction on cobra's database."""
PAGE = 200
"""Rows that are locked at once: clerks work meanwhile."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where copies go: a table of cobra's, its key, and our names to its columns."""

    table: Table
    key: Any
    columns: Mapping[str, Any]
    dialect: Dialect


@dataclass(slots=True)
class Done:
    """What became of copies."""

    written: int = 0
    locked: list[str] = field(default_factory=list)
    """Keys of rows that somebody has open."""


@contextmanager
def begun(connection: Connection) -> Iterator[Connection]:
    """Open a transaction on a connection that nobody else writes by."""
    with connection.begin():
        yield connection


def target_of(
    connection: Connection,
    section: TableSection,
    columns: Mapping[str, str],
    amounts: Collection[str],
) -> Target:
    """Return where copies go; `amounts` are those of our names that have centimes.

    Raises:
        Refused: the table or a column is missing, or a column cannot hold centimes.
    """
    table = table_of(connection, section)
    found = {ours: column_named(table, theirs) for ours, theirs in columns.items()}
    for ours, column in found.items():
        if ours in amounts and _cuts_off(column.type):
            raise Refused("copy_needs_decimals", table=section.table, column=columns[ours])
    return Target(table, column_named(table, section.key), found, dialect_of(connection))


def _cuts_off(kind: TypeEngine[Any]) -> bool:
    """Tell whether a column's type has less than two decimals."""
    if isinstance(kind, Integer):
        return True
    return isinstance(kind, Numeric) and kind.scale is not None and kind.scale < MONEY


def bring(
    begin: Begin, target: Target, wanted: Mapping[str, Copied], *, adds: bool
) -> Iterator[Done]:
    """Bring rows up to date, by the text of their key; yields after each page what became of it.

    `adds`: a row that is not there is added; otherwise it is passed over.
    """
    for some in chunks(sorted(wanted), PAGE):
        with begin() as connection:
            stands = _stands(connection, target, some)
        changes = {
            key: wanted[key] for key in some if _differs(target, wanted[key], stands.get(key))
        }
        done = Done()
        known = {key: row for key, row in changes.items() if key in stands}
        new = {key: row for key, row in changes.items() if key not in stands} if adds else {}
        for rows, write in ((known, _update), (new, _insert)):
            if rows:
                _page(begin, target, rows, write, done)
        yield done


def _stands(connection: Connection, target: Target, keys: Sequence[str]) -> dict[str, Copied]:
    """Return what the copies say now."""
    text = target.dialect.key_text(target.key)
    query = select(text, *target.columns.values())
    typed = [_typed(target.key, key) for key in keys]
    rows = connection.execute(query.where(among(target.key, typed))).all()
    return {row[0]: dict(zip(target.columns, row[1:], strict=True)) for row in rows}


def _differs(target: Target, wanted: Copied, stands: Copied | None) -> bool:
    if stands is None:
        return True
    return any(
        _plain(_typed(column, wanted[name])) != _plain(stands[name])
        for name, column in target.columns.items()
    )


def _plain(value: Any) -> object:
    """Return a value as it compares: numbers as decimals, days as days, NULL and empty as one."""
    if value is None or value == "":
        return None
    if isinstance(value, date):
        return str(value)[:10]
    try:
        return Decimal(str(value)).normalize()
    except InvalidOperation:
        return str(value)


def _typed(column: Any, value: Any) -> Any:
    """Return a value as a column of cobra's takes it; a text is cut to its length."""
    if value is None:
        return None
    kind = python_type(column)
    if kind in (bool, int, float, Decimal):
        return kind(value)
    if kind is not str:
        return value
    length = getattr(column.type, "length", None)
    return str(value) if length is None else abbreviated(str(value), length)


def _page(begin: Begin, target: Target, page: Mapping[str, Copied], write: Any, done: Done) -> None:
    """Write a page; where a clerk has a row open, or removed it, the others one by one."""
    try:
        with begin() as connection, target.dialect.own_writes(connection):
            check_count(target.table, page, write(connection, target, page))
    except (DBAPIError, RowCountError) as error:
        if isinstance(error, DBAPIError) and target.dialect.failure(error) is not Failure.LOCKED:
            raise
        if len(page) == 1:
            done.locked += page
        else:
            for key, row in page.items():
                _page(begin, target, {key: row}, write, done)
    else:
        done.written += len(page)


def _update(connection: Connection, target: Target, page: Mapping[str, Copied]) -> int:
    statement = (
        update(target.table)
        .where(target.key == bindparam("p_key"))
        .values({column: bindparam(f"p_{n}") for n, column in target.columns.items()})
    )
    return counted(connection, statement, _rows(target, page))


def _insert(connection: Connection, target: Target, page: Mapping[str, Copied]) -> int:
    columns: dict[Any, Any] = {target.key: bindparam("p_key")}
    columns |= {column: bindparam(f"p_{n}") for n, column in target.columns.items()}
    return counted(connection, insert(target.table).values(columns), _rows(target, page))


def _rows(target: Target, page: Mapping[str, Copied]) -> list[dict[str, Any]]:
    return [
        {"p_key": _typed(target.key, key)}
        | {f"p_{name}": _typed(column, row[name]) for name, column in target.columns.items()}
        for key, row in page.items()
    ]
