"""Knows when a document that Sage has is the invoice itself, to be linked, not booked. Pure."""

from __future__ import annotations

from relay.base.values import Problem, applied, held
from relay.rules.invoice.books import Booking, Books
from relay.rules.invoice.debtor import Debtor
from relay.rules.invoice.postings import sums
from relay.rules.invoice.prepared import booked
from relay.rules.invoice.written import Desk, InvoicePlan, Prepared, as_long, booking_of


def is_foreign(number: str, books: Books) -> bool:
    """Tell whether Sage has an open item of this number, and the relay did not write it.

    A document is another thing: one of this number that has nothing to do with the open item
    only takes the number away. One whose item is gone still says that the invoice was booked.
    """
    if number in books.items and number not in books.item_owners:
        return True
    own = as_long(number)
    stored = books.documents.get(own) if own is not None else None
    return stored is not None and own not in books.document_owners and number in stored.items


def adopt(prepared: Prepared, party: Debtor, before: Booking | None, desk: Desk) -> InvoicePlan:
    """Link a document that Sage has under this number, if it says the same; else hold."""
    books, invoice, number = desk.books, prepared.invoice, prepared.invoice.number
    item = books.items.get(number)
    stored = books.documents.get(books.of_item.get(number, -1))
    client = books.masters.client
    same = (
        item is not None
        and stored is not None
        and client is not None
        and item["PkKey"] == party.number
        and (item.get("CurId") or client.currency) == invoice.currency
        and stored.date == prepared.day
        and sums(stored.postings) == sums(prepared.postings)
        and stored.number not in books.document_owners
    )
    if stored is None or not same:
        return InvoicePlan(held("document_conflict", number=number))
    outcome = applied(number, warnings=(Problem("document_adopted", {"number": number}),))
    booking = booking_of(invoice, before, stored.number, desk)
    return booked(InvoicePlan(outcome), prepared, party, booking, desk)
