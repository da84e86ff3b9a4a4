"""Knows the parts of what is written for an invoice: item, booking, number, reversal. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from relay.invoice_sections import in_range
from relay.invoices.canonical import ZERO, Document, Invoice, Posting
from relay.invoices.facts import Booking, Books, ItemChange, Raw, Rules
from relay.invoices.masters import period_of
from relay.invoices.postings import take_back
from relay.plan import Facts, PreviousNumber
from relay.rules import cut
from relay.values import Outcome, Problem, distinct, held

LARGEST_DOCUMENT = 2**31 - 1
"""Sage keeps document numbers as long (TAF 2012)."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What planning an invoice in one year needs besides the invoice."""

    year: str
    books: Books
    addresses: Facts
    rules: Rules
    previous: PreviousNumber


def opened(
    invoice: Invoice, debtor: int, day: date, postings: tuple[Posting, ...], desk: Desk
) -> ItemChange | Outcome:
    """Return the open item that a booking opens, or why it cannot."""
    stands = desk.books.items.get(invoice.number)
    if stands is not None and stands["PkKey"] != debtor:
        return held("item_of_another_customer", number=invoice.number)
    debit, credit = into_item(postings)
    return ItemChange(
        invoice.number, debtor, item_row(invoice, day, desk), is_new=stands is None, opened=1,
        debit=debit, credit=credit,
    )  # fmt: skip


def item_row(invoice: Invoice, day: date, desk: Desk) -> dict[str, object]:
    """Return what an open item says of its invoice."""
    days = desk.books.masters.terms.get(invoice.terms, 0)
    return {
        "Ref": invoice.reference or None,
        "Text": cut(invoice.text, desk.books.lengths.get("OPd.Text"), "OPd.Text")[0] or None,
        "ZabId": invoice.terms or None,
        "CurId": invoice.currency,
        "DateO": day,
        "DateF": day,
        "DateD": invoice.due_date or invoice.invoice_date + timedelta(days=days),
        "MVal": invoice.gross,
        "FVal": invoice.gross,
    }


def into_item(postings: tuple[Posting, ...]) -> tuple[Decimal, Decimal]:
    """Return debit and credit that postings bring into the open item."""
    debit = sum((p.net for p in postings if p.into_item and p.is_debit), ZERO)
    credit = sum((p.net for p in postings if p.into_item and not p.is_debit), ZERO)
    return debit, credit


def booking_of(invoice: Invoice, before: Booking | None, document: int) -> Booking:
    """Return the proof of a booking, one version after the one before."""
    return Booking(
        key=invoice.key,
        version=1 if before is None else before.version + 1,
        document=document,
        open_item=invoice.number,
        address_key=invoice.customer.key,
        content=invoice.content(),
    )


def document_number(number: str, desk: Desk) -> int:
    """Return the invoice's own number where it can be one and is free, else the next one."""
    own = as_document(number)
    free = own not in desk.books.taken and own not in desk.books.document_owners
    if own is not None and free and not in_range(own, [desk.rules.document_numbers]):
        return own
    return desk.books.number()


def as_document(number: str) -> int | None:
    """Return the number of a document that an invoice's number can be, if it can."""
    if number.isascii() and number.isdigit() and 0 < int(number) <= LARGEST_DOCUMENT:
        return int(number)
    return None


def undone(booking: Booking, desk: Desk) -> Outcome | tuple[Document, ItemChange]:
    """Return the document that takes a booking back, and the open item then closed."""
    stored = desk.books.documents.get(booking.document)
    item = desk.books.items.get(booking.open_item)
    if stored is None or item is None:
        return held("booked_is_missing", number=booking.open_item, document=booking.document)
    if _is_paid(item):
        return held("item_paid", number=booking.open_item)
    day = period_of(stored, desk.books.masters.client, desk.rules, desk.year)
    if isinstance(day, Outcome):
        return day
    postings = take_back(stored.postings, swaps_sides=desk.rules.swaps_sides)
    debtor = int(str(item["PkKey"]))
    document = Document(desk.books.number(), day, booking.open_item, debtor, postings)
    debit, credit = into_item(postings)
    change = ItemChange(
        booking.open_item, debtor, {"MVal": ZERO}, is_new=False, opened=-1, debit=debit,
        credit=credit,
    )  # fmt: skip
    return document, change


def _is_paid(item: Raw) -> bool:
    """Tell whether something was booked into the open item besides the invoice itself.

    Without the totals nobody can tell, and it counts as unpaid.
    """
    debit, credit, value = (item.get(tag) for tag in ("MDbt", "MCdt", "MVal"))
    amounts = (debit, credit, value)
    if not all(isinstance(amount, Decimal) for amount in amounts):
        return False
    return Decimal(str(debit)) - Decimal(str(credit)) != value


def fitted(
    postings: Sequence[Posting], books: Books
) -> tuple[tuple[Posting, ...], tuple[Problem, ...]]:
    """Cut texts to the length of their column, and say so."""
    cuts = [cut(posting.text, books.lengths.get("Bk.Text"), "Bk.Text") for posting in postings]
    warnings = distinct(warning for _, warning in cuts if warning is not None)
    rows = (replace(p, text=text) for p, (text, _) in zip(postings, cuts, strict=True))
    return tuple(rows), warnings
