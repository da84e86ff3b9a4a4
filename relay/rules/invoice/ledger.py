"""Knows the words of a Sage year's books: tax keys, currencies, postings, documents. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from relay.rules.invoice.invoice import ZERO


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax key of Sage: its rate in percent and the account that its tax goes to."""

    rate: Decimal
    account: str


@dataclass(frozen=True, slots=True)
class Currency:
    """A foreign currency of Sage: `unit` of it cost `rate` of the year's (block FCur, TAF 2012)."""

    rate: Decimal
    unit: int = 1


@dataclass(frozen=True, slots=True)
class Client:
    """Settings of a Sage year: what may be posted when, and in which currency it is kept."""

    first_day: date
    last_day: date
    period_first: date | None
    period_last: date | None
    currency: str
    vat_settled: date | None = None
    """The last day whose value added tax was settled with the tax office."""


class Posting(NamedTuple):
    """One posting of a document; `net` and `tax` in the year's currency."""

    account: str
    contra: str
    net: Decimal
    is_debit: bool = False
    foreign: Decimal = ZERO
    """Gross amount in the invoice's currency where that is not the year's (ValFW), else zero."""
    kind: int = 0
    """0 account, 1 cost centre, 2 tax (BType of the import format)."""
    tax: Decimal = ZERO
    tax_key: str = ""
    tax_index: int | None = None
    cost_index: int | None = None
    text: str = ""
    into_item: bool = False
    """It goes into the open item, and so to the debtor's account."""
    opens: bool = False
    """The first posting into the open item."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it shall stand in Sage, with its postings in their order."""

    number: int
    date: date
    open_item: str
    debtor: int
    postings: tuple[Posting, ...]
    case: int | None = None
    """The first document of the case that it belongs to, if it is another one."""
    reverses: int | None = None
    """The document that it takes back."""

    def sent(self) -> Mapping[str, object]:
        """Return what was sent, as the delivery keeps it and `relay show` tells it."""
        return {
            "document": self.number,
            "date": str(self.date),
            "open_item": self.open_item,
            "debtor": self.debtor,
            "case": self.case,
            "reverses": self.reverses,
            "postings": [
                {
                    "account": p.account,
                    "side": "debit" if p.is_debit else "credit",
                    "amount": str(p.net),
                    "foreign": str(p.foreign) if p.foreign else None,
                    "tax": str(p.tax) if p.tax_key else None,
                    "tax_key": p.tax_key or None,
                    "kind": ("account", "cost_centre", "tax")[p.kind],
                    "text": p.text or None,
                }
                for p in self.postings
            ],
        }


@dataclass(frozen=True, slots=True)
class Masters:
    """Master data of a Sage year, as far as a batch needs it."""

    accounts: frozenset[str] = frozenset()
    taxes: Mapping[str, Tax] = field(default_factory=dict)
    unrated: frozenset[str] = frozenset()
    """Tax keys that have no rate."""
    terms: Mapping[str, int | None] = field(default_factory=dict)
    """Payment term to its net days; None where Sage does not say."""
    currencies: Mapping[str, Currency] = field(default_factory=dict)
    """Foreign currencies by their code."""
    client: Client | None = None

    @property
    def lead(self) -> str | None:
        """The currency that the year is kept in, if it says so."""
        return None if self.client is None else self.client.currency
