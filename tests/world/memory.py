"""A Sage in memory: a second adapter beside SQL, which knows the port and the rules only.

It proves that the engine needs nothing else, and lets it be tested without any Sage database. It
can be away, keep a row locked, refuse a value, be put back as a restore does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID

from relay.base.errors import FenceLost, Unavailable
from relay.base.values import Entity, Entry, Record, RecordId
from relay.cobra.lock import hold
from relay.database import Failure, Whereabouts
from relay.engine.apply import Milestone
from relay.engine.service import nothing, taken_over
from relay.rules.address.facts import Facts, Link, likeness
from relay.rules.invoice.books import Booking, Books, Raw, Stored
from relay.rules.invoice.invoice import Task
from relay.rules.invoice.ledger import Client, Masters
from relay.rules.invoice.paid import InItem
from relay.rules.invoice.rows import client_in, masters_in, rows_of, stored_of
from relay.rules.policy import Rules
from relay.sage.port import Linked, Opener, Peer, Planned, Wanted
from relay.sage.reference import AMOUNTS, REFERENCE
from relay.settings import Settings, Year
from tests.world.company import World
from tests.world.office import Office

KEYS = {"Adr": "AdrId", "PKd": "PkKey", "OPd": "OpId", "Acc": "AccId"}


class AwayError(Exception):
    """This Sage does not answer."""


class OpenRowError(Exception):
    """Somebody has a row open."""


class RefusedError(Exception):
    """This Sage does not take a value."""


MEANS: dict[type[BaseException], Failure] = {
    AwayError: Failure.TECHNICAL,
    OpenRowError: Failure.LOCKED,
    RefusedError: Failure.DATA,
}


@dataclass
class Stock:
    """All that one year holds."""

    tables: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in REFERENCE}
    )
    links: dict[str, Link] = field(default_factory=dict)
    debtors: dict[str, int] = field(default_factory=dict)
    bookings: dict[tuple[str, int], Booking] = field(default_factory=dict)
    ledger: dict[UUID, RecordId] = field(default_factory=dict)
    peer: Peer | None = None


class MemorySage:
    """One year of a Sage in memory; it outlives the connections to it."""

    def __init__(self, name: str) -> None:
        """Begin empty."""
        self.stock = Stock()
        self.place = ("memory", name)
        self.generation = "first"
        self.is_away = False
        self.open_rows: set[str] = set()
        """Address numbers of rows that somebody has open."""
        self.refused: set[str] = set()
        """Texts that it takes into no column of an address."""
        self.loses_commit = False
        """Whether the next COMMIT is done and its answer lost."""

    def connect(self, settings: Year) -> MemoryYear:
        """Connect to the year."""
        if self.is_away:
            raise _away(settings.name)
        return MemoryYear(self, settings)


def _away(year: str) -> Unavailable:
    return Unavailable("file_missing", database=f"Sage {year}", year=year, what="memory")


class MemoryYear:
    """A connection to one year."""

    has_whole_numbers = False

    def __init__(self, sage: MemorySage, settings: Year) -> None:
        """Take the year."""
        self.sage = sage
        self.name = settings.name
        self.settings = settings

    def close(self) -> None:
        """Let the connection go."""

    @contextmanager
    def begin(self, epoch: int) -> Iterator[MemoryTransaction]:
        """Work on a copy, which takes the original's place at the end."""
        if self.sage.is_away:
            raise AwayError
        begun, peer = deepcopy(self.sage.stock), self.sage.stock.peer
        if peer is None or peer.epoch > epoch:
            raise FenceLost("fence_lost", year=self.name)
        begun.peer = replace(peer, epoch=epoch)
        yield MemoryTransaction(self, begun)
        if self.sage.stock.peer is not peer:
            raise FenceLost("fence_lost", year=self.name)
        self.sage.stock = begun
        if self.sage.loses_commit:
            self.sage.loses_commit = False
            raise AwayError

    def peer(self) -> Peer | None:
        """Return the partner."""
        if self.sage.is_away:
            raise AwayError
        return self.sage.stock.peer

    def pair(self, peer: Peer) -> None:
        """Keep a first partner."""
        self.sage.stock.peer = peer

    def known_records(self, epoch: int) -> list[RecordId]:
        """Return what links and bookings know."""
        with self.begin(epoch) as here:
            bills = dict.fromkeys(key for key, _ in here.stock.bookings)
            linked = [RecordId(Entity.ADDRESS, key) for key in sorted(here.stock.links)]
            return linked + [RecordId(Entity.INVOICE, key) for key in bills]

    def purge_ledger(self, epoch: int, days: int, keep: Collection[UUID]) -> int:  # noqa: ARG002 - nothing in memory is old
        """Keep all."""
        return 0

    def failure(self, error: BaseException) -> Failure | None:
        """Tell what this Sage's own errors mean."""
        return MEANS.get(type(error))

    def unavailable(self, error: BaseException) -> Unavailable:  # noqa: ARG002 - it is away for one reason
        """Say that it is away."""
        return _away(self.name)


