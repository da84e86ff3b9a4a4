"""Knows how Sage's books are read for the journal: the documents of invoices, as they are now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.engine import Connection

from relay.admin.journal.amounts import of_currency, of_postings
from relay.admin.journal.compare import Booked
from relay.database import chunks
from relay.rules.invoice.facts import Booking
from relay.sage.books.rows import read_bookings, read_stored
from relay.sage.year import SageYear


def booked_between(year: SageYear, connection: Connection, first: date, last: date) -> set[str]:
    """Return the keys of invoices of whose documents one is dated between two days."""
    blg, b = year.sage_table("Blg"), year.tables.booking
    dated = blg.columns["Date"]
    bounds = (blg.put("Date", first), blg.put("Date", last + timedelta(days=1)))
    query = select(blg.columns["BlgNr"]).where(dated >= bounds[0], dated < bounds[1])
    numbers = [int(number) for number in connection.execute(query).scalars()]
    return {
        key
        for some in chunks(numbers)
        for key in connection.execute(
            select(b.c.entity_key).where(b.c.document.in_(some))
        ).scalars()
    }


def booked_in(year: SageYear, connection: Connection, keys: Collection[str]) -> dict[str, Booked]:
    """Return what a year's documents of these invoices hold together."""
    of_key: dict[str, list[Booking]] = defaultdict(list)
    column = year.tables.booking.c.entity_key
    for booking in read_bookings(year, connection, column, sorted(keys)):
        of_key[booking.key].append(booking)
    numbers = [n for some in of_key.values() for booking in some for n in _documents(booking)]
    stored = read_stored(year, connection, sorted(numbers))
    mandant = year.settings.mandant
    found = {}
    for key, bookings in of_key.items():
        documents = [stored[n] for b in bookings for n in _documents(b) if n in stored]
        days = [stored[b.document].date for b in bookings if b.stands and b.document in stored]
        postings = [posting for document in documents for posting in document.postings]
        found[key] = Booked(
            year=year.name,
            mandant=mandant,
            number=bookings[-1].open_item,
            stands=any(booking.stands for booking in bookings),
            posted_on=days[0] if days else None,
            sums=of_postings(mandant, postings),
            foreign=of_currency(mandant, postings),
        )
    return found


def _documents(booking: Booking) -> Sequence[int]:
    return [n for n in (booking.document, booking.reversal) if n is not None]
