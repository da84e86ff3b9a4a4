"""Knows how the port is answered by Sage's SQL database: this room's adapter."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID

from relay.base.values import Entry, Record
from relay.rules.address.facts import Facts
from relay.rules.invoice.books import Booking, Books
from relay.rules.invoice.ledger import Client, Masters
from relay.rules.invoice.paid import InItem
from relay.rules.invoice.task import Task
from relay.rules.policy import Rules
from relay.sage.address_writing import write_addresses
from relay.sage.addresses import read_facts
from relay.sage.books.reading import read_books
from relay.sage.books.rows import client_of, read_items, read_masters, standing
from relay.sage.books.writing import write_books
from relay.sage.following import move_links
from relay.sage.port import Peer, Planned, Wanted
from relay.sage.year import SageYear


class SqlYear(SageYear):
    """A Sage year, as the engine uses it."""

    @contextmanager
    def begin(self, epoch: int) -> Iterator[SqlTransaction]:
        """Open a fenced transaction."""
        with self.transaction(epoch):
            yield SqlTransaction(self)

    def pair(self, peer: Peer) -> None:
        """Keep a first partner."""
        with self.transaction(peer.epoch, first=peer):
            pass


class SqlTransaction:
    """The open transaction of a year: reads and writes are those of the room, set-based."""

    def __init__(self, year: SqlYear) -> None:
        """Take the year whose transaction is open."""
        self._year = year

    def place(self) -> tuple[str, str]:
        """Return the server and the database."""
        return self._year.dialect.place(self._year.connection)

    def generation(self) -> str | None:
        """Return the database's mark of a restore."""
        return self._year.dialect.generation(self._year.connection)

    def ledgered(self, uids: Sequence[UUID]) -> set[UUID]:
        """Return which of these entries the ledger has."""
        return self._year.ledgered(uids)

    def numbers(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the address numbers to which these records are linked."""
        return self._year.numbers(keys)

    def standing(self, keys: Sequence[str]) -> Mapping[str, Booking]:
        """Return the bookings of these invoices that stand."""
        return standing(self._year, keys)

    def client(self) -> Client | None:
        """Return the year's own settings."""
        return client_of(self._year)

    def masters(self) -> Masters:
        """Return tax keys, terms and currencies."""
        return read_masters(self._year)

    def facts(self, wanted: Wanted) -> Facts:
        """Return what the year holds of these addresses."""
        return read_facts(self._year, wanted)

    def books(self, tasks: Sequence[Task], masters: Masters, rules: Rules) -> Books:
        """Return what the year holds of these invoices."""
        return read_books(self._year, tasks, masters, rules)

    def items(self, numbers: Sequence[str]) -> Mapping[str, InItem]:
        """Return what the year has under these numbers of open items."""
        return read_items(self._year, numbers)

    def move_links(self, numbers: Mapping[str, str], followed: Mapping[str, Sequence[str]]) -> None:
        """Give addresses the link of the record whose place they took."""
        move_links(self._year, numbers, followed)

    def carry_out(
        self,
        planned: Planned,
        entries: Sequence[tuple[Record, Entry]],
        known: Collection[UUID],
    ) -> None:
        """Write what was planned, then the ledger."""
        write_addresses(self._year, planned.all_addresses(), planned.facts)
        if planned.books is not None:
            write_books(self._year, list(planned.invoices.values()), planned.books)
        self._year.write_ledger(entries, known)
