"""Knows what a Sage year holds about the invoices of a batch. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from relay.base.errors import MisreadError
from relay.base.values import Outcome
from relay.rules.fitting import Column
from relay.rules.invoice.ledger import Masters, Posting

Raw = Mapping[str, object]
"""A row of Sage, by tag, as it stands."""


def whole(row: Raw, table: str, tag: str) -> int:
    """Return a whole number without which a row says nothing.

    Raises:
        MisreadError: the column is empty.
    """
    if row[tag] is None:
        raise MisreadError(table, called(row), tag, None)
    return int(str(row[tag]))


def called(row: Raw) -> str:
    """Name a row as people find it: a posting by its document and place, others by their key."""
    named = ("BlgNr", "BkIdx") if "BkIdx" in row else tuple(row)[:1]
    return "/".join(str(row[tag]) for tag in named)


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

    @property
    def documents(self) -> tuple[int, ...]:
        """The numbers of its document, and of the one that took that back."""
        return (self.document,) if self.reversal is None else (self.document, self.reversal)


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
    cases: dict[str, Booking] = field(default_factory=dict)
    """Open item to the first booking into it, whose document names the business case."""
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

    def know(self, booking: Booking) -> None:
        """Take in a booking that was read: whose its item and documents are."""
        self.item_owners[booking.open_item] = booking.key
        self.document_owners |= dict.fromkeys(booking.documents, booking.key)
        if booking.version == 1:
            self.cases[booking.open_item] = booking

    def know_newest(self, bookings: Iterable[Booking]) -> None:
        """Take in all bookings of invoices of the batch: the newest of each counts."""
        for booking in bookings:
            known = self.bookings.get(booking.key)
            if known is None or known.version < booking.version:
                self.bookings[booking.key] = booking
            self.know(booking)

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
