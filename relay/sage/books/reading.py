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

from relay.database import rows_among
from relay.rules.address.check import Checked
from relay.rules.invoice.books import Books, Raw, whole
from relay.rules.invoice.content import is_content
from relay.rules.invoice.invoice import Book, Invoice, TakeBack, Task
from relay.rules.invoice.ledger import Masters, Tax
from relay.rules.invoice.written import as_long
from relay.rules.policy import Rules
from relay.sage.books.rows import client_of, read_bookings, read_rows, read_stored
from relay.sage.year import SageYear


def read_books(year: SageYear, tasks: Sequence[Task], masters: Masters, rules: Rules) -> Books:
    """Read what the year holds about these invoices, their customers and accounts.

    `masters` are its tax keys, terms and currencies, as `read_masters` returns them.
    """
    invoices = [task.invoice for task in tasks if isinstance(task, Book)]
    first, last = map(int, rules.document_numbers.split("-"))
    masters = replace(masters, client=client_of(year))
    books = Books(masters, _next_document(year, first, last), last)
    _bookings(year, books, tasks, invoices)
    _items(year, books, invoices)
    _debtors(year, books, invoices)
    _names(year, books, tasks)
    _documents(year, books, tasks)
    _totals(year, books, invoices, rules)
    for name in ("OPd", "Bk"):
        table = year.sage_table(name)
        books.lengths |= {f"{name}.{tag}": table.length(tag) for tag in table.columns}  # type: ignore[operator] # a dictionary
        books.narrow |= {f"{name}.{tag}" for tag in table.columns if table.is_narrow(tag)}
    return books


def _bookings(
    year: SageYear, books: Books, tasks: Sequence[Task], invoices: Sequence[Invoice]
) -> None:
    b = year.tables.booking.c
    books.know_newest(read_bookings(year, b.entity_key, [task.key for task in tasks]))
    numbers = [n for invoice in invoices for n in (invoice.number, invoice.corrects) if n]
    documents = _own_documents(invoices)
    for column, values in (
        (b.open_item, numbers), (b.document, documents), (b.reversal, documents),
    ):  # fmt: skip
        for booking in read_bookings(year, column, values):
            books.know(booking)


def _items(year: SageYear, books: Books, invoices: Sequence[Invoice]) -> None:
    numbers = {invoice.number for invoice in invoices}
    numbers |= {booking.open_item for booking in books.bookings.values()}
    rows = read_rows(year, "OPd", "OpId", sorted(numbers), lock=True)
    books.items = {str(row["OpId"]): row for row in rows}
    books.doubled |= _doubled("OPd", "OpId", rows)
    blg, own = year.sage_table("Blg"), _own_documents(invoices)
    taken = rows_among(year.connection, blg.query("BlgNr"), blg.columns["BlgNr"], own)
    books.taken = {int(number) for (number,) in taken}


def _debtors(year: SageYear, books: Books, invoices: Sequence[Invoice]) -> None:
    d = year.tables.debtor.c
    keys = sorted({invoice.customer.key for invoice in invoices})
    states = [invoice.customer.address for invoice in invoices]
    wanted = {s.debtor_number for s in states if isinstance(s, Checked)}
    numbers = sorted(int(n) for n in wanted if as_long(n) is not None)
    query = select(d.entity_key, d.number)
    wanted_by: tuple[tuple[Column[Any], Sequence[Any]], ...] = (
        (d.entity_key, keys), (d.number, numbers),
    )  # fmt: skip
    for column, values in wanted_by:
        for key, number in rows_among(year.connection, query, column, values):
            books.debtors[key], books.debtor_owners[number] = number, key
    known = {whole(item, "OPd", "PkKey") for item in books.items.values()}
    known |= set(numbers) | set(books.debtors.values())
    rows = read_rows(year, "PKd", "PkKey", sorted(known), lock=True)
    books.accounts = {whole(row, "PKd", "PkKey"): row for row in rows}
    books.doubled |= _doubled("PKd", "PkKey", rows)


def _names(year: SageYear, books: Books, tasks: Sequence[Task]) -> None:
    """Read the names of debtors whose invoice cobra may not hold any more."""
    bookings = (books.bookings.get(t.key) for t in tasks if isinstance(t, TakeBack))
    items = (books.items.get(b.open_item) for b in bookings if b is not None)
    debtors = {whole(item, "OPd", "PkKey") for item in items if item is not None}
    of_address = {str(books.accounts[d]["AdrId"]): d for d in debtors if d in books.accounts}
    if of_address:
        for row in read_rows(year, "Adr", "AdrId", sorted(of_address)):
            books.names[of_address[str(row["AdrId"])]] = str(row.get("Corp") or "")


def _documents(year: SageYear, books: Books, tasks: Sequence[Task]) -> None:
    foreign = [number for number in books.items if number not in books.item_owners]
    if foreign:
        for row in read_rows(year, "Bk", "OpId", foreign):
            books.of_item.setdefault(str(row["OpId"]), whole(row, "Bk", "BlgNr"))
    undone = [
        booking.document
        for task in tasks
        if (booking := books.bookings.get(task.key)) is not None
        and booking.stands
        and not (
            isinstance(task, Book) and is_content(booking.content, task.invoice, books.masters.lead)
        )
    ]
    strangers = books.taken - books.document_owners.keys()
    wanted = sorted({*undone, *books.of_item.values(), *strangers})
    if wanted:
        books.documents = read_stored(year, wanted)
    items = {b.open_item for b in books.bookings.values() if b.document in undone}
    for row in read_rows(year, "Bk", "OpId", sorted(items)) if items else []:
        books.postings.setdefault(str(row["OpId"]), []).append(row)


def _totals(year: SageYear, books: Books, invoices: Sequence[Invoice], rules: Rules) -> None:
    stored = [p for document in books.documents.values() for p in document.postings]
    wanted = set(_accounts(invoices, rules, books.masters.taxes))
    wanted |= {posting.account for posting in stored}
    rows = read_rows(year, "Acc", "AccId", sorted(wanted), lock=True)
    books.totals = {str(row["AccId"]): row for row in rows}
    books.doubled |= _doubled("Acc", "AccId", rows)
    books.masters = replace(books.masters, accounts=frozenset(books.totals))


def _next_document(year: SageYear, first: int, last: int) -> int:
    b, blg = year.tables.booking, year.sage_table("Blg")
    if (counter := blg.additional.documents) is not None:
        return year.first_free(counter)
    columns: tuple[Column[Any], ...] = (blg.columns["BlgNr"], b.c.document, b.c.reversal)
    queries = [select(func.max(c)).where(c.between(first, last)) for c in columns]
    queries[0] = blg.ours(queries[0])
    used = [year.connection.execute(query).scalar() for query in queries]
    return max([first - 1, *(int(number) for number in used if number is not None)]) + 1


def _doubled(table: str, tag: str, rows: Sequence[Raw]) -> set[tuple[str, str, str]]:
    """Return the keys that several rows have: no real key keeps Sage from that everywhere."""
    counted = Counter(str(row[tag]) for row in rows)
    return {(table, tag, key) for key, count in counted.items() if count > 1}


def _own_documents(invoices: Sequence[Invoice]) -> list[int]:
    numbers = {as_long(invoice.number) for invoice in invoices}
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
