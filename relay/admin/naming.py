"""Knows how records are called: by number, name and amount as cobra has them now, else as sent.

A name helps to recognise a record; where cobra cannot tell it at the moment, the key has to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import FromClause, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from relay.base import texts
from relay.base.errors import Refused
from relay.base.values import Entity, RecordId
from relay.cobra import access
from relay.cobra.tables import source_tables
from relay.database import dialect_of, rows_among
from relay.database.reflection import column_named, table_of, typed_key
from relay.rules.images import GONE, OWN_KEY, Image, InvoiceImage
from relay.rules.invoice.check import named
from relay.rules.invoice.customer import NAMED, about_address, customer_of
from relay.rules.invoice.invoice import About, Customer
from relay.settings import Address, InvoiceSection, Settings

_NAMING = NAMED | {"key", "invoice_number", "currency", "gross"}
"""What of a row says how people call it, by our names of the columns."""


def names_of(
    connection: Connection, settings: Settings, records: Iterable[RecordId]
) -> dict[RecordId, str]:
    """Return what people call the records: an invoice's number, customer and amount, for example.

    A record that cobra does not hold any more has the number under which it was sent; one that has
    none, or that cannot be read now, is left out.
    """
    return {record: str(of) for record, of in abouts_of(connection, settings, records).items()}


def abouts_of(
    connection: Connection, settings: Settings, records: Iterable[RecordId]
) -> dict[RecordId, About]:
    """Return the same part by part; an address has neither currency nor amount."""
    wanted = list(dict.fromkeys(records))
    try:
        found = _in_cobra(connection, settings, wanted)
    except (DBAPIError, Refused, ValueError, ArithmeticError):
        found = {}
    others = [record for record in wanted if record not in found]
    sent = {of: About(str(number), "", "", None) for of, number in _sent(connection, others)}
    return sent | found


def may_name(connection: Connection, settings: Settings) -> bool:
    """Tell whether this login may read how cobra's addresses are called."""
    try:
        _rows(connection, settings.cobra.address, ["0"], None)
    except (DBAPIError, Refused):
        return False
    return True


def heads_of(
    connection: Connection, settings: Settings, records: Iterable[RecordId]
) -> dict[RecordId, About]:
    """Return number, currency and amount of those that are invoices, without their customers."""
    keys = [record.key for record in records if record.entity == Entity.INVOICE]
    if settings.invoices is None:
        return {}
    try:
        headers = _rows(connection, settings.invoices[0], keys, None)
        heads = {key: _named(header, None, settings) for key, header in headers.items()}
    except (DBAPIError, Refused, ValueError, ArithmeticError):
        return {}
    return {RecordId(Entity.INVOICE, key): about for key, about in heads.items() if about}


def full_names(
    connection: Connection, settings: Settings, records: Sequence[RecordId], language: str
) -> dict[RecordId, str]:
    """Return each record's name as a sentence has it, with its key in brackets."""
    names = names_of(connection, settings, records)
    return {record: texts.record_called(record, language, names.get(record)) for record in records}


def _sent(connection: Connection, records: Sequence[RecordId]) -> Iterable[tuple[RecordId, str]]:
    tables = source_tables(connection.dialect.name)
    o, d = tables.outbox, tables.delivery
    for kind in Entity:
        keys = [record.key for record in records if record.entity == kind]
        query = select(o.c.entity_key, d.c.sage_key).join_from(o, d, d.c.outbox_id == o.c.id)
        query = access.SHOWN.on(query, o).order_by(o.c.id)
        query = query.where(o.c.entity == str(kind), d.c.sage_key.is_not(None))
        for row in rows_among(connection, query, o.c.entity_key, keys):
            yield RecordId(kind, row.entity_key), row.sage_key


def _in_cobra(
    connection: Connection, settings: Settings, records: Sequence[RecordId]
) -> dict[RecordId, About]:
    address = settings.cobra.address
    headers: dict[str, Image] = {}
    if settings.invoices is not None:
        keys = [record.key for record in records if record.entity == Entity.INVOICE]
        headers = _rows(connection, settings.invoices[0], keys, "address")
    wanted = [record.key for record in records if record.entity == Entity.ADDRESS]
    customers = {str(h["address_key"]) for h in headers.values() if h["address_key"] is not None}
    parent = None if address.parent is None else "parent"
    rows = _rows(connection, address, [*wanted, *customers], parent)
    if parent is not None and headers:
        mains = {str(row["parent_key"]) for row in rows.values() if row["parent_key"]}
        rows |= _rows(connection, address, sorted(mains - rows.keys()), parent)
    found = {
        RecordId(Entity.ADDRESS, key): about_address(rows[key], address)
        for key in wanted
        if key in rows
    }
    there = dict.fromkeys(customers, GONE) | rows
    for key, header in headers.items():
        customer = customer_of(InvoiceImage(header, ()), there, address, lambda _: GONE)
        about = _named(header, customer, settings)
        if about is not None:
            found[RecordId(Entity.INVOICE, key)] = about
    return found


def _named(header: Image, customer: Customer | None, settings: Settings) -> About | None:
    about = named(header, customer, settings)
    if about is None or about.currency:
        return about
    return replace(about, currency=_only_currency(settings))


def _only_currency(settings: Settings) -> str:
    """Return the currency of an invoice that names none, where there is but one."""
    known = list(settings.sage.collective_account)
    return known[0] if len(known) == 1 else ""


def _rows(
    connection: Connection,
    section: Address | InvoiceSection,
    keys: Sequence[str],
    reference: str | None,
) -> dict[str, Image]:
    """Return rows by key, as far as they are there, with what they are called by.

    `reference` names a column with a key, which is read too.
    """
    dialect, table = dialect_of(connection), captured_table(connection, section)
    needed = {*_NAMING, reference}
    columns = {
        name: column_named(table, real)
        for name, real in section.captured().items()
        if name in needed
    }
    key = columns.pop("key")
    read: list[Any] = [dialect.key_text(key), *columns.values()]
    names = [OWN_KEY, *columns]
    if reference is not None:
        read.append(dialect.key_text(columns[reference]))
        names.append(f"{reference}_key")
    query = select(*(column.label(f"f_{at}") for at, column in enumerate(read)))
    found: dict[str, Image] = {}
    wanted = [typed for typed in (typed_key(key, k) for k in keys) if typed is not None]
    for row in rows_among(connection, query, key, wanted):
        image: Mapping[str, Any] = dict(zip(names, row, strict=True))
        found[str(image[OWN_KEY])] = image
    return found


def captured_table(connection: Connection, section: Address | InvoiceSection) -> FromClause:
    """Return a captured table under the name `record`.

    Raises:
        Refused: it is missing.
    """
    return table_of(connection, section).alias("record")
