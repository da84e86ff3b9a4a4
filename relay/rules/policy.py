"""Knows which settings decide how an invoice is booked."""

from __future__ import annotations

from relay.base import texts
from relay.rules.invoice.books import Rules
from relay.settings import Settings


def rules_of(settings: Settings) -> Rules | None:
    """Return the rules for invoices, or None if none go over."""
    if settings.invoices is None:
        return None
    invoice, position = settings.invoices
    return Rules(
        on_change=invoice.on_change,
        closed_period=invoice.closed_period,
        collective=settings.sage.collective_account,
        rounding=settings.sage.rounding_account,
        has_gross_amounts=position.amounts == "gross",
        tolerance=invoice.tolerance,
        swaps_sides=invoice.credit_notes == "swapped",
        reversal=texts.text("word_reversal", settings.language),
        own_numbers=settings.sage.own_numbers,
        document_numbers=settings.sage.document_numbers,
        latest_day=settings.cobra.latest_day,
        letters=settings.map.of("letters") or {},
        ibans=settings.sage.iban,
    )
