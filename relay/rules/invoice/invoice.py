"""Knows the words of an invoice: what cobra says, and what a Sage year is to do about it. Pure.

What cobra says is without any Sage year. Amounts are `Decimal` with two places, in the invoice's
currency, negative for a credit note.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from relay.base.texts import grouped
from relay.base.values import Outcome, Problem, RecordId
from relay.rules.address.check import Checked
from relay.rules.images import Gone

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
    has_rounding: bool = True
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
class Book:
    """Let this year hold the invoice, as it is now."""

    invoice: Invoice
    closed: str | None = None
    """The year of its posting date, if that one is closed and this one takes its place."""

    @property
    def key(self) -> str:
        """The invoice's."""
        return self.invoice.key


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Let this year not hold the invoice any more."""

    key: str
    reason: str
    """A code of the text catalogue: why."""
    is_allowed: bool
    """Whether the relay may reverse it by itself."""
    about: str | None = None
    notices: tuple[RecordId, ...] = ()


Task = Book | TakeBack
