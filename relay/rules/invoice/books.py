"""Knows what a Sage year holds about the invoices of a batch, and what is to be written. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from relay.base.days import Days
from relay.base.values import Outcome, RecordId
from relay.rules.address.plan import Plan
from relay.rules.fitting import Column
from relay.rules.invoice.invoice import ZERO, Document, Invoice, Masters, Posting

Raw = Mapping[str, object]
"""A row of Sage, by tag, as it stands."""


@dataclass(frozen=True, slots=True)
class Booking:
    """The proof that an invoice was booked: in which document, with which content."""

    key: str
    version: int
    document: int
    open_item: str
    address_key: str
    content: str
    reversal: int | None = None

    @property
    def stands(self) -> bool:
        """Tell whether it has not been taken back."""
        return self.reversal is None


@dataclass(frozen=True, slots=True)
class Case:
    """What belongs together in the books of a year: named by its first document."""

    document: int
    address_key: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as Sage holds it."""

    number: int
    date: date
    postings: tuple[Posting, ...]
    case: int | None = None
    """The first document of the case that it belongs to, if it is another one."""
    items: frozenset[str] = frozenset()
    """The open items that its postings go into."""


class NumbersUsedUpError(Exception):
    """The range of `document_numbers` has no next number."""


@dataclass(slots=True)
class Books:
    """What a Sage year holds about a batch, read in the transaction that will write.

    Planning adds what the batch itself will have written by then.
    """

    masters: Masters
    next_document: int
    last_document: int
    """The end of `document_numbers`: none beyond it is ours to give."""
    bookings: dict[str, Booking] = field(default_factory=dict)
    """Invoice to its newest booking."""
    item_owners: dict[str, str] = field(default_factory=dict)
    """Open item to the invoice that the relay booked into it."""
    items: dict[str, Raw] = field(default_factory=dict)
    document_owners: dict[int, str] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    """Open item to the case of the invoice that was booked into it."""
    postings: dict[str, list[Raw]] = field(default_factory=dict)
    """Open item to what stands in it, of those that may have to be taken back."""
    elsewhere: Mapping[str, Outcome] = field(default_factory=dict)
    """Invoice to what another year has against taking it back: paid there, or not to be asked."""
    taken: set[int] = field(default_factory=set)
    """Document numbers that Sage has, of those that the batch could want."""
    documents: dict[int, Stored] = field(default_factory=dict)
    """The documents that may have to be taken back or adopted."""
    of_item: dict[str, int] = field(default_factory=dict)
    """Open item to the document that opened it, where nobody of ours did."""
    debtors: dict[str, int] = field(default_factory=dict)
    debtor_owners: dict[int, str] = field(default_factory=dict)
    accounts: dict[int, Raw] = field(default_factory=dict)
    """Debtor number to Sage's account."""
    names: dict[int, str] = field(default_factory=dict)
    """Debtor number to Sage's name, of those whose invoice may be taken back."""
    totals: dict[str, Raw] = field(default_factory=dict)
    """Account to its row, for the totals that it keeps."""
    doubled: set[tuple[str, str, str]] = field(default_factory=set)
    """Table, tag and key of rows that Sage has more than once."""
    lengths: Mapping[str, int | None] = field(default_factory=dict)
    """`OPd.Ref` to the length of its column; what is missing here has no column."""
    narrow: frozenset[str] = frozenset()
    """Those among them that take the letters of Windows-1252 only."""

    def column(self, tag: str) -> Column:
        """Return what a column of a text takes."""
        return Column(tag, self.lengths.get(tag), tag in self.narrow)

    def number(self) -> int:
        """Give the next number for a document that has not the invoice's own.

        Raises:
            NumbersUsedUpError: there is none left.
        """
        number = self.next_document
        if number > self.last_document:
            raise NumbersUsedUpError
        self.next_document += 1
        return number


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


@dataclass(frozen=True, slots=True)
class Book:
    """Let this year hold the invoice, as it is now."""

    invoice: Invoice
    closed: str | None = None
    """The year of its posting date, if that one is closed and this one takes its place."""


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


@dataclass(frozen=True, slots=True)
class NewDebtor:
    """A debtor that is linked now; with an account to be opened unless Sage has it."""

    key: str
    number: int
    opened: Raw | None


Totals = Mapping[str, Decimal]
"""Tag of a total to an amount: MDbt and MCdt in the year's currency, FDbt and FCdt in another."""

NO_TOTALS: Totals = dict.fromkeys(("MDbt", "MCdt", "FDbt", "FCdt"), ZERO)


def both(one: Totals, other: Totals) -> Totals:
    """Return the sums of two sets of totals."""
    return {tag: one.get(tag, ZERO) + other.get(tag, ZERO) for tag in NO_TOTALS}


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What becomes of an open item: it is opened, closed, or opened anew."""

    number: str
    debtor: int
    row: Raw
    is_new: bool
    opened: int
    """How many open items the debtor has more."""
    totals: Totals = field(default_factory=dict)
    """What is added to the totals that Sage keeps of the item and its debtor."""


@dataclass(frozen=True, slots=True)
class InvoicePlan:
    """What to write for one invoice, and what will then be true."""

    outcome: Outcome
    address: Plan | None = None
    debtor: NewDebtor | None = None
    item: ItemChange | None = None
    documents: tuple[Document, ...] = ()
    booking: Booking | None = None
    taken_back: tuple[Booking, int] | None = None
    """A booking and the document that takes it back."""
