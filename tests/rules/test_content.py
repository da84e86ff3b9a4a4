"""The content of an invoice is all that is booked of it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from relay.rules.images import GONE
from relay.rules.invoice.content import content_of
from relay.rules.invoice.invoice import Customer, Invoice, Line

ONE = Invoice(
    key="7",
    number="R1",
    is_credit_note=False,
    mandant="MUSTER",
    invoice_date=date(2026, 1, 31),
    posting_date=date(2026, 1, 31),
    due_date=date(2026, 3, 2),
    currency="EUR",
    terms="30T",
    reference="",
    text="Rechnung",
    gross=Decimal("216.20"),
    rounding=Decimal("0.00"),
    lines=(
        Line("3000", "USt81", "KST1", Decimal("100.00"), tax=Decimal("8.10")),
        Line("3200", "USt81", "KST2", Decimal("100.00"), tax=Decimal("8.10")),
    ),
    customer=Customer("1", "Muster AG", GONE),
    rate=Decimal("0.95"),
)


def first(invoice: Invoice, **changes: Any) -> Invoice:
    """Return the invoice with another first position."""
    return replace(invoice, lines=(replace(invoice.lines[0], **changes), *invoice.lines[1:]))


@pytest.mark.parametrize(
    "change",
    [
        lambda i: replace(i, rate=Decimal("0.96")),
        lambda i: replace(i, rate=None),
        lambda i: first(i, cost_centre="KST2"),
        lambda i: first(i, cost_centre=""),
        lambda i: first(i, account="3400"),
        lambda i: first(i, tax_key="USt26"),
        lambda i: first(i, amount=Decimal("99.00")),
        lambda i: first(i, tax=Decimal("8.09")),
        lambda i: replace(i, currency="CHF"),
        lambda i: replace(i, terms="10T"),
        lambda i: replace(i, due_date=date(2026, 3, 3)),
        lambda i: replace(i, posting_date=date(2026, 2, 1)),
        lambda i: replace(i, gross=Decimal("216.25")),
        lambda i: replace(i, rounding=Decimal("0.02")),
        lambda i: replace(i, mandant="MUSTER-IMMO"),
        lambda i: replace(i, is_credit_note=True),
    ],
)
def test_whatever_is_booked_counts(change: Callable[[Invoice], Invoice]) -> None:
    """A change of anything that stands in Sage is a change of the content."""
    assert content_of(change(ONE), "CHF") != content_of(ONE, "CHF")


@pytest.mark.parametrize(
    "change",
    [
        lambda i: replace(i, text="Anders"),
        lambda i: replace(i, lines=i.lines[::-1]),
        lambda i: first(i, text="Anders", article="A1", quantity=Decimal(3)),
    ],
)
def test_words_and_order_do_not_count(change: Callable[[Invoice], Invoice]) -> None:
    """What is only told, and the order of positions, change nothing that was booked."""
    assert content_of(change(ONE), "CHF") == content_of(ONE, "CHF")
