"""Knows whose data is asked for, an address with its invoices, and in which tables it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Table, or_, select
from sqlalchemy.engine import Connection

from relay.admin.history import history
from relay.admin.lookup import records_numbered
from relay.admin.naming import captured_table
from relay.admin.privacy.judged import COBRA, Columns
from relay.admin.read_only import Looked, YearLookedAt
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
    tables: Mapping[str, Table]
    """The relay's own tables in cobra, all of them."""

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
    for name, year in list(looked.years.here.items()):
        try:  # read from the catalogue before any transaction
            for table in tables_of_sage(settings, year):
                year.sage_table(table)
        except Refused as error:
            looked.years.lose(name, error)
    for name, missing in looked.years.missed.items():
        raise Refused("privacy_year_away", year=name, why=Problem(missing.code, missing.values))
    with looked.lock.reading() as connection:
        tables = all_tables(connection, COBRA)
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
        invoices = {*printed(connection, settings, key), *_recorded(connection, tables, key)}
    invoices |= {invoice for _, invoice in _booked(looked, key)}
    numbers = {year.numbers([key]).get(key) for year in _years(looked)}
    found = tuple(sorted(number for number in numbers if number is not None))
    return DataSubject(key, tuple(sorted(invoices)), found, tables)


def tables_of_sage(settings: Settings, year: YearLookedAt) -> tuple[str, ...]:
    """Return Sage's own tables in which a person may stand.

    Debtors of an earlier mode stand there, whatever is configured by now.
    """
    ours = (year.tables.debtor, year.tables.booking)
    with year.transaction(0) as connection:
        some = [connection.execute(select(t.c.entity_key).limit(1)).scalar() for t in ours]
    return ("Adr", "PKd", "OPd") if settings.invoices is not None or any(some) else ("Adr",)


def all_tables(connection: Connection, judged: Mapping[str, Columns]) -> dict[str, Table]:
    """Return all of the relay's tables in a database: a login sees but those it has a right on.

    Raises:
        Refused: `privacy_unseen`, since what is not seen is neither shown nor erased.
    """
    found = own_tables(connection)
    if unseen := judged.keys() - found.keys() - {"own_write"}:  # that one is SQLite's alone
        raise Refused("privacy_unseen", tables=", ".join(sorted(unseen)))
    return found


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


def _recorded(connection: Connection, tables: Mapping[str, Table], key: str) -> set[str]:
    """Return the invoices that the enquiry knows of a customer."""
    d = tables["document"].c
    query = select(d.entity_key).where(d.customer_key == key)
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