class MemoryTransaction:
    """A transaction of one year."""

    def __init__(self, year: MemoryYear, stock: Stock) -> None:
        """Take what is worked on."""
        self._year = year
        self.stock = stock

    @property
    def partner(self) -> Peer:
        """The partner as it is here."""
        if self.stock.peer is None:
            raise AwayError
        return self.stock.peer

    def whereabouts(self) -> Whereabouts:
        """Return where it is, and which life it is."""
        here = self._year.sage.place
        return Whereabouts(here, self._year.sage.generation, here)

    def ledgered(self, uids: Sequence[UUID]) -> set[UUID]:
        """Return which of them the ledger has."""
        return {uid for uid in uids if uid in self.stock.ledger}

    def numbers(self, keys: Sequence[str]) -> dict[str, str]:
        """Return what they are linked to."""
        return {key: self.stock.links[key].number for key in keys if key in self.stock.links}

    def standing(self, keys: Sequence[str]) -> Mapping[str, Booking]:
        """Return what stands of them."""
        return {b.key: b for b in self.stock.bookings.values() if b.key in keys and b.stands}

    def client(self) -> Client | None:
        """Return the year's settings."""
        return client_in(self._rows("Client"), self._year.settings.vat_settled)

    def masters(self) -> Masters:
        """Return what is kept between batches."""
        return masters_in(self._rows("Tax"), self._rows("Zab"), self._rows("FCur"))

    def facts(self, wanted: Wanted) -> Facts:
        """Return all addresses and links, wanted or not."""
        rows = {
            row["AdrId"]: {tag: "" if v is None else str(v) for tag, v in row.items()}
            for row in self._rows("Adr")
        }
        if self._year.sage.open_rows & {*wanted.numbers}:
            raise OpenRowError
        links = self.stock.links
        alike = {likeness(row): number for number, row in rows.items()}
        alike |= {(link.uid,): link.number for link in links.values() if link.uid}
        return Facts(
            links=dict(links),
            owners={link.number: link.key for link in links.values()},
            rows=dict(rows),
            raw={row["AdrId"]: row for row in self._rows("Adr")},
            lengths=dict.fromkeys(REFERENCE["Adr"]),
            alike=alike,
            open_items={row["AdrId"]: int(row["NOp"] or 0) for row in self._rows("PKd")},
            locks={
                row["AdrId"]: {row["PkKey"]: int(row["WrnLk"] or 0)} for row in self._rows("PKd")
            },
        )

    def books(self, tasks: Sequence[Task], masters: Masters, rules: Rules) -> Books:
        """Return all books, whatever the tasks are about."""
        first, last = map(int, rules.document_numbers.split("-"))
        totals = {row["AccId"]: row for row in self._rows("Acc")}
        masters = replace(masters, client=self.client(), accounts=frozenset(totals))
        documents = stored_of(self._rows("Blg"), self._rows("Bk"))
        used = [number for number in documents if first <= number <= last]
        books = Books(masters, max([first - 1, *used]) + 1, last)
        keys = {task.key for task in tasks}
        books.know_newest(b for b in self.stock.bookings.values() if b.key in keys)
        for booking in self.stock.bookings.values():
            books.know(booking)
        books.items = {row["OpId"]: row for row in self._rows("OPd")}
        books.accounts = {row["PkKey"]: row for row in self._rows("PKd")}
        books.totals, books.documents, books.taken = dict(totals), documents, set(documents)
        books.debtors = dict(self.stock.debtors)
        books.debtor_owners = {number: key for key, number in self.stock.debtors.items()}
        names = {row["AdrId"]: str(row["Corp"]) for row in self._rows("Adr")}
        books.names = {d: names.get(str(row["AdrId"]), "") for d, row in books.accounts.items()}
        for row in self._rows("Bk"):
            if row["OpId"]:
                books.of_item.setdefault(row["OpId"], row["BlgNr"])
                books.postings.setdefault(row["OpId"], []).append(row)
        books.lengths = {f"{name}.{tag}": None for name in ("OPd", "Bk") for tag in REFERENCE[name]}
        return books

    def items(self, numbers: Sequence[str]) -> Mapping[str, InItem]:
        """Return what stands under these numbers."""
        return {
            number: InItem(
                row=next((row for row in self._rows("OPd") if row["OpId"] == number), None),
                postings=[row for row in self._rows("Bk") if row["OpId"] == number],
                bookings=[b for b in self.stock.bookings.values() if b.open_item == number],
            )
            for number in numbers
        }

    def answers(self) -> MemoryAnswers:
        """Return what tells what Sage alone knows."""
        return MemoryAnswers(self.stock)

    def move_links(self, numbers: Mapping[str, str], followed: Mapping[str, Sequence[str]]) -> None:
        """Give addresses the link of whom they follow."""
        links, debtors = self.stock.links, self.stock.debtors
        for key, before in followed.items():
            same = (k for k in before if k in links and links[k].number == numbers[key])
            former = next(same, None)
            if key not in links and former is not None:
                links[key] = replace(links.pop(former), key=key)
                if former in debtors:
                    debtors[key] = debtors.pop(former)

    def carry_out(
        self,
        planned: Planned,
        entries: Sequence[tuple[Record, Entry]],
        known: Collection[UUID],
    ) -> None:
        """Write rows by tag, and what is ours."""
        stock = self.stock
        for plan in planned.all_addresses():
            if self._year.sage.refused & {*(plan.insert or plan.update or {}).values()}:
                raise RefusedError
            if plan.insert is not None:
                self._insert("Adr", plan.insert)
            elif plan.update is not None:
                self._update("Adr", "AdrId", {"AdrId": plan.number, **plan.update})
            if plan.link is not None:
                stock.links[plan.link.key] = plan.link
            for debtor, lock in plan.locks.items():
                self._update("PKd", "PkKey", {"PkKey": debtor, "WrnLk": lock})
        if planned.books is not None:
            self._write_books(planned, planned.books)
        new = [(record, entry) for record, entry in entries if entry.uid not in known]
        stock.ledger |= {entry.uid: record.id for record, entry in new}
        newest = max((entry for _, entry in new), key=lambda entry: entry.id, default=None)
        if newest and stock.peer and (stock.peer.newest_id or 0) < newest.id:
            stock.peer = replace(stock.peer, newest_id=newest.id, newest_uid=newest.uid)

    def _write_books(self, planned: Planned, books: Books) -> None:
        plans = list(planned.invoices.values())
        for told in rows_of(plans, books):
            for row in told.rows:
                if told.key is None:
                    self._insert(told.table, row)
                else:
                    self._update(told.table, told.key, row)
        for plan in plans:
            if plan.debtor is not None:
                self.stock.debtors[plan.debtor.key] = plan.debtor.number
            if plan.taken_back is not None:
                old, document = plan.taken_back
                self.stock.bookings[old.key, old.version] = replace(old, reversal=document)
            if plan.booking is not None:
                self.stock.bookings[plan.booking.key, plan.booking.version] = plan.booking

    def _rows(self, table: str) -> list[dict[str, Any]]:
        return self.stock.tables[table]

    def _insert(self, table: str, row: Raw) -> None:
        self._rows(table).append(dict.fromkeys(REFERENCE[table]) | dict(row))

    def _update(self, table: str, key: str, row: Raw) -> None:
        (found,) = (one for one in self._rows(table) if one[key] == row[key])
        found.update(row)


