"""Knows how documents are recorded after the fact: from bookings, and from what was sent.

What was sent is kept with the deliveries as long as the outbox keeps them; what is older is told
by Sage's own postings, which know no articles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.engine import Connection

from relay.admin.privacy.subject import printed
from relay.admin.recovery.opened import Opened
from relay.base import texts
from relay.base.halving import halved, is_misread, misread
from relay.base.values import Entity, Problem, RecordId
from relay.cobra import access
from relay.cobra.decisions import erased_addresses
from relay.cobra.deliveries import Say
from relay.database import chunks, rows_among
from relay.extras.documents.change import Change
from relay.extras.documents.recording import Recording, hand_over
from relay.extras.documents.tables import document_tables
from relay.rules.invoice.books import Booking
from relay.rules.invoice.report import Report, booking_report
from relay.rules.nameless import nameless_report
from relay.sage.adapter import SqlYear
from relay.sage.books.rows import read_bookings, read_rows, read_stored
from relay.settings import Settings

Sent = Mapping[tuple[str, int], tuple[int, Report]]
"""Invoice and document to the entry that sent it, and what was sent."""


class History(Opened):
    """Records what the reachable years hold and no document tells yet; no relay may run."""

    def __init__(self, settings: Settings, cobra: Connection, years: dict[str, SqlYear]) -> None:
        """Take the open connections."""
        super().__init__(settings, cobra, years)
        self.misread: dict[tuple[str, str], Problem] = {}
        """Year and invoice to the value in Sage that cannot be read."""
        self._marker = texts.text("privacy_marker", settings.language)
        with cobra.begin():
            self._erased = frozenset(erased_addresses(cobra, self.tables))
            self._theirs = frozenset(
                invoice for key in self._erased for invoice in printed(cobra, settings, key)
            )

    def record(self, say: Say) -> int:
        """Record what stands, then what was taken back; returns how many documents were added.

        What cannot be read in Sage is left out and noted in `misread`.
        """
        added = 0
        for standing in (True, False):
            for year in self.years.values():
                peer = year.peer()
                if peer is None:
                    continue
                for some in chunks(self._missing(year, peer.epoch)):
                    read = partial(self._changes, year, peer.epoch, standing=standing)
                    parts = halved(some, read, partial(self._left_out, year.name), is_misread)
                    changes = [change for part in parts for change in part]
                    with self.cobra.begin():
                        Recording(self.settings, say).write(self.cobra, changes)
                    added += len(changes)
        self._hand_over()
        return added

    def _left_out(self, year: str, key: str, error: Exception) -> list[Change]:
        self.misread[year, key] = misread(error)
        return []

    def _missing(self, year: SqlYear, epoch: int) -> list[str]:
        """Return the invoices that a year knows and no document tells."""
        booked = [r.key for r in year.known_records(epoch) if r.entity == Entity.INVOICE]
        d = document_tables(year.dialect.name).document
        with self.cobra.begin():
            rows = rows_among(self.cobra, select(d.c.entity_key), d.c.entity_key, booked)
        known = {row.entity_key for row in rows}
        return [key for key in booked if key not in known]

    def _changes(
        self, year: SqlYear, epoch: int, keys: Sequence[str], *, standing: bool
    ) -> list[Change]:
        for name in ("Bk", "Blg", "OPd"):
            year.sage_table(name)  # the layout is read in a transaction of its own
        with year.transaction(epoch):
            newest: dict[str, Booking] = {}
            for booking in read_bookings(year, year.tables.booking.c.entity_key, keys):
                if booking.key not in newest or newest[booking.key].version < booking.version:
                    newest[booking.key] = booking
            bookings = [b for b in newest.values() if b.stands is standing]
            stored = read_stored(year, sorted(b.document for b in bookings))
            numbers = sorted({booking.open_item for booking in bookings})
            rows = read_rows(year, "OPd", "OpId", numbers)
        items = {str(row["OpId"]): row for row in rows}
        sent = self._sent(year.name, [booking.key for booking in bookings])
        found = []
        for booking in bookings:
            entry, words = sent.get((booking.key, booking.document), (None, None))
            if words is None:
                document = stored.get(booking.document)
                if document is None:
                    continue  # somebody has deleted it in Sage
                words = booking_report(booking, document, items.get(booking.open_item))
            if booking.address_key in self._erased or booking.key in self._theirs:
                words = nameless_report(words, self._marker)
            found.append(_change(booking, words, year.name, entry))
        return found

    def _sent(self, year: str, keys: Sequence[str]) -> Sent:
        o, d = self.tables.outbox, self.tables.delivery
        query = access.SHOWN.on(select(o.c.entity_key, d.c.outbox_id, d.c.sent), o).where(
            o.c.id == d.c.outbox_id,
            o.c.entity == str(Entity.INVOICE),
            d.c.year == year,
            d.c.sent.is_not(None),
        )
        found: dict[tuple[str, int], tuple[int, Report]] = {}
        with self.cobra.begin():
            rows = rows_among(self.cobra, query, o.c.entity_key, keys)
        for row in rows:
            report: Mapping[str, Any] = orjson.loads(row.sent).get("invoice") or {}
            if report:
                found[row.entity_key, report["document"]] = (row.outbox_id, report)
        return found

    def _hand_over(self) -> None:
        first: dict[str, tuple[str, datetime]] = {}
        for year in self.years.values():
            peer = year.peer()
            if peer is None:
                continue
            keys = [r.key for r in year.known_records(peer.epoch) if r.entity == Entity.ADDRESS]
            with year.transaction(peer.epoch):
                for key, linked in _linked(year, keys):
                    first[key] = min(first.get(key, linked), linked, key=itemgetter(1))
        with self.cobra.begin():
            hand_over(
                self.cobra,
                {key: number for key, (number, _) in first.items()},
                {key: at for key, (_, at) in first.items()},
            )


def _linked(year: SqlYear, keys: Sequence[str]) -> Iterator[tuple[str, tuple[str, datetime]]]:
    """Yield addresses that a year has linked: key, number, and since when."""
    ln = year.tables.link
    query = select(ln.c.entity_key, ln.c.number, ln.c.linked_at)
    for row in rows_among(year.connection, query, ln.c.entity_key, keys):
        yield row.entity_key, (row.number, row.linked_at)


def _change(booking: Booking, words: Report, year: str, entry: int | None) -> Change:
    booked = "corrected" if booking.version > 1 else "booked"
    return Change(
        record=RecordId(Entity.INVOICE, booking.key),
        entry=entry,
        state=booked if booking.stands else "reversed",
        words=words,
        year=year,
        stands=booking.stands,
        reversal=booking.reversal,
    )
