"""Knows how the books of a Sage year are read for a batch of invoices: set-based.

What is read in the transaction that will write is kept from others until it ends, so the totals
that Sage keeps redundantly can be computed here and written as they shall be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Column, func, select

from relay.database import chunks
from relay.rules.address.check import Checked
from relay.rules.invoice.books import Booking, Books, Case, Raw
from relay.rules.invoice.content import is_content
from relay.rules.invoice.invoice import Invoice
from relay.rules.invoice.ledger import Masters, Tax
from relay.rules.invoice.task import Book, TakeBack, Task
from relay.rules.invoice.written import as_document
from relay.rules.policy import Rules
from relay.sage.books.rows import client_of, fits, read_bookings, read_rows, read_stored
from relay.sage.year import SageYear


class BooksReader:
    """Reads one year's books in a transaction."""

    def __init__(self, year: SageYear, rules: Rules) -> None:
        """Take the year and its open transaction."""
        self._year = year
        self._rules = rules

    def read(self, tasks: Sequence[Task], masters: Masters) -> Books:
        """Read what the year holds about these invoices, their customers and accounts.

        `masters` are its tax keys, terms and currencies, as `read_masters` returns them.
        """
        invoices = [task.invoice for task in tasks if isinstance(task, Book)]
        client = client_of(self._year)
        first, last = map(int, self._rules.document_numbers.split("-"))
        masters = replace(masters, client=client)
        books = Books(masters, self._next_document(first, last), last)
        self._bookings(books, tasks, invoices)
        self._items(books, invoices)
        self._debtors(books, invoices)
        self._names(books, tasks)
        self._documents(books, tasks)
        self._accounts(books, invoices)
        for name in ("OPd", "Bk"):
            table = self._year.sage_table(name)
            books.lengths |= {f"{name}.{tag}": table.length(tag) for tag in table.columns}  # type: ignore[operator] # a dictionary
            books.narrow |= {f"{name}.{tag}" for tag in table.columns if table.is_narrow(tag)}
        return books

    def _bookings(self, books: Books, tasks: Sequence[Task], invoices: Sequence[Invoice]) -> None:
        b = self._year.tables.booking
        keys = [t.invoice.key if isinstance(t, Book) else t.key for t in tasks]
        for booking in read_bookings(self._year, b.c.entity_key, keys):
            known = books.bookings.get(booking.key)
            if known is None or known.version < booking.version:
                books.bookings[booking.key] = booking
            _own(books, booking)
        numbers = [n for invoice in invoices for n in (invoice.number, invoice.corrects) if n]
        for booking in read_bookings(self._year, b.c.open_item, numbers):
            _own(books, booking)
        wanted = _own_documents(invoices)
        for booking in read_bookings(self._year, b.c.document, wanted):
            _own(books, booking)
        for booking in read_bookings(self._year, b.c.reversal, wanted):
            _own(books, booking)

    def _items(self, books: Books, invoices: Sequence[Invoice]) -> None:
        table = self._year.sage_table("OPd")
        numbers = {invoice.number for invoice in invoices}
        numbers |= {booking.open_item for booking in books.bookings.values()}
        fitting = [n for n in sorted(numbers) if fits(table, "OpId", n)]
        rows = self._rows("OPd", "OpId", fitting, lock=True)
        books.items = {str(row["OpId"]): row for row in rows}
        books.doubled |= _doubled("OPd", "OpId", rows)
        blg = self._year.sage_table("Blg").columns["BlgNr"]
        for some in chunks(_own_documents(invoices)):
            query = select(blg).where(blg.in_(some))
            books.taken |= {
                int(number) for number in self._year.connection.execute(query).scalars()
            }

    def _debtors(self, books: Books, invoices: Sequence[Invoice]) -> None:
        d = self._year.tables.debtor
        keys = sorted({invoice.customer.key for invoice in invoices})
        states = [invoice.customer.address for invoice in invoices]
        wanted = {s.debtor_number for s in states if isinstance(s, Checked)}
        numbers = sorted(int(n) for n in wanted if as_document(n) is not None)
        for column, values in ((d.c.entity_key, keys), (d.c.number, numbers)):
            for some in chunks(values):
                query = select(d.c.entity_key, d.c.number).where(column.in_(some))
                for row in self._year.connection.execute(query):
                    books.debtors[row.entity_key] = row.number
                    books.debtor_owners[row.number] = row.entity_key
        known = {int(str(item["PkKey"])) for item in books.items.values()}
        known |= set(numbers) | set(books.debtors.values())
        rows = self._rows("PKd", "PkKey", sorted(known), lock=True)
        books.accounts = {int(str(row["PkKey"])): row for row in rows}
        books.doubled |= _doubled("PKd", "PkKey", rows)

    def _names(self, books: Books, tasks: Sequence[Task]) -> None:
        """Read the names of debtors whose invoice cobra may not hold any more."""
        bookings = (books.bookings.get(t.key) for t in tasks if isinstance(t, TakeBack))
        items = (books.items.get(b.open_item) for b in bookings if b is not None)
        debtors = {int(str(item["PkKey"])) for item in items if item is not None}
        of_address = {str(books.accounts[d]["AdrId"]): d for d in debtors if d in books.accounts}
        if of_address:
            for row in self._rows("Adr", "AdrId", sorted(of_address)):
                books.names[of_address[str(row["AdrId"])]] = str(row.get("Corp") or "")

    def _documents(self, books: Books, tasks: Sequence[Task]) -> None:
        foreign = [number for number in books.items if number not in books.item_owners]
        if foreign:
            for row in self._rows("Bk", "OpId", foreign):
                books.of_item.setdefault(str(row["OpId"]), int(str(row["BlgNr"])))
        undone = [
            booking.document
            for task in tasks
            if (booking := books.bookings.get(_key(task))) is not None
            and booking.stands
            and not (
                isinstance(task, Book)
                and is_content(booking.content, task.invoice, books.masters.lead)
            )
        ]
        strangers = books.taken - books.document_owners.keys()
        wanted = sorted({*undone, *books.of_item.values(), *strangers})
        if wanted:
            books.documents = read_stored(self._year, wanted)
        items = {b.open_item for b in books.bookings.values() if b.document in undone}
        for row in self._rows("Bk", "OpId", sorted(items)) if items else []:
            books.postings.setdefault(str(row["OpId"]), []).append(row)

    def _accounts(self, books: Books, invoices: Sequence[Invoice]) -> None:
        stored = [p for document in books.documents.values() for p in document.postings]
        wanted = set(_accounts(invoices, self._rules, books.masters.taxes))
        wanted |= {posting.account for posting in stored}
        acc = self._year.sage_table("Acc")
        fitting = [account for account in sorted(wanted) if fits(acc, "AccId", account)]
        rows = self._rows("Acc", "AccId", fitting, lock=True)
        books.totals = {str(row["AccId"]): row for row in rows}
        books.doubled |= _doubled("Acc", "AccId", rows)
        books.masters = replace(books.masters, accounts=frozenset(books.totals))

    def _next_document(self, first: int, last: int) -> int:
        b = self._year.tables.booking
        blg = self._year.sage_table("Blg").columns["BlgNr"]
        columns: tuple[Column[Any], ...] = (blg, b.c.document, b.c.reversal)
        used = [
            self._year.connection.execute(
                select(func.max(column)).where(column.between(first, last))
            ).scalar()
            for column in columns
        ]
        return max([first - 1, *(int(number) for number in used if number is not None)]) + 1

    def _rows(
        self, name: str, tag: str = "", values: Sequence[Any] | None = None, *, lock: bool = False
    ) -> list[Raw]:
        return read_rows(self._year, name, tag, values, lock=lock)


