"""Knows the copies in cobra's own tables: written on change only, and no notice comes of them.

Each page is a transaction of its own that is marked as the relay's; a row that a clerk has open
is left for the next time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from sqlalchemy import (
    Integer,
    Numeric,
    Table,
    and_,
    bindparam,
    case,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import TypeEngine

from relay.base.errors import Refused, RowCountError
from relay.database import Failure, abbreviated, among, chunks, counted, dialect_of
from relay.database.reflection import column_named, python_type, table_of
from relay.database.rows import check_count
from relay.extras.documents.tables import MONEY, document_tables
from relay.rules.invoice.invoice import CENT
from relay.settings import Settings
from relay.settings.captured import TableSection
from relay.settings.documents import CopyTable, Turnover

Copied = Mapping[str, Any]
_DECIMAL = ("last_year", "this_year", "planned", "currency_gross", "net", "tax", "gross")
"""What has centimes, which a column of whole numbers would cut off."""
PAGE = 200
"""Rows that are locked at once: clerks work meanwhile."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where copies go: a table of cobra's, its key, and our names to its columns."""

    table: Table
    key: Any
    columns: Mapping[str, Any]


def copy(connection: Connection, settings: Settings, today: date) -> tuple[int, int]:
    """Bring the configured copies up to date; returns rows written, and rows left as locked.

    Raises:
        Refused: a configured table or column is missing, or a column cannot hold centimes.
    """
    written, locked = 0, 0
    with connection.begin():
        targets = [*_targets(connection, settings)]
    for target, source in targets:
        with connection.begin():
            wanted = _wanted(connection, source, today)
            stands = _stands(connection, target, sorted(wanted))
        changes = {
            key: row for key, row in wanted.items() if _differs(target, row, stands.get(key))
        }
        known = [key for key in changes if key in stands]
        new = [] if isinstance(source, Turnover) else [k for k in changes if k not in stands]
        for keys, write in ((known, _update), (new, _insert)):
            for at in range(0, len(keys), PAGE):
                page = {key: changes[key] for key in keys[at : at + PAGE]}
                done = _page(connection, target, page, write)
                written, locked = written + done, locked + len(page) - done
    return written, locked


def _targets(
    connection: Connection, settings: Settings
) -> Iterator[tuple[Target, Turnover | CopyTable]]:
    documents = settings.documents
    if documents is None:
        return
    if documents.turnover is not None and documents.turnover.columns():
        columns = documents.turnover.columns()
        yield _target(connection, settings.cobra.address, columns), documents.turnover
    if documents.table is not None:
        yield _target(connection, documents.table, documents.table.fields), documents.table


def _target(connection: Connection, section: TableSection, columns: Mapping[str, str]) -> Target:
    table = table_of(connection, section)
    found = {ours: column_named(table, theirs) for ours, theirs in columns.items()}
    for ours, column in found.items():
        if ours in _DECIMAL and _cuts_off(column.type):
            raise Refused("copy_needs_decimals", table=section.table, column=columns[ours])
    return Target(table, column_named(table, section.key), found)


def _cuts_off(kind: TypeEngine[Any]) -> bool:
    """Tell whether a column's type has less than two decimals."""
    if isinstance(kind, Integer):
        return True
    return isinstance(kind, Numeric) and kind.scale is not None and kind.scale < MONEY


def _wanted(
    connection: Connection, source: Turnover | CopyTable, today: date
) -> dict[str, dict[str, Any]]:
    """Return what the copies shall say, by the text of their key."""
    tables = document_tables(connection.dialect.name)
    d = tables.document
    if isinstance(source, CopyTable):
        booked = or_(d.c.stands == 1, d.c.state == "reversed")  # what never vanishes again
        query = select(d.c.entity_key, *(d.c[name] for name in source.fields)).where(booked)
        rows = connection.execute(query).all()
        return {row[0]: dict(zip(source.fields, row[1:], strict=True)) for row in rows}
    first, before = date(today.year, 1, 1), date(today.year - 1, 1, 1)
    this = func.sum(case((d.c.invoice_date >= first, d.c.net)))
    last = func.sum(case((d.c.invoice_date < first, d.c.net)))
    h = tables.handed_over
    bought = and_(d.c.customer_key == h.c.entity_key, d.c.stands == 1, d.c.invoice_date >= before)
    query = select(h.c.entity_key, this, last).outerjoin(d, bought).group_by(h.c.entity_key)
    found = {}
    for key, now, then in connection.execute(query):
        sums = {"this_year": now or Decimal(0), "last_year": then or Decimal(0)}
        sums["planned"] = (sums["this_year"] * source.factor).quantize(CENT, ROUND_HALF_UP)
        found[key] = {name: sums[name] for name in source.columns()}
    return found


def _stands(connection: Connection, target: Target, keys: Sequence[str]) -> dict[str, Copied]:
    """Return what the copies say now."""
    dialect = dialect_of(connection)
    text = dialect.key_text(target.key)
    query = select(text, *target.columns.values())
    found: dict[str, Copied] = {}
    for some in chunks(keys):
        typed = [_typed(target.key, key) for key in some]
        rows = connection.execute(query.where(among(target.key, typed))).all()
        found |= {row[0]: dict(zip(target.columns, row[1:], strict=True)) for row in rows}
    return found


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
    if kind in (int, float, Decimal):
        return kind(value)
    if kind is not str:
        return value
    length = getattr(column.type, "length", None)
    return str(value) if length is None else abbreviated(str(value), length)


def _page(connection: Connection, target: Target, page: Mapping[str, Copied], write: Any) -> int:
    """Write a page; where a clerk has a row open, or removed it, the others one by one.

    Returns how many rows were written.
    """
    dialect = dialect_of(connection)
    try:
        with connection.begin(), dialect.own_writes(connection):
            check_count(target.table, page, write(connection, target, page))
    except (DBAPIError, RowCountError) as error:
        if isinstance(error, DBAPIError) and dialect.failure(error) is not Failure.LOCKED:
            raise
        if len(page) == 1:
            return 0
        return sum(_page(connection, target, {k: row}, write) for k, row in page.items())
    return len(page)


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
