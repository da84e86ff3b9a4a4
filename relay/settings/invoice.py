"""Knows the sections of `relay.toml` about invoices: header and positions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field, NonNegativeInt

from relay.settings.captured import CapturedSection
from relay.settings.section import Condition

INVOICE_FIELDS = frozenset(
    [
        "invoice_number", "kind", "corrects", "invoice_date", "posting_date", "due_date", "mandant",
        "cost_centre", "currency", "rate", "terms", "reference", "iban", "text", "gross",
        "rounding",
    ]
)  # fmt: skip
"""Our names for the fields of an invoice's header."""

POSITION_FIELDS = frozenset(
    [
        "line", "article", "text", "quantity", "unit_price", "amount", "account", "vat",
        "supplied_on", "supplied_until", "vat_rate", "vat_amount", "cost_centre",
    ]
)  # fmt: skip
"""Our names for the fields of a position."""


class InvoiceSection(CapturedSection):
    """`[cobra.invoice]`: the captured table of invoices, and what is done with them."""

    known = INVOICE_FIELDS
    needed = ("invoice_number", "invoice_date")
    others = ("address", "final", "cancelled", "deleted")

    address: str
    final: Condition
    cancelled: Condition | None = None
    deleted: Condition | None = None
    book_from: date
    settle_seconds: NonNegativeInt = 2
    on_change: Literal["hold", "reverse-and-rebook"] = "hold"
    on_cancel: Literal["hold", "reverse"] = "hold"
    closed_period: Literal["wait", "next-period", "hold"] = "wait"
    credit_notes: Literal["negative", "swapped"] = "negative"
    tolerance: Decimal = Field(default=Decimal("0.01"), ge=0)


class Position(CapturedSection):
    """`[cobra.position]`: the captured table of positions; each names its invoice."""

    known = POSITION_FIELDS
    needed = ("amount", "account", "vat")
    others = ("invoice",)

    invoice: str
    amounts: Literal["net", "gross"] = "net"
