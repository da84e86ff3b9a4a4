"""Knows whose data is asked for: one address of cobra, with the invoices to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.engine import Connection

from relay.admin.history import history
from relay.admin.lookup import records_numbered
from relay.admin.naming import captured_table
from relay.admin.read_only import Looked
from relay.admin.uninstall import own_tables
from relay.base.errors import Refused
from relay.base.values import Entity, Problem, RecordId
from relay.database import dialect_of
from relay.database.reflection import column_named, typed_key
from relay.settings import Settings


@dataclass(frozen=True)
class DataSubject:
    """An address, and what belongs to it."""

    key: str
    invoices: tuple[str, ...]
    numbers: tuple[str, ...]
    """Its address numbers in the Sage years; one as a rule."""

    @cached_property
    def records(self) -> frozenset[RecordId]:
        """Address and invoices."""
        own = RecordId(Entity.ADDRESS, self.key)
        return frozenset([own, *(RecordId(Entity.INVOICE, key) for key in self.invoices)])


def find_subject(looked: Looked, settings: Settings, asked: str) -> DataSubject:
    """Return whom a number or a key of cobra means, also where cobra holds it no more.

    Raises:
        Refused: a Sage year cannot be asked; it is nobody, or it may be several.
    """
    for name, error in looked.years.missed.items():
        raise Refused("privacy_year_away", year=name, why=Problem(error.code, error.values))
    with looked.lock.reading() as connection:
        numbered = records_numbered(connection, settings, asked)
        addresses = {one.key for one in numbered if one.entity == Entity.ADDRESS}
        if not addresses:
            own = history(connection, asked)
            addresses = {one.key for one in own if one.entity == Entity.ADDRESS}
    addresses = addresses or _linked(looked, asked)
    if not addresses:
        raise Refused("cli_nothing_known", key=asked)
    if len(addresses) > 1:
        raise Refused("privacy_several", key=asked, keys=", ".join(sorted(addresses)))
    (key,) = addresses
    with looked.lock.reading() as connection:
        invoices = {*printed(connection, settings, key), *_recorded(connection, key)}
    invoices |= {invoice for _, invoice in _booked(looked, key)}
    numbers = {year.numbers([key]).get(key) for year in _years(looked)}
    found = tuple(sorted(number for number in numbers if number is not None))
    return DataSubject(key, tuple(sorted(invoices)), found)


def _years(looked: Looked) -> Iterator[Any]:
    for year in looked.years.here.values():
        with year.transaction(0):
            yield year


def _linked(looked: Looked, asked: str) -> set[str]:
    found: set[str] = set()
    for year in _years(looked):
        ln = year.tables.link
        query = select(ln.c.entity_key).where(or_(ln.c.entity_key == asked, ln.c.number == asked))
        found |= set(year.connection.execute(query).scalars())
    return found


def _booked(looked: Looked, key: str) -> Iterator[tuple[str, str]]:
    for year in _years(looked):
        b = year.tables.booking
        query = select(b.c.entity_key).where(b.c.address_key == key).distinct()
        for invoice in year.connection.execute(query).scalars():
            yield year.name, invoice


def _recorded(connection: Connection, key: str) -> set[str]:
    """Return the invoices that the enquiry knows of a customer, if it is there."""
    table = own_tables(connection).get("document")
    if table is None:
        return set()
    query = select(table.c.entity_key).where(table.c.customer_key == key)
    return set(connection.execute(query).scalars())


def printed(connection: Connection, settings: Settings, key: str) -> set[str]:
    """Return the invoices that cobra has to an address."""
    if settings.invoices is None:
        return set()
    section, _ = settings.invoices
    table = captured_table(connection, section)
    address, own = column_named(table, section.address), column_named(table, section.key)
    typed = typed_key(address, key)
    if typed is None:
        return set()
    query = select(dialect_of(connection).key_text(own)).where(address == typed)
    return set(connection.execute(query).scalars())
