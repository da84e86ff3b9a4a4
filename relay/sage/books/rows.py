"""Knows how rows of a Sage year's books are read: by tag, and the bookings by their columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Select, select

from relay.database import among, chunks, rows_among
from relay.database.hints import seeking
from relay.rules.invoice.books import Booking, Raw, Stored
from relay.rules.invoice.ledger import Client, Masters
from relay.rules.invoice.paid import InItem
from relay.rules.invoice.rows import client_in, masters_in, stored_of
from relay.sage.layout import SageTable
from relay.sage.year import SageYear


def read_rows(
    year: SageYear,
    name: str,
    tag: str = "",
    values: Sequence[Any] | None = None,
    *,
    lock: bool = False,
) -> list[Raw]:
    """Return rows of one of Sage's tables by tag; all of them, or those with these values."""
    table = year.sage_table(name)
    query = table.query()
    if "BkIdx" in table.columns:
        query = query.order_by(table.columns["BlgNr"], table.columns["BkIdx"])
    if values is None:
        return list(table.rows(year.connection, query))
    query = (year.for_update if lock else seeking)(query, table.table, table.columns[tag])
    return rows_with(year, table, query, tag, values)


def rows_with(
    year: SageYear, table: SageTable, query: Select[Any], tag: str, values: Sequence[Any]
) -> list[Raw]:
    """Return those rows of a query that `table.query` began that have one of the values."""
    found: list[Raw] = []
    for some in chunks(table.sought(tag, values)):
        found += table.rows(year.connection, query.where(among(table.columns[tag], some)))
    return found


def read_stored(year: SageYear, numbers: Sequence[int]) -> dict[int, Stored]:
    """Return the documents that a year has under these numbers."""
    postings = read_rows(year, "Bk", "BlgNr", numbers)
    return stored_of(read_rows(year, "Blg", "BlgNr", numbers), postings)


def client_of(year: SageYear) -> Client | None:
    """Return a year's settings in Sage, None where it does not say them."""
    return client_in(read_rows(year, "Client"), year.settings.vat_settled)


def read_masters(year: SageYear) -> Masters:
    """Return a year's tax keys, terms and currencies, without accounts and settings.

    All of them are read for every batch, so what is no number in a column of texts counts as
    missing: it holds only the invoices that need it.
    """
    return masters_in(*(master_rows(year, name) for name in ("Tax", "Zab", "FCur")))


def master_rows(year: SageYear, name: str) -> list[Raw]:
    """Return all rows of a table; what is no number though it should be counts as missing."""
    return list(year.sage_table(name).understood_rows(year.connection))


def read_bookings(year: SageYear, column: Column[Any], values: Sequence[Any]) -> list[Booking]:
    """Return the bookings of a year that have one of these values in a column."""
    b = year.tables.booking.c
    query = select(
        b.entity_key, b.version, b.document, b.open_item, b.address_key, b.content, b.reversal
    )
    return [Booking(*row) for row in rows_among(year.connection, query, column, values)]


def standing(year: SageYear, keys: Sequence[str]) -> Mapping[str, Booking]:
    """Return which of these invoices stand in a year's books, and how."""
    found = read_bookings(year, year.tables.booking.c.entity_key, keys)
    return {booking.key: booking for booking in found if booking.stands}


def read_items(year: SageYear, numbers: Sequence[str]) -> dict[str, InItem]:
    """Return what a year has under these numbers of open items."""
    found: dict[str, InItem] = defaultdict(InItem)
    wanted = sorted({*numbers})
    for row in read_rows(year, "OPd", "OpId", wanted):
        found[str(row["OpId"])].row = row
    for row in read_rows(year, "Bk", "OpId", wanted):
        found[str(row["OpId"])].postings.append(row)
    for booking in read_bookings(year, year.tables.booking.c.open_item, wanted):
        found[booking.open_item].bookings.append(booking)
    return found
