"""Knows how a document is taken back, and what a credit note has to do with its invoice. Pure.

What takes a document back stands in the same year, on the document's own day and in its open
item. It names the document in its texts and shares its business case (GFNr of the import format).
The open item stays the invoice's own: a later booking of the invoice goes into it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from relay.base.values import Outcome, Problem, held
from relay.rules.invoice.canonical import ZERO, Document, Invoice
from relay.rules.invoice.facts import Booking, Books, ItemChange, Raw, Rules
from relay.rules.invoice.parts import Desk, fitted, into_item
from relay.rules.invoice.periods import obstacle_to_correct
from relay.rules.invoice.postings import take_back


def undone(booking: Booking, desk: Desk) -> Outcome | tuple[Document, ItemChange]:
    """Return the document that takes a booking back, and the open item then closed."""
    stored = desk.books.documents.get(booking.document)
    item = desk.books.items.get(booking.open_item)
    if stored is None or item is None:
        return held("booked_is_missing", number=booking.open_item, document=booking.document)
    if booking.open_item in desk.books.settled or _is_paid(item):
        return held("item_paid", number=booking.open_item)
    client = desk.books.masters.client
    obstacle = obstacle_to_correct(booking.open_item, stored, client, desk.year)
    if obstacle is not None:
        return obstacle
    reversed_ = take_back(stored.postings, swaps_sides=desk.rules.swaps_sides)
    named = (replace(p, text=_reversal_text(p.text, stored.number, desk.rules)) for p in reversed_)
    postings, _ = fitted(tuple(named), desk.books, desk.rules)
    debtor = int(str(item["PkKey"]))
    document = Document(
        desk.books.number(), stored.date, booking.open_item, debtor, postings,
        case=stored.case or stored.number, reverses=stored.number,
    )  # fmt: skip
    row = {"MVal": ZERO, "FVal": ZERO}
    totals = into_item(postings)
    change = ItemChange(booking.open_item, debtor, row, is_new=False, opened=-1, totals=totals)
    return document, change


def _reversal_text(text: str, document: int, rules: Rules) -> str:
    """Let each posting of a reversal name the document that it takes back."""
    return f"{rules.reversal} {document}: {text}" if text else f"{rules.reversal} {document}"


def _is_paid(item: Raw) -> bool:
    """Tell by its totals whether anything besides the invoice was booked into an open item."""
    debit, credit, value = (item.get(tag) for tag in ("MDbt", "MCdt", "MVal"))
    amounts = (debit, credit, value)
    if not all(isinstance(amount, Decimal) for amount in amounts):
        return False
    return Decimal(str(debit)) - Decimal(str(credit)) != value


def told_by_sage(key: str, desk: Desk) -> str | None:
    """Name an invoice that cobra does not hold any more: number, customer, amount in Sage."""
    booking = desk.books.bookings.get(key)
    item = desk.books.items.get(booking.open_item) if booking is not None else None
    if booking is None or item is None:
        return None
    debtor = int(str(item["PkKey"]))
    amount = f"{item.get('CurId') or ''} {item.get('MVal') or ''}".strip()
    return f"{booking.open_item}, {desk.books.names.get(debtor) or debtor}, {amount}"


def corrected_case(invoice: Invoice, books: Books) -> int | None:
    """Return the business case of the invoice that a credit note corrects, if it is here."""
    case = books.cases.get(invoice.corrects) if invoice.is_credit_note else None
    return None if case is None else case.document


def wrongly_corrects(invoice: Invoice, books: Books) -> Iterator[Problem]:
    """Say that a credit note corrects an invoice of somebody else."""
    case = books.cases.get(invoice.corrects) if invoice.is_credit_note else None
    if case is not None and case.address_key != invoice.customer.key:
        yield Problem("corrects_other_customer", {"value": invoice.corrects})


def unknown_corrected(invoice: Invoice, books: Books) -> Iterator[Problem]:
    """Warn of a credit note whose invoice is not in this year's books: it may be older."""
    if invoice.is_credit_note and invoice.corrects and invoice.corrects not in books.cases:
        yield Problem("corrected_unknown", {"value": invoice.corrects})
