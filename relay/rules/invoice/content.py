"""Knows whether an invoice says what was booked: by its meaning, never by how it is written. Pure.

A booking keeps a hash of what was booked, which begins with the version of its making: bookings
stand for ever, and an older one is compared as it was made.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal

from relay.base.spelling import as_key
from relay.rules.invoice.books import Raw, Stored
from relay.rules.invoice.invoice import ZERO, Invoice
from relay.rules.invoice.ledger import Posting
from relay.rules.invoice.postings import sums

VERSION = "2:"
LENGTH = 64
"""Characters that a booking has for it."""

Summed = tuple[str, str, str]


def content_of(invoice: Invoice, lead: str | None) -> str:
    """Return a hash of all that is booked; texts and the order of positions do not count.

    `lead` is the currency of the year; None if it is not known. What an invoice in it says of a
    rate is booked nowhere, and neither is a position without an amount.
    """
    sums_, taxes = _sums(invoice)
    rate = None if invoice.currency == lead else _plain(invoice.rate)
    booked = [
        *_head(invoice), _plain(invoice.gross), _plain(invoice.rounding), rate,
        sorted(
            [*group, _plain(amount), _plain(taxes[group])]
            for group, amount in sums_.items()
            if amount or taxes[group]
        ),
    ]  # fmt: skip
    return (VERSION + _hash(booked))[:LENGTH]


def is_content(content: str, invoice: Invoice, lead: str | None) -> bool:
    """Tell whether a booking's hash is that of an invoice."""
    if content.startswith(VERSION):
        return content == content_of(invoice, lead)
    return any(content == _hash(values) for values in _first_version(invoice))


def _first_version(invoice: Invoice) -> Iterator[list[object]]:
    """Tell an invoice as the hashes without a version did: by the texts of its amounts."""
    sums_, taxes = _sums(invoice)
    groups = sorted(
        [*group, str(amount), str(taxes[group] or ZERO)] for group, amount in sums_.items()
    )
    # A credit note's rounding of nothing was negative where its amounts were written positive.
    roundings = [str(invoice.rounding)] if invoice.rounding else ["0.00", "-0.00"]
    for rounding in roundings:
        yield [*_head(invoice), str(invoice.gross), rounding, str(invoice.rate), groups]


def _head(invoice: Invoice) -> list[object]:
    return [
        invoice.number, invoice.is_credit_note, invoice.mandant, invoice.customer.key,
        str(invoice.posting_date), str(invoice.due_date), invoice.currency, invoice.terms,
        invoice.reference,
    ]  # fmt: skip


def _sums(invoice: Invoice) -> tuple[dict[Summed, Decimal], dict[Summed, Decimal | None]]:
    """Return amounts, and the taxes that cobra tells; None: it tells none."""
    amounts: dict[Summed, Decimal] = defaultdict(lambda: ZERO)
    taxes: dict[Summed, Decimal | None] = defaultdict(lambda: None)
    for line in invoice.lines:
        group = (line.account, line.tax_key, line.cost_centre)
        amounts[group] += line.amount
        if line.tax is not None:
            taxes[group] = (taxes[group] or ZERO) + line.tax
    return amounts, taxes


def _hash(values: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()


def _plain(number: Decimal | None) -> str | None:
    if number is None:
        return None
    return f"{number.normalize():f}" if number else "0"


def stands_so(
    row: Raw, day: date, postings: Collection[Posting], stored: Stored, item: Raw
) -> bool:
    """Tell whether a document and its open item are what an invoice would be booked as now.

    It decides where the hashes differ: what is told otherwise, or was by an older relay, may well
    come to the same. `row` is what the open item should say.
    """
    tags = ("Ref", "ZabId", "CurId", "DateD")
    return (
        stored.date == day
        and sums(stored.postings) == sums(postings)
        and _costs(stored.postings) == _costs(postings)
        and all(_same(row[tag], item[tag]) for tag in tags if tag in item)
    )


def _costs(postings: Collection[Posting]) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    """Return the sums of cost centres, as `sums` does of accounts."""
    return sums(p._replace(kind=0) for p in postings if p.kind == 1)


def _same(wanted: object, stands: object) -> bool:
    if isinstance(wanted, date):
        return str(wanted) == str(stands)[:10]
    return as_key(wanted) == as_key(stands)