def _doubled(table: str, tag: str, rows: Sequence[Raw]) -> set[tuple[str, str, str]]:
    """Return the keys that several rows have: no real key keeps Sage from that everywhere."""
    counted = Counter(str(row[tag]) for row in rows)
    return {(table, tag, key) for key, count in counted.items() if count > 1}


def _own(books: Books, booking: Booking) -> None:
    books.item_owners[booking.open_item] = booking.key
    books.document_owners[booking.document] = booking.key
    if booking.version == 1:
        books.cases[booking.open_item] = Case(booking.document, booking.address_key)
    if booking.reversal is not None:
        books.document_owners[booking.reversal] = booking.key


def _key(task: Task) -> str:
    return task.invoice.key if isinstance(task, Book) else task.key


def _own_documents(invoices: Sequence[Invoice]) -> list[int]:
    numbers = {as_document(invoice.number) for invoice in invoices}
    return sorted(number for number in numbers if number is not None)


def _accounts(invoices: Iterable[Invoice], rules: Rules, taxes: Mapping[str, Tax]) -> Iterator[str]:
    yield from rules.collective.values()
    if rules.rounding is not None:
        yield rules.rounding
    for line in (line for invoice in invoices for line in invoice.lines):
        yield line.account
        yield line.cost_centre
        if line.tax_key in taxes:
            yield taxes[line.tax_key].account
