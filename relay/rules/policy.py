"""Knows which settings decide what is done with an address, and how an invoice is booked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from relay.base import texts
from relay.base.days import Days
from relay.settings import Settings


@dataclass(frozen=True, slots=True)
class Policy:
    """The settings that decide what is done with an address."""

    mode: Literal["addresses", "invoices"]
    on_delete: Literal["keep", "lock", "hold"]
    on_restricted: Literal["keep", "lock"] = "keep"
    letters: Mapping[str, str] = field(default_factory=dict)
    """How the company spells letters that a column of Sage does not take."""
    on_foreign_change: Literal["hold", "overwrite"] = "hold"

    @property
    def may_lock(self) -> bool:
        """Tell whether reminder locks of debtors may be set."""
        return "lock" in {self.on_delete, self.on_restricted}


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings that decide how invoices are booked in one Sage year."""

    on_change: Literal["hold", "reverse-and-rebook"]
    closed_period: Literal["wait", "next-period", "hold"]
    collective: Mapping[str, str]
    rounding: str | None
    has_gross_amounts: bool
    tolerance: Decimal
    swaps_sides: bool
    reversal: str
    """The word that begins the texts of a document which takes another one back."""
    own_numbers: list[str]
    document_numbers: str
    latest_day: date = Days().last
    """The last day that can be right."""
    letters: Mapping[str, str] = field(default_factory=dict)
    """How the company spells letters that a column of Sage does not take."""
    ibans: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Mandant to the accounts that its customers pay to."""


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
        document_numbers=settings.sage.numbers_of_documents,
        latest_day=settings.cobra.latest_day,
        letters=settings.map.of("letters") or {},
        ibans=settings.sage.iban,
    )
