"""Knows the words of an invoice: what cobra says, in amounts and dates, without any Sage year.

Amounts are `Decimal` with two places, in the invoice's currency, negative for a credit note.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from relay.base.texts import grouped
from relay.base.values import Gone, Outcome, Problem, RecordId
from relay.rules.address.check import Checked

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
LARGEST_AMOUNT = Decimal("999999999999.99")
"""More than this no invoice of a Swiss company can be about; Sage's totals have room for sums."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Who is to pay: the address that is the debtor, as read together with the invoice."""

    key: str
    name: str
    address: Checked | Gone | Outcome
    """The address after its check; an outcome where it could not be read."""

    @property
    def called(self) -> str:
        """Tell people which address it is: number and name."""
        number = self.address.number if isinstance(self.address, Checked) else ""
        return ", ".join(dict.fromkeys(filter(None, (number, self.name))))


@dataclass(frozen=True, slots=True)
class Line:
    """A position: what was sold, to which account it goes, and how it is taxed."""

    account: str
    tax_key: str
    cost_centre: str
    amount: Decimal
    """Without or with the tax, as `[cobra.position] amounts` says."""
    text: str = ""
    article: str = ""
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    """Told with the document, never booked: that the price times the quantity is the amount is
    cobra's affair."""
    supplied_on: date | None = None
    """Day of the supply, the last one of several: it decides the rate."""
    tax: Decimal | None = None
    """The tax that cobra computed, in the invoice's currency; None if cobra does not say."""
    rate: Decimal | None = None
    """The rate that cobra printed, in percent; None if cobra does not say."""


@dataclass(frozen=True, slots=True)
class About:
    """What people call an invoice: number, customer, amount."""

    number: str
    name: str
    currency: str
    amount: Decimal | None

    def __str__(self) -> str:
        """Return it as one line; a draft may have no amount yet."""
        amount = "" if self.amount is None else f"{self.currency} {grouped(self.amount)}".strip()
        return ", ".join(filter(None, (self.number, self.name, amount)))


@dataclass(frozen=True, slots=True)
class Invoice:
    """A final invoice or credit note."""

    key: str
    number: str
    is_credit_note: bool
    mandant: str
    invoice_date: date
    posting_date: date
    due_date: date | None
    currency: str
    """Empty where cobra names none, until it is known which year's own it is."""
    terms: str
    reference: str
    text: str
    gross: Decimal
    rounding: Decimal
    lines: tuple[Line, ...]
    customer: Customer
    is_before_start: bool = False
    """Dated before `book_from`: never booked."""
    corrects: str = ""
    """Number of the invoice that a credit note corrects."""
    is_rounding_told: bool = True
    """Whether cobra says what was rounded; else it is what the total differs by."""
    rate: Decimal | None = None
    """Lead currency for `Currency.unit` of the invoice's; None: what Sage says on the day."""
    iban: str = ""
    """The account to pay to, without blanks; empty if cobra does not say."""
    warnings: tuple[Problem, ...] = ()
    """What somebody should look at in cobra though the invoice is booked."""

    @property
    def about(self) -> str:
        """Tell people which invoice it is: number, customer, amount."""
        return str(About(self.number, self.customer.name, self.currency, self.gross))


@dataclass(frozen=True, slots=True)
class Absent:
    """An invoice that Sage is not to hold: gone, a draft, or cancelled."""

    reason: str
    """A code of the text catalogue."""
    about: About | None = None
    notices: tuple[RecordId, ...] = ()


@dataclass(frozen=True, slots=True)
class Unbookable:
    """An invoice with which something is wrong in cobra, whatever year is asked."""

    problems: tuple[Problem, ...]
    about: About | None = None
    before_start: date | None = None
    """Its day, if it is before `book_from`: then nothing has to be right."""
    number: str = ""
    customer: Customer | None = None
    invoice_date: date | None = None


State = Invoice | Absent | Unbookable


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


@dataclass(frozen=True, slots=True)
class Posting:
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

    def told(self) -> Mapping[str, object]:
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