class MemoryAnswers:
    """What a year in memory says of items and customers."""

    def __init__(self, stock: Stock) -> None:
        """Take all that it holds."""
        self._stock = stock

    def owed(self, numbers: Sequence[str]) -> list[Raw]:
        """Return the items with these numbers."""
        items: list[Raw] = [*self._stock.tables["OPd"]]
        return [row for row in items if row["OpId"] in numbers]

    def owed_after(self, number: str | None, limit: int) -> list[Raw]:
        """Return a page of all items: any of them may be open."""
        items: list[Raw] = sorted(self._stock.tables["OPd"], key=itemgetter("OpId"))
        return [row for row in items if number is None or str(row["OpId"]) > number][:limit]

    def linked_after(self, key: str, limit: int) -> list[Linked]:
        """Return a page of the links."""
        stock = self._stock
        rows = {row["AdrId"]: row for row in stock.tables["Adr"]}
        accounts: dict[int | None, Raw] = {row["PkKey"]: row for row in stock.tables["PKd"]}
        later = (link for link in stock.links.values() if link.key > key)
        links = sorted(later, key=attrgetter("key"))
        return [
            Linked(
                key=link.key,
                number=link.number,
                sent=link.content,
                address=rows.get(link.number),
                debtor=stock.debtors.get(link.key),
                account=accounts.get(stock.debtors.get(link.key)),
            )
            for link in links[:limit]
        ]

    def known_after(self, entity: str, key: str, limit: int) -> list[str]:
        """Return a page of keys."""
        booked = {b.key for b in self._stock.bookings.values() if b.stands}
        known = set(self._stock.links) if entity == Entity.ADDRESS else booked
        return sorted(each for each in known if each > key)[:limit]

    def documents(self, numbers: Sequence[int]) -> Mapping[int, Stored]:
        """Return documents."""
        tables = self._stock.tables
        found = stored_of(tables["Blg"], tables["Bk"])
        return {number: found[number] for number in numbers if number in found}


