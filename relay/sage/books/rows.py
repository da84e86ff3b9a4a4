"""Knows how rows of a Sage year's books are read: by tag, and the bookings by their columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, select

from relay.database import among, chunks
from relay.database.hints import seeking
from relay.rules.invoice.books import Booking, Raw, Stored
from relay.rules.invoice.ledger import Client, Masters
from relay.rules.invoice.paid import InItem
from relay.rules.invoice.read import client_in, masters_in, stored_of
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
    if values is not None:
        seek = year.for_update if lock else seeking
        query = seek(query, table.table, table.columns[tag])
    found: list[Raw] = []
    for some in [None] if values is None else chunks(values):
        here = query
        if some is not None:
            here = query.where(among(table.columns[tag], [table.put(tag, v) for v in some]))
        if "BkIdx" in table.columns:
            here = here.order_by(table.columns["BlgNr"], table.columns["BkIdx"])
        found += table.rows(year.connection, here)
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


def read_bookings(year: SageYear, column: Column[Any], values: Sequence[Any]) -> Iterator[Booking]:
    """Return the bookings of a year that have one of these values in a column."""
    b = year.tables.booking
    for some in chunks(values):
        query = select(
            b.c.entity_key, b.c.version, b.c.document, b.c.open_item, b.c.address_key,
            b.c.content, b.c.reversal,
        ).where(among(column, some))  # fmt: skip
        for row in year.connection.execute(query):
            yield Booking(*row)


def standing(year: SageYear, keys: Sequence[str]) -> Mapping[str, Booking]:
    """Return which of these invoices stand in a year's books, and how."""
    found = read_bookings(year, year.tables.booking.c.entity_key, keys)
    return {booking.key: booking for booking in found if booking.stands}


def read_items(year: SageYear, numbers: Sequence[str]) -> dict[str, InItem]:
    """Return what a year has under these numbers of open items."""
    found: dict[str, InItem] = defaultdict(InItem)
    opd = year.sage_table("OPd")
    fitting = sorted({number for number in numbers if opd.fits("OpId", number)})
    for row in read_rows(year, "OPd", "OpId", fitting):
        found[str(row["OpId"])].row = row
    for row in read_rows(year, "Bk", "OpId", fitting):
        found[str(row["OpId"])].postings.append(row)
    for booking in read_bookings(year, year.tables.booking.c.open_item, fitting):
        found[booking.open_item].bookings.append(booking)
    return found
