"""Knows how the plans of a batch of invoices are written into a Sage year's books: set-based."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from relay.rules.invoice.books import Booking, Books, Raw
from relay.rules.invoice.rows import rows_of
from relay.rules.invoice.written import InvoicePlan, NewDebtor
from relay.sage.year import SageYear


def write_books(year: SageYear, plans: Sequence[InvoicePlan], books: Books) -> None:
    """Carry out plans in the open transaction: one statement for each table and kind of change."""
    _debtors(year, [plan.debtor for plan in plans if plan.debtor is not None])
    for change in rows_of(plans, books):
        if change.key is None:
            _insert(year, change.table, change.rows)
        else:
            _update(year, change.table, change.key, change.rows)
    _bookings(year, [plan.booking for plan in plans if plan.booking is not None])
    _reversals(year, [plan.taken_back for plan in plans if plan.taken_back is not None])


def _insert(year: SageYear, name: str, rows: Sequence[Raw]) -> None:
    if not rows:
        return
    table = year.sage_table(name)
    tags = [tag for tag in table.columns if any(tag in row for row in rows)]
    columns = [(table.columns[tag].name, tag, table.putting(tag)) for tag in tags]
    typed = [{name: put(row.get(tag)) for name, tag, put in columns} for row in rows]
    year.insert_rows(table.table, typed)


def _update(year: SageYear, name: str, key: str, rows: Iterable[Raw]) -> None:
    """Update rows by key; those that change the same columns in one statement."""
    table = year.sage_table(name)
    by = table.columns[key].name
    alike: dict[tuple[str, ...], list[dict[str, object]]] = defaultdict(list)
    for row in rows:
        tags = tuple(tag for tag in table.columns if tag in row and tag != key)
        values = {table.columns[tag].name: table.put(tag, row[tag]) for tag in (key, *tags)}
        alike[tags].append(values)
    for tags, changes in alike.items():
        if tags:
            year.update_rows(table.table, changes, by=[by])


def _debtors(year: SageYear, debtors: Sequence[NewDebtor]) -> None:
    rows = [{"entity_key": debtor.key, "number": debtor.number} for debtor in debtors]
    year.insert_rows(year.tables.debtor, rows, now=("linked_at",))


def _bookings(year: SageYear, bookings: Sequence[Booking]) -> None:
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
    year.insert_rows(year.tables.booking, rows, now=("booked_at",))


def _reversals(year: SageYear, reversals: Sequence[tuple[Booking, int]]) -> None:
    rows = [
        {"entity_key": booking.key, "version": booking.version, "reversal": document}
        for booking, document in reversals
    ]
    by, now = ("entity_key", "version"), ("reversed_at",)
    year.update_rows(year.tables.booking, rows, by=by, now=now)