class _InMemory(World):
    """Lets a company have its Sage in memory."""

    def __init__(self, *args: Any, **more: Any) -> None:
        """Begin with empty years."""
        self.years = {name: MemorySage(name) for name in ("MUSTER2025", "MUSTER2026")}
        super().__init__(*args, **more)

    def write_sage(self, year: str, table: str, **columns: Any) -> None:
        """Write a row as a bookkeeper in Sage does."""
        told = {t: Decimal(str(v)) if t in AMOUNTS else v for t, v in columns.items()}
        row = {tag: told[tag] for tag in REFERENCE[table] if tag in told}
        self.years[year].stock.tables[table].append(dict.fromkeys(REFERENCE[table]) | row)

    def book(self, year: str, table: str) -> list[dict[str, Any]]:
        """Return one of Sage's tables in a year: rows by tag, amounts as texts."""
        rows = self.years[year].stock.tables[table]
        return [{t: str(v) if isinstance(v, Decimal) else v for t, v in r.items()} for r in rows]

    def in_sage(self, year: str) -> dict[str, dict[str, Any]]:
        """Return Sage's addresses of a year: number to row, without empty columns."""
        return {
            row["AdrId"]: {tag: value for tag, value in row.items() if value not in {None, ""}}
            for row in self.book(year, "Adr")
        }

    @contextmanager
    def relay(self, milestone: Milestone = nothing) -> Iterator[Any]:
        """Let a relay take over; gives what drains, and the years."""
        with (
            hold(self.relay_engine()) as lock,
            taken_over(lock, self.settings, milestone, (), self.openers) as working,  # type: ignore[arg-type] # nobody else works
        ):
            yield working

    def openers(self, settings: Settings) -> dict[str, Opener]:
        """Return how each year is opened."""
        return {y.name: partial(self.years[y.name].connect, y) for y in settings.sage.year}

    def drain(self, milestone: Milestone = nothing) -> int:
        """Move all that is due, as `relay drain` does."""
        with self.relay(milestone) as (drain, _years):
            moved = 0
            while (step := drain.step()) > 0:
                moved += step
        return moved


class MemoryWorld(_InMemory):
    """A company whose addresses go to a Sage in memory."""


class MemoryOffice(_InMemory, Office):
    """The same with invoices."""

    def open_books(self, year: str, masters: dict[str, list[dict[str, Any]]]) -> None:
        """Write a year's master data."""
        for table, rows in masters.items():
            for row in rows:
                self.write_sage(year, table, **row)
