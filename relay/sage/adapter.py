"""Knows how the port is answered by Sage's SQL database: this room's adapter."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from uuid import UUID

from sqlalchemy import select

from relay.base.values import Entity, Entry, Record, RecordId
from relay.database import Whereabouts
from relay.sage.addresses import move_links, read_facts, write_addresses
from relay.sage.answers import SqlAnswers
from relay.sage.books.reading import read_books
from relay.sage.books.rows import client_of, read_items, read_masters, standing
from relay.sage.books.writing import write_books
from relay.sage.port import Peer, Planned
from relay.sage.year import SageYear


class SqlYear(SageYear):
    """A Sage year as the engine uses it; while a transaction is open, it is the transaction too.

    Reads and writes are those of the room, set-based.
    """

    @contextmanager
    def begin(self, epoch: int) -> Iterator[SqlYear]:
        """Open a fenced transaction."""
        with self.transaction(epoch):
            yield self

    def pair(self, peer: Peer) -> None:
        """Keep a first partner."""
        with self.transaction(peer.epoch, first=peer):
            pass

    def whereabouts(self) -> Whereabouts:
        """Return where the database is, and its mark of a restore."""
        return self.dialect.whereabouts(self.connection)

    def known_records(self, epoch: int) -> list[RecordId]:
        """Return every record that this year's links and bookings know."""
        link, booking = self.tables.link.c.entity_key, self.tables.booking.c.entity_key
        with self.transaction(epoch) as connection:
            addresses = connection.execute(select(link).order_by(link)).scalars().all()
            invoices = connection.execute(select(booking).distinct().order_by(booking)).scalars()
            return [
                *(RecordId(Entity.ADDRESS, key) for key in addresses),
                *(RecordId(Entity.INVOICE, key) for key in invoices),
            ]

    # Answered as they stand by the functions of the room, whose first parameter is the year.
    standing = standing
    client = client_of
    masters = read_masters
    facts = read_facts
    books = read_books
    items = read_items
    move_links = move_links

    def answers(self) -> SqlAnswers:
        """Return what tells what Sage alone knows."""
        return self._answers

    @cached_property
    def _answers(self) -> SqlAnswers:
        return SqlAnswers(self)

    def carry_out(
        self,
        planned: Planned,
        entries: Sequence[tuple[Record, Entry]],
        known: Collection[UUID],
    ) -> None:
        """Write what was planned, then the ledger."""
        with self.together():
            write_addresses(self, planned.all_addresses(), planned.facts)
            if planned.books is not None:
                write_books(self, list(planned.invoices.values()), planned.books)
            self.write_ledger(entries, known)

    def together(self) -> AbstractContextManager[None]:
        """Let all that is written meanwhile go to the database at the end; see `Dialect`."""
        return self.dialect.together(self.connection)
