"""Knows how an invoice that stands in Sage is told: to whom, for what, and how it was booked. Pure.

With the delivery it is the history of what was sent; optional parts record it where people ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from relay.rules.invoice.books import Booking, Raw, Stored
from relay.rules.invoice.invoice import ZERO, Invoice, Line
from relay.rules.invoice.ledger import Document, Posting
from relay.rules.invoice.postings import ACCOUNT
from relay.rules.invoice.written import Desk, Prepared, due_day

Report = Mapping[str, Any]
"""Words and amounts as they go into JSON: amounts and days as text."""


def standing_report(prepared: Prepared, booking: Booking, desk: Desk) -> Report:
    """Tell an invoice whose booking stands, with the day on which its open item is due.

    Net, tax and gross are what was booked, in the year's currency; negative for a credit note.
    """
    invoice, postings = prepared.invoice, prepared.postings
    gross = sum((_signed(p, p.net) for p in postings if p.into_item), ZERO)
    return {
        **{name: _text(value) for name, value in invoice_words(invoice).items()},
        "posted_on": str(prepared.day),
        "due_date": str(due_day(invoice, desk)),
        "gross": str(-gross),
        **_booked(booking, list(_lines(invoice.lines, postings))),
    }


def invoice_words(invoice: Invoice) -> Report:
    """Tell what cobra says of an invoice, wherever it stands."""
    return {
        "number": invoice.number,
        "kind": "credit-note" if invoice.is_credit_note else "invoice",
        "customer": invoice.customer.key,
        "customer_name": invoice.customer.name,
        "mandant": invoice.mandant,
        "invoice_date": invoice.invoice_date,
        "due_date": invoice.due_date,
        "currency": invoice.currency,
        "currency_gross": invoice.gross,
        "reference": invoice.reference,
        "text": invoice.text,
    }


def line_words(line: Line) -> dict[str, Any]:
    """Tell what cobra says of a position."""
    return {
        "article": line.article,
        "text": line.text,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "account": line.account,
        "cost_centre": line.cost_centre,
        "tax_key": line.tax_key,
    }


def booking_report(booking: Booking, stored: Stored, item: Raw | None) -> Report:
    """Tell a booking by what Sage holds, where cobra does not say the same any more."""
    gross = -sum((_signed(p, p.net) for p in stored.postings if p.into_item), ZERO)
    found = item or {}
    due = found.get("DateD")
    return {
        "number": booking.open_item,
        "kind": "credit-note" if gross < 0 else "invoice",
        "customer": booking.address_key,
        "posted_on": str(stored.date),
        "due_date": None if due is None else str(due)[:10],
        "currency": found.get("CurId"),
        "gross": str(gross),
        "reference": found.get("Ref"),
        "text": found.get("Text"),
    } | _booked(booking, list(_stored_lines(stored.postings)))


def reversal_report(booking: Booking, document: Document) -> Report:
    """Tell that a booking was taken back, by which document."""
    return {"taken_back": booking.document, "reversal": document.number}


def _booked(booking: Booking, lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Tell what was booked, and by which positions."""
    return {
        "net": str(sum((line["net"] for line in lines), ZERO)),
        "tax": str(sum((line["tax"] for line in lines), ZERO)),
        "document": booking.document,
        "open_item": booking.open_item,
        "version": booking.version,
        "positions": [{name: _text(value) for name, value in line.items()} for line in lines],
    }


def _lines(lines: Iterable[Line], postings: Iterable[Posting]) -> Iterator[dict[str, Any]]:
    """Pair each position with its revenue posting: they stand in the same order."""
    revenues = [p for p in postings if p.kind == ACCOUNT and not p.into_item]
    for line, posting in zip(lines, revenues, strict=False):  # the rounding comes after them
        yield line_words(line) | _net_and_tax(posting)


def _stored_lines(postings: tuple[Posting, ...]) -> Iterator[dict[str, Any]]:
    for posting in postings:
        if posting.kind == ACCOUNT and posting.tax_key:  # the rounding has none
            cost = posting.cost_index
            yield {
                "text": posting.text,
                "account": posting.account,
                "cost_centre": postings[cost - 1].account if cost else "",
                "tax_key": posting.tax_key,
                **_net_and_tax(posting),
            }


def _net_and_tax(posting: Posting) -> dict[str, Decimal]:
    return {"net": _signed(posting, posting.net), "tax": _signed(posting, posting.tax)}


def _signed(posting: Posting, amount: Decimal) -> Decimal:
    """Return what a posting brings to its account, a credit being positive."""
    return -amount if posting.is_debit else amount


def _text(value: object) -> object:
    return str(value) if isinstance(value, Decimal | date) else value
