"""Knows how the plans of a batch of invoices are written into a Sage year's books: set-based."""

from __future__ import annotations

from collections.abc import Sequence

from relay.rules.invoice.books import Booking, Books
from relay.rules.invoice.rows import rows_of
from relay.rules.invoice.written import InvoicePlan
from relay.sage.writing import insert_rows, update_rows
from relay.sage.year import SageYear


def write_books(year: SageYear, plans: Sequence[InvoicePlan], books: Books) -> None:
    """Carry out plans in the open transaction: one statement for each table and kind of change."""
    debtors = [plan.debtor for plan in plans if plan.debtor is not None]
    linked = [{"entity_key": debtor.key, "number": debtor.number} for debtor in debtors]
    year.insert_rows(year.tables.debtor, linked, now=("linked_at",))
    for change in rows_of(plans, books):
        if change.key is None:
            insert_rows(year, change.table, change.rows)
        else:
            update_rows(year, change.table, change.key, change.rows)
    _note_documents(year, plans)
    _bookings(year, [plan.booking for plan in plans if plan.booking is not None])
    _reversals(year, [plan.taken_back for plan in plans if plan.taken_back is not None])


def _note_documents(year: SageYear, plans: Sequence[InvoicePlan]) -> None:
    """Let Sage's counter, if there is one, go on after the last document."""
    counter = year.sage_table("Blg").additional.documents
    numbers = [document.number for plan in plans for document in plan.documents]
    if counter is not None and numbers:
        counter.note(year.connection, max(numbers))


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
