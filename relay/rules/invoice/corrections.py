"""Knows how a document is taken back, and what a credit note has to do with its invoice. Pure.

What takes a document back stands in the same year, on the document's own day and in its open
item. It names the document in its texts and shares its business case (GFNr of the import format).
The open item stays the invoice's own: a later booking of the invoice goes into it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from relay.base.values import Outcome, Problem, held, together
from relay.rules.invoice.books import Booking, Books, Raw, Stored, whole
from relay.rules.invoice.invoice import ZERO, About, Invoice
from relay.rules.invoice.ledger import Document
from relay.rules.invoice.objections import twice
from relay.rules.invoice.paid import divided, is_paid
from relay.rules.invoice.periods import obstacle_to_correct
from relay.rules.invoice.postings import ACCOUNT, COST, TAX, take_back
from relay.rules.invoice.written import Desk, ItemChange, fitted, into_item
from relay.rules.policy import Rules


def obstacle_to_undo(booking: Booking, desk: Desk) -> Outcome | None:
    """Say why a booking may not be taken back."""
    books, number = desk.books, booking.open_item
    stored, item = books.documents.get(booking.document), books.items.get(number)
    if stored is None or item is None:
        return held("booked_is_missing", number=number, document=booking.document)
    own, others = divided(books.postings.get(number, ()), books.document_owners)
    if is_paid(item, own, others):
        return held("item_paid", number=number, year=desk.year)
    problems = tuple(_missing(stored, item, books))
    if problems:
        return together(problems)
    obstacle = obstacle_to_correct(number, stored, books.masters.client, desk.year)
    return obstacle or books.elsewhere.get(booking.key)


def _missing(stored: Stored, item: Raw, books: Books) -> Iterator[Problem]:
    """Ask for what the postings of a document need, as for those of a first booking."""
    debtor = whole(item, "OPd", "PkKey")
    if debtor not in books.accounts:
        yield Problem("debtor_missing", {"debtor": debtor})
    touched = {("Acc", "AccId", posting.account) for posting in stored.postings}
    touched |= {("PKd", "PkKey", str(debtor)), ("OPd", "OpId", str(item["OpId"]))}
    yield from twice(sorted(touched & books.doubled))
    for kind, code in (
        (COST, "cost_centre_missing"), (ACCOUNT, "account_missing"), (TAX, "account_missing"),
    ):  # fmt: skip
        wanted = {p.account for p in stored.postings if p.kind == kind}
        for account in sorted(wanted - books.masters.accounts):
            yield Problem(code, {"value": account})
    keys = {p.tax_key for p in stored.postings if p.tax_key}
    for key in sorted(keys - books.masters.taxes.keys()):
        yield Problem("tax_key_missing", {"value": key})


def undone(booking: Booking, desk: Desk) -> tuple[Document, ItemChange]:
    """Return the document that takes back a booking without obstacle, and the item then closed."""
    stored, item = desk.books.documents[booking.document], desk.books.items[booking.open_item]
    reversed_ = take_back(stored.postings, swaps_sides=desk.rules.swaps_sides)
    named = (p._replace(text=_reversal_text(p.text, stored.number, desk.rules)) for p in reversed_)
    postings, _ = fitted(tuple(named), desk.books, desk.rules)
    debtor = whole(item, "OPd", "PkKey")
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


def name_in_sage(key: str, desk: Desk) -> str | None:
    """Name an invoice that cobra does not hold any more: number, customer, amount in Sage."""
    booking = desk.books.bookings.get(key)
    item = desk.books.items.get(booking.open_item) if booking is not None else None
    if booking is None or item is None:
        return None
    debtor = whole(item, "OPd", "PkKey")
    name = desk.books.names.get(debtor) or str(debtor)
    currency, value = str(item.get("CurId") or ""), item.get("MVal")
    amount = None if value is None else Decimal(str(value))
    return str(About(booking.open_item, name, currency, amount))


def corrected_case(invoice: Invoice, books: Books) -> int | None:
    """Return the business case of the invoice that a credit note corrects, if it is here."""
    case = books.cases.get(invoice.corrects) if invoice.is_credit_note else None
    return None if case is None else case.document


def wrongly_corrects(invoice: Invoice, desk: Desk) -> Iterator[Problem]:
    """Say that a credit note corrects an invoice of somebody else."""
    case = desk.books.cases.get(invoice.corrects) if invoice.is_credit_note else None
    if case is not None and not desk.addresses.is_same(invoice.customer.key, case.address_key):
        yield Problem("corrects_other_customer", {"value": invoice.corrects})


def unknown_corrected(invoice: Invoice, books: Books) -> Iterator[Problem]:
    """Warn of a credit note whose invoice is not in this year's books: it may be older."""
    if invoice.is_credit_note and invoice.corrects and invoice.corrects not in books.cases:
        yield Problem("corrected_unknown", {"value": invoice.corrects})
