"""Knows the parts of what is written for an invoice: item, booking, number, texts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from relay.base.numbers import is_whole
from relay.base.values import Outcome, Problem, distinct, held
from relay.rules.address.facts import Facts
from relay.rules.address.plan import Plan, PreviousNumber
from relay.rules.fitting import fit
from relay.rules.invoice.books import Booking, Books, Raw
from relay.rules.invoice.content import content_of
from relay.rules.invoice.invoice import ZERO, Invoice
from relay.rules.invoice.ledger import Document, Posting
from relay.rules.policy import Rules
from relay.settings.sage import LARGEST_LONG, in_range


@dataclass(frozen=True, slots=True)
class NewDebtor:
    """A debtor that is linked now; with an account to be opened unless Sage has it."""

    key: str
    number: int
    opened: Raw | None


Totals = Mapping[str, Decimal]
"""Tag of a total to an amount: MDbt and MCdt in the year's currency, FDbt and FCdt in another."""


NO_TOTALS: Totals = dict.fromkeys(("MDbt", "MCdt", "FDbt", "FCdt"), ZERO)


def both(one: Totals, other: Totals) -> Totals:
    """Return the sums of two sets of totals."""
    return {tag: one.get(tag, ZERO) + other.get(tag, ZERO) for tag in NO_TOTALS}


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What becomes of an open item: it is opened, closed, or opened anew."""

    number: str
    debtor: int
    row: Raw
    is_new: bool
    opened: int
    """How many open items the debtor has more."""
    totals: Totals = field(default_factory=dict)
    """What is added to the totals that Sage keeps of the item and its debtor."""


@dataclass(frozen=True, slots=True)
class InvoicePlan:
    """What to write for one invoice, and what will then be true."""

    outcome: Outcome
    address: Plan | None = None
    debtor: NewDebtor | None = None
    item: ItemChange | None = None
    documents: tuple[Document, ...] = ()
    booking: Booking | None = None
    taken_back: tuple[Booking, int] | None = None
    """A booking and the document that takes it back."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What planning an invoice in one year needs besides the invoice."""

    year: str
    books: Books
    addresses: Facts
    rules: Rules
    previous: PreviousNumber


@dataclass(frozen=True, slots=True)
class Prepared:
    """What would be booked of an invoice."""

    invoice: Invoice
    day: date
    postings: tuple[Posting, ...]
    warnings: tuple[Problem, ...]


def opened(prepared: Prepared, debtor: int, desk: Desk) -> ItemChange | Outcome:
    """Return the open item that a booking opens, or why it cannot."""
    number = prepared.invoice.number
    stands = desk.books.items.get(number)
    if stands is not None and stands["PkKey"] != debtor:
        return held("item_of_another_customer", number=number)
    row, totals = item_row(prepared, desk), into_item(prepared.postings)
    return ItemChange(number, debtor, row, is_new=stands is None, opened=1, totals=totals)


def item_row(prepared: Prepared, desk: Desk) -> dict[str, object]:
    """Return what an open item says of its invoice; `MVal` is in the year's currency."""
    invoice, totals = prepared.invoice, into_item(prepared.postings)
    return {
        "Ref": invoice.reference or None,
        "Text": fit(invoice.text, desk.books.column("OPd.Text"), desk.rules.letters)[0] or None,
        "ZabId": invoice.terms or None,
        "CurId": invoice.currency,
        "DateO": prepared.day,
        "DateF": prepared.day,
        "DateD": due_day(invoice, desk),
        "MVal": totals["MDbt"] - totals["MCdt"],
        "FVal": invoice.gross,
    }


def due_day(invoice: Invoice, desk: Desk) -> date:
    """Return the day on which an open item is due: the invoice's own, or by its payment term."""
    days = desk.books.masters.terms.get(invoice.terms) or 0
    return invoice.due_date or invoice.invoice_date + timedelta(days=days)


def into_item(postings: Iterable[Posting]) -> Totals:
    """Return debit and credit that postings bring into the open item, in both currencies."""
    totals = dict(NO_TOTALS)
    for posting in (posting for posting in postings if posting.into_item):
        side = "Dbt" if posting.is_debit else "Cdt"
        totals[f"M{side}"] += posting.net
        totals[f"F{side}"] += posting.foreign
    return totals


def booking_of(invoice: Invoice, before: Booking | None, document: int, desk: Desk) -> Booking:
    """Return the proof of a booking, one version after the one before."""
    return Booking(
        key=invoice.key,
        version=1 if before is None else before.version + 1,
        document=document,
        open_item=invoice.number,
        address_key=invoice.customer.key,
        content=content_of(invoice, desk.books.masters.lead),
    )


def document_number(number: str, desk: Desk) -> int:
    """Return the invoice's own number where it can be one and is free, else the next one."""
    own = as_long(number)
    free = own not in desk.books.taken and own not in desk.books.document_owners
    if own is not None and free and not in_range(own, [desk.rules.document_numbers]):
        return own
    return desk.books.number()


def as_long(number: str) -> int | None:
    """Return what a number is as one of a document or a debtor in Sage, if it can be one."""
    return int(number) if is_whole(number) and 0 < int(number) <= LARGEST_LONG else None


def fitted(
    postings: Sequence[Posting], books: Books, rules: Rules
) -> tuple[tuple[Posting, ...], tuple[Problem, ...]]:
    """Let texts fit their column, and say so."""
    column = books.column("Bk.Text")
    texts = dict.fromkeys(posting.text for posting in postings)
    fits = {text: fit(text, column, rules.letters) for text in texts}
    warnings = distinct(warning for _, found, _ in fits.values() for warning in found)
    if not warnings:
        return tuple(postings), ()
    return tuple(p._replace(text=fits[p.text][0]) for p in postings), warnings
