"""Knows what the relay asks of a Sage year, by whatever road it gets there: the port.

`engine` knows this, and how a year is opened (`opening`), and nothing else of this room. The rest
of the room is the adapter for Sage's SQL database; another one (files of the import format, a REST
service, procedures) stands beside it and keeps the same promises:

* What `carry_out` is told is there with its ledger rows after the transaction, or nothing is.
* The fence comes first: whoever has begun with a newer epoch ends all that begin with an older
  one, and a COMMIT whose outcome is unknown has an answer before anything is read.
* What is read in a transaction to be changed there is kept from others until it ends.
* Rows come and go by the tags of the import format; what they mean is said by `rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from relay.base.errors import Unavailable
from relay.base.values import Entry, Outcome, Record, RecordId
from relay.database import PAUSING, Failure, Whereabouts
from relay.rules.address.check import Checked
from relay.rules.address.facts import Facts
from relay.rules.address.plan import Plan
from relay.rules.invoice.books import Booking, Books, Raw, Stored
from relay.rules.invoice.invoice import Task
from relay.rules.invoice.ledger import Client, Masters
from relay.rules.invoice.paid import InItem
from relay.rules.invoice.written import InvoicePlan
from relay.rules.policy import Rules
from relay.settings import Year


@dataclass(frozen=True, slots=True)
class Peer:
    """What a Sage year's database says of its partner in cobra."""

    year: str
    installation: UUID
    incarnation: int
    epoch: int
    newest_id: int | None
    newest_uid: UUID | None
    generation: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which addresses a batch is about."""

    keys: Sequence[str]
    """Of cobra's records, also of those that are gone."""
    numbers: Sequence[str]
    """Sage's address numbers that they have in cobra."""
    new: Mapping[str, Checked]
    """Key to the address that Sage may get, if it is not linked: is there one like it?"""
    gone: Collection[str]
    """Keys of those that cobra holds no more."""
    with_debtors: bool
    """Whether their debtors count: open items, and reminder locks that we set."""
    to_lock: Collection[str]
    """Keys of those whose debtors may get a reminder lock."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What a batch is to do in one year, and what was read to decide it."""

    facts: Facts
    addresses: Mapping[RecordId, Plan]
    invoices: Mapping[RecordId, InvoicePlan] = field(default_factory=dict)
    books: Books | None = None
    """None: there is no invoice in the batch."""

    def all_addresses(self) -> list[Plan]:
        """Return the plans of all addresses, also of those that an invoice brings along."""
        brought = [plan.address for plan in self.invoices.values() if plan.address is not None]
        return [*self.addresses.values(), *brought]

    def outcomes(self) -> dict[RecordId, Outcome]:
        """Return what becomes of each record."""
        plans: dict[RecordId, Plan | InvoicePlan] = {**self.addresses, **self.invoices}
        return {record: plan.outcome for record, plan in plans.items()}


@dataclass(frozen=True, slots=True)
class Linked:
    """An address that a year has linked, and what stands there of it now."""

    key: str
    """Of cobra's record."""
    number: str
    sent: Mapping[str, str]
    """What was last sent of it, by tag."""
    address: Raw | None
    """None: Sage has it no more."""
    debtor: int | None
    account: Raw | None
    """The debtor's; None: there is none, or Sage has it no more."""


class AnswersPort(Protocol):
    """What Sage alone knows of items and customers; None is what is not there or not to be read."""

    def owed(self, numbers: Sequence[str]) -> list[Raw]:
        """Return the open items with these numbers, with all that tells how they stand."""

    def owed_after(self, number: str | None, limit: int) -> list[Raw]:
        """Return, by number, a page of all items that may be open; None: the first one."""

    def linked_after(self, key: str, limit: int) -> list[Linked]:
        """Return, by key, a page of all addresses that are linked; empty: the first one."""

    def known_after(self, entity: str, key: str, limit: int) -> list[str]:
        """Return a page of the keys, in their order, of linked addresses or of booked invoices.

        What was taken back is not booked. An empty `key`: the first page.
        """

    def documents(self, numbers: Sequence[int]) -> Mapping[int, Stored]:
        """Return the documents with these numbers, as far as they are there."""


class TransactionPort(Protocol):
    """A transaction in a Sage year, behind the fence; an error takes it back as a whole."""

    @property
    def partner(self) -> Peer:
        """What the year says of its partner, whose epoch is ours here."""

    def whereabouts(self) -> Whereabouts:
        """Return the server and the database, and what changes when a backup is put back.

        Another place means that it was moved or copied.
        """

    def ledgered(self, uids: Sequence[UUID]) -> set[UUID]:
        """Return which of these entries the ledger of this year has."""

    def numbers(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the address numbers to which these records of cobra are linked."""

    def standing(self, keys: Sequence[str]) -> Mapping[str, Booking]:
        """Return the bookings of these invoices that stand."""

    def client(self) -> Client | None:
        """Return the year's own settings; None where Sage does not say them."""

    def masters(self) -> Masters:
        """Return tax keys, terms and currencies, without accounts and settings."""

    def facts(self, wanted: Wanted) -> Facts:
        """Return what the year holds of these addresses, but for what people decided."""

    def books(self, tasks: Sequence[Task], masters: Masters, rules: Rules) -> Books:
        """Return what the year holds of these invoices, their debtors and accounts."""

    def items(self, numbers: Sequence[str]) -> Mapping[str, InItem]:
        """Return what the year has under these numbers of open items."""

    def answers(self) -> AnswersPort:
        """Return what tells what Sage alone knows; nothing that is carried out needs it."""

    def move_links(self, numbers: Mapping[str, str], followed: Mapping[str, Sequence[str]]) -> None:
        """Give addresses (key to number) without a link that of a record whose place they took."""

    def carry_out(
        self,
        planned: Planned,
        entries: Sequence[tuple[Record, Entry]],
        known: Collection[UUID],
    ) -> None:
        """Write what was planned, and a ledger row for each entry but those that are known."""


class YearPort(Protocol):
    """A connection to one Sage year; a lost one is never repaired, but replaced."""

    name: str
    settings: Year

    @property
    def has_whole_numbers(self) -> bool:
        """Tell whether Sage's address number is a whole number here."""

    def begin(self, epoch: int) -> AbstractContextManager[TransactionPort]:
        """Open a transaction: the only way to write to the year, or to ask it.

        Raises:
            FenceLost: a relay with a newer epoch has been here, or the year was never paired.
        """

    def peer(self) -> Peer | None:
        """Return what the year says of its partner, without the fence; None before pairing."""

    def pair(self, peer: Peer) -> None:
        """Keep a first partner."""

    def known_records(self, epoch: int) -> list[RecordId]:
        """Return every record that this year's links and bookings know."""

    def purge_ledger(self, epoch: int, days: int, keep: Collection[UUID]) -> int:
        """Delete a chunk of ledger rows older than `days` days; returns how many were looked at.

        None of `keep` goes, nor the newest ledgered entry: the handshake asks for both.
        """

    def failure(self, error: BaseException) -> Failure | None:
        """Tell what an error of this year means; None: it is none of Sage's, but a bug."""

    def unavailable(self, error: BaseException) -> Unavailable:
        """Say in plain words what keeps this year from being used."""

    def close(self) -> None:
        """Let the connection go."""


TROUBLE = (*PAUSING, Failure.LOCKED)
"""What keeps a year away while it is being opened or greeted."""

Opener = Callable[[], YearPort]
"""Opens a year anew.

It raises `Unavailable` if Sage cannot be reached, `Refused` if it lacks what the relay needs.
"""
