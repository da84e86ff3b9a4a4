"""Knows which settings decide how a Sage year is written."""

from __future__ import annotations

from relay import texts
from relay.confirmations import Confirmations
from relay.invoices.facts import Rules
from relay.masters import KeptMasters
from relay.plan import Policy, PreviousNumber
from relay.planning import Method
from relay.settings import Settings


def method_of(
    settings: Settings,
    previous: PreviousNumber,
    confirmed: Confirmations,
    masters: KeptMasters,
) -> Method:
    """Return the method of a year.

    Its preceding year is asked by `previous`, what a person confirmed by `confirmed`;
    `masters` keeps its master data.
    """
    policy = Policy(
        settings.sage.mode, settings.cobra.address.on_delete, settings.map.of("letters") or {}
    )
    return Method(policy, rules_of(settings), previous, masters, confirmed)


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
        letters=settings.map.of("letters") or {},
        ibans=settings.sage.iban,
    )
