"""Knows by what people name a record: an invoice's number, an address's in Sage, a key, a day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, and_, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from relay.admin.naming import captured_table
from relay.base.days import NO_DAYS
from relay.base.spelling import spellings_of, ways_to_type
from relay.base.values import Entity, RecordId
from relay.database import Failure, among, dialect_of
from relay.database.reflection import column_named, python_type, typed_key
from relay.settings import Address, InvoiceSection, Settings

_NAMES = ("firm", "firm2", "last_name", "first_name")
MOST = 50
"""Records that are shown for one number; more than one is a mistake in cobra already."""


def records_numbered(connection: Connection, settings: Settings, number: str) -> list[RecordId]:
    """Return the records of cobra that bear a number: invoices first, then addresses.

    The number counts as people see it, whatever was pasted with it.

    Raises:
        Refused: a captured table or column is missing.
    """
    found: list[RecordId] = []
    if settings.invoices is not None:
        invoice, _ = settings.invoices
        column = invoice.fields["invoice_number"]
        found += _bearing(connection, Entity.INVOICE, invoice, column, number)
    address = settings.cobra.address
    column = address.fields["sage_address_number"]
    return [*found, *_bearing(connection, Entity.ADDRESS, address, column, number)]


def records_called(connection: Connection, settings: Settings, part: str) -> list[RecordId]:
    """Return addresses in whose names a text stands; none while somebody has one of them open.

    Raises:
        Refused: the captured table or a column is missing.
    """
    section = settings.cobra.address
    dialect, table = dialect_of(connection), captured_table(connection, section)
    names = [column_named(table, section.fields[f]) for f in _NAMES if f in section.fields]
    key = column_named(table, section.key)
    called = or_(*(name.icontains(part, autoescape=True) for name in names))
    query = select(dialect.key_text(key)).where(called).order_by(key).limit(MOST)
    return [RecordId(Entity.ADDRESS, one) for one in _unlocked(connection, query)]


def invoices_of(
    connection: Connection, settings: Settings, addresses: Iterable[RecordId]
) -> list[RecordId]:
    """Return the invoices of some addresses, the newest first; none while one is being edited.

    Raises:
        Refused: the captured table or a column is missing.
    """
    if settings.invoices is None:
        return []
    section, _ = settings.invoices
    dialect, table = dialect_of(connection), captured_table(connection, section)
    key, address = column_named(table, section.key), column_named(table, section.address)
    keys = [typed_key(address, one.key) for one in addresses]
    of_them = among(address, [one for one in keys if one is not None])
    query = select(dialect.key_text(key)).where(of_them).order_by(key.desc()).limit(MOST)
    return [RecordId(Entity.INVOICE, one) for one in _unlocked(connection, query)]


def _unlocked(connection: Connection, query: Select[Any]) -> Sequence[Any]:
    """Return what a query finds; nothing while somebody has one of the rows open."""
    try:
        return connection.execute(query).scalars().all()
    except DBAPIError as error:
        if dialect_of(connection).failure(error) is not Failure.LOCKED:
            raise
        return []


def records_named(connection: Connection, settings: Settings, name: str) -> list[RecordId]:
    """Return the records that bear a number, or else a key of cobra; `invoice:1` is a key too.

    Raises:
        Refused: a captured table or column is missing.
    """
    entity, _, key = name.rpartition(":")
    sections: list[tuple[Entity, Address | InvoiceSection]] = [
        (Entity.ADDRESS, settings.cobra.address)
    ]
    if settings.invoices is not None:
        sections.append((Entity.INVOICE, settings.invoices[0]))
    numbered = [] if entity else records_numbered(connection, settings, name)
    found = (
        record
        for kind, section in sections
        if entity in {"", kind}
        for spelling in spellings_of(key)
        for record in _with(connection, kind, section, section.key, spelling)
    )
    return numbered or list(dict.fromkeys(found))


def invoices_since(connection: Connection, settings: Settings, day: date) -> list[RecordId]:
    """Return the invoices that cobra dates on a day or later, in the order of their keys."""
    return _dated(connection, settings, lambda _posted, dated: dated >= day_as(dated, day))


def invoices_posted(
    connection: Connection, settings: Settings, first: date, last: date
) -> list[RecordId]:
    """Return the invoices whose posting date, or else their own date, lies between two days."""

    def between(column: Column[Any]) -> ColumnElement[bool]:
        after = day_as(column, last + timedelta(days=1))
        return and_(column >= day_as(column, first), column < after)

    def posted_then(posted: Column[Any] | None, dated: Column[Any]) -> ColumnElement[bool]:
        if posted is None:
            return between(dated)
        written = dialect_of(connection).time_text(posted, len("2026-01-31"))
        nothing = or_(posted.is_(None), written.in_([day.isoformat() for day in sorted(NO_DAYS)]))
        return or_(between(posted), and_(nothing, between(dated)))

    return _dated(connection, settings, posted_then)


def _dated(
    connection: Connection,
    settings: Settings,
    condition: Callable[[Column[Any] | None, Column[Any]], ColumnElement[bool]],
) -> list[RecordId]:
    """Return invoices by a condition on their posting date, if it is mapped, and their own."""
    if settings.invoices is None:
        return []
    section, _ = settings.invoices
    dialect, table = dialect_of(connection), captured_table(connection, section)
    posted = section.fields.get("posting_date")
    key = column_named(table, section.key)
    dated = column_named(table, section.fields["invoice_date"])
    where = condition(None if posted is None else column_named(table, posted), dated)
    query = select(dialect.key_text(key)).where(where).order_by(key)
    return [RecordId(Entity.INVOICE, found) for found in connection.execute(query).scalars()]


def day_as(column: Any, day: date) -> object:
    """Return a day as a column's own type compares it."""
    kind = python_type(column)
    if kind is datetime:
        return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - cobra's own clock
    return day if kind is date else day.isoformat()


def _bearing(
    connection: Connection,
    entity: Entity,
    section: Address | InvoiceSection,
    column: str,
    number: str,
) -> list[RecordId]:
    spelled = (_with(connection, entity, section, column, way) for way in ways_to_type(number))
    return list(dict.fromkeys(record for some in spelled for record in some))


def _with(
    connection: Connection,
    entity: Entity,
    section: Address | InvoiceSection,
    column: str,
    number: str,
) -> Iterator[RecordId]:
    dialect, table = dialect_of(connection), captured_table(connection, section)
    numbered, key = column_named(table, column), column_named(table, section.key)
    typed = typed_key(numbered, number)
    if typed is None:
        return
    query = select(dialect.key_text(key)).where(numbered == typed).order_by(key).limit(MOST)
    for found in connection.execute(query).scalars():
        yield RecordId(entity, found)
