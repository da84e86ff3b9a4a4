"""Knows how the plans of a batch of invoices are written into a Sage year's books: set-based."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from sqlalchemy.engine import Connection

from relay.rules.invoice.books import Booking, Books, Raw
from relay.rules.invoice.invoice import ZERO
from relay.rules.invoice.ledger import Document, Posting
from relay.rules.invoice.written import NO_TOTALS, InvoicePlan, ItemChange, NewDebtor, Totals, both
from relay.sage.year import SageYear

DEBTORS = 1
"""Origin of a document: the debtors' books (Orig of the import format)."""
FIRST_POSTING = 1
"""Flag of the first posting into an open item (TAF 2012)."""


class BooksWriter:
    """Writes one year's books in a transaction."""

    def __init__(self, year: SageYear, connection: Connection, books: Books) -> None:
        """Take the year, its open transaction, and what was read in it."""
        self._year = year
        self._connection = connection
        self._books = books

    def write(self, plans: Sequence[InvoicePlan]) -> None:
        """Carry out plans: one statement for each table and kind of change."""
        items = [plan.item for plan in plans if plan.item is not None]
        documents = [document for plan in plans for document in plan.documents]
        self._debtors([plan.debtor for plan in plans if plan.debtor is not None])
        self._open_items([item for item in items if item.is_new])
        self._change_items([item for item in items if not item.is_new])
        self._documents(documents)
        self._debtor_totals(items)
        self._account_totals(documents)
        self._bookings([plan.booking for plan in plans if plan.booking is not None])
        self._reversals([plan.taken_back for plan in plans if plan.taken_back is not None])

    def _debtors(self, debtors: Sequence[NewDebtor]) -> None:
        self._insert("PKd", [d.opened for d in debtors if d.opened is not None])
        self._year.dialect.insert_rows(
            self._connection,
            self._year.tables.debtor,
            [{"entity_key": d.key, "number": d.number} for d in debtors],
            now=("linked_at",),
        )

    def _open_items(self, items: Sequence[ItemChange]) -> None:
        self._insert(
            "OPd",
            [
                {
                    **item.row,
                    "OpId": item.number,
                    "PkKey": item.debtor,
                    "AdrId": self._books.accounts[item.debtor]["AdrId"],
                    **item.totals,
                }
                for item in items
            ],
        )

    def _change_items(self, items: Sequence[ItemChange]) -> None:
        rows = []
        for item in items:
            stands = self._books.items[item.number]
            rows.append((item.number, {**item.row, **_raised(stands, item.totals)}))
        self._update("OPd", "OpId", rows)

    def _documents(self, documents: Sequence[Document]) -> None:
        self._insert(
            "Blg",
            [
                {"BlgNr": d.number, "Date": d.date, "Orig": DEBTORS, "GFNr": d.case}
                for d in documents
            ],
        )
        self._insert("Bk", [row for document in documents for row in _posted(document)])

    def _debtor_totals(self, items: Sequence[ItemChange]) -> None:
        sums: dict[int, Totals] = defaultdict(lambda: NO_TOTALS)
        opened: dict[int, int] = defaultdict(int)
        for item in items:
            sums[item.debtor] = both(sums[item.debtor], item.totals)
            opened[item.debtor] += item.opened
        rows: list[tuple[object, Raw]] = []
        for debtor, totals in sorted(sums.items()):
            stands = self._books.accounts[debtor]
            number = int(_amount(stands, "NOp")) + opened[debtor]
            rows.append((debtor, {**_raised(stands, totals), "NOp": number}))
        self._update("PKd", "PkKey", rows)

    def _account_totals(self, documents: Sequence[Document]) -> None:
        sums: dict[str, Totals] = defaultdict(lambda: NO_TOTALS)
        for posting in (posting for document in documents for posting in document.postings):
            sums[posting.account] = both(sums[posting.account], _brings(posting))
        rows = [
            (account, _raised(self._books.totals[account], totals))
            for account, totals in sorted(sums.items())
            if account in self._books.totals
        ]
        self._update("Acc", "AccId", rows)

    def _bookings(self, bookings: Sequence[Booking]) -> None:
        rows = [
            {
                "entity_key": booking.key,
                "version": booking.version,
                "document": booking.document,
                "open_item": booking.open_item,
                "address_key": booking.address_key,
                "content": booking.content,
            }
            for booking in bookings
        ]
        b = self._year.tables.booking
        self._year.dialect.insert_rows(self._connection, b, rows, now=("booked_at",))

    def _reversals(self, reversals: Sequence[tuple[Booking, int]]) -> None:
        self._year.dialect.update_rows(
            self._connection,
            self._year.tables.booking,
            [
                {"entity_key": booking.key, "version": booking.version, "reversal": document}
                for booking, document in reversals
            ],
            by=("entity_key", "version"),
            now=("reversed_at",),
        )

    def _insert(self, name: str, rows: Sequence[Raw]) -> None:
        if not rows:
            return
        table = self._year.sage_table(name)
        tags = [tag for tag in table.columns if any(tag in row for row in rows)]
        columns = [(table.columns[tag].name, tag, table.putting(tag)) for tag in tags]
        typed = [{name: put(row.get(tag)) for name, tag, put in columns} for row in rows]
        self._year.dialect.insert_rows(self._connection, table.table, typed)

    def _update(self, name: str, key: str, rows: Iterable[tuple[object, Raw]]) -> None:
        """Update rows by key; those that change the same columns in one statement."""
        table = self._year.sage_table(name)
        by = table.columns[key].name
        alike: dict[tuple[str, ...], list[dict[str, object]]] = defaultdict(list)
        for value, row in rows:
            tags = tuple(tag for tag in table.columns if tag in row)
            values = {table.columns[tag].name: table.put(tag, row[tag]) for tag in tags}
            alike[tags].append({by: table.put(key, value)} | values)
        for tags, changes in alike.items():
            if tags:
                self._year.dialect.update_rows(self._connection, table.table, changes, by=[by])


def _posted(document: Document) -> Iterable[Raw]:
    for place, posting in enumerate(document.postings, start=1):
        into = posting.into_item
        yield {
            "BlgNr": document.number,
            "BkIdx": place,
            "AccId": posting.account,
            "CAcc": posting.contra,
            "Type": 0 if posting.is_debit else 1,
            "BType": posting.kind,
            "ValNt": posting.net,
            "ValTx": posting.tax,
            "ValFW": posting.foreign,
            "TaxId": posting.tax_key,
            "TIdx": posting.tax_index,
            "CIdx": posting.cost_index,
            "Text": posting.text,
            "OpId": document.open_item if into else None,
            "PkKey": document.debtor if into else None,
            "Flags": FIRST_POSTING if posting.opens else 0,
        }


def _brings(posting: Posting) -> Totals:
    """Return what a posting adds to its account; only a collective account has one currency."""
    side = "Dbt" if posting.is_debit else "Cdt"
    foreign = posting.foreign if posting.into_item else ZERO
    return {f"M{side}": posting.net, f"F{side}": foreign}


def _raised(row: Raw, totals: Totals) -> dict[str, object]:
    """Return a row's totals as they shall be."""
    return {tag: _amount(row, tag) + added for tag, added in totals.items()}


def _amount(row: Raw, tag: str) -> Decimal:
    """Return a total as it stands; a new row's are zero."""
    return Decimal(str(row.get(tag) or 0))
