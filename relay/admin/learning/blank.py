"""Knows a Sage year that holds nothing: what the relay would write is planned against it.

So a plan depends on no schema, and does not find the invoice that a bookkeeper has just entered.
Master data is that of the real year where the relay could use it already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NoReturn
from uuid import UUID

from relay.admin.learning.deduced import masters_for
from relay.admin.read_only import YearLookedAt, YearsLookedAt
from relay.base.errors import Unavailable
from relay.base.values import Entry, Record, RecordId
from relay.database import Failure, Whereabouts
from relay.rules.address.facts import Facts
from relay.rules.invoice.books import Booking, Books
from relay.rules.invoice.ledger import Client, Masters
from relay.rules.invoice.paid import InItem
from relay.rules.invoice.task import Book, Task
from relay.rules.policy import Rules
from relay.sage.port import Peer, Planned, Wanted
from relay.sage.reference import REFERENCE
from relay.settings import Settings, Year


@dataclass(frozen=True, slots=True)
class YearKnown:
    """What is known of a year though it is not asked for anything else."""

    client: Client
    masters: Masters


def known_of(year: Year, settings: Settings, real: YearLookedAt | None) -> YearKnown:
    """Return what the real year says, else what the configuration does."""
    lead = next(iter(settings.sage.collective_account), "CHF")
    assumed = "CHF" if "CHF" in settings.sage.collective_account else lead
    client = Client(year.first_day, year.last_day, None, None, assumed)
    if real is None:
        return YearKnown(client, Masters())
    with real.begin(0) as here:
        return YearKnown(here.client() or client, here.masters())


class BlankTransaction:
    """A transaction in a year that holds nothing."""

    def __init__(self, known: YearKnown, name: str) -> None:
        """Take what is known of the year."""
        self._known = known
        self._name = name

    @property
    def partner(self) -> Peer:
        """Return a partner of whom nothing is in any ledger."""
        return Peer(self._name, UUID(int=0), 1, 0, None, None, None)

    def whereabouts(self) -> Whereabouts:
        """Return a place where nothing is, and which is never put back."""
        return Whereabouts(("", self._name), None, ("", self._name))

    def ledgered(self, uids: Sequence[UUID]) -> set[UUID]:  # noqa: ARG002 - the ledger is empty
        """Return none."""
        return set()

    def numbers(self, keys: Sequence[str]) -> dict[str, str]:  # noqa: ARG002 - nothing is linked
        """Return none."""
        return {}

    def standing(self, keys: Sequence[str]) -> Mapping[str, Booking]:  # noqa: ARG002 - nothing is booked
        """Return none."""
        return {}

    def client(self) -> Client | None:
        """Return the year's settings, as far as they are known."""
        return self._known.client

    def masters(self) -> Masters:
        """Return what is known of them."""
        return self._known.masters

    def facts(self, wanted: Wanted) -> Facts:  # noqa: ARG002 - there is no address
        """Return that there is no address, and that each column takes any text."""
        return Facts(lengths=dict.fromkeys(REFERENCE["Adr"]))

    def books(self, tasks: Sequence[Task], masters: Masters, rules: Rules) -> Books:
        """Return empty books that lack nothing of what the invoices name."""
        first, last = map(int, rules.document_numbers.split("-"))
        invoices = [task.invoice for task in tasks if isinstance(task, Book)]
        whole = masters_for(invoices, masters, self._known.client, rules)
        lengths = {f"{name}.{tag}": None for name in ("OPd", "Bk") for tag in REFERENCE[name]}
        return Books(whole, first, last, lengths=lengths)

    def items(self, numbers: Sequence[str]) -> Mapping[str, InItem]:  # noqa: ARG002 - there are none
        """Return none."""
        return {}

    def answers(self) -> NoReturn:
        """Refuse: nobody asks what became of what was never booked."""
        raise AssertionError(self._name)

    def move_links(self, numbers: Mapping[str, str], followed: Mapping[str, Sequence[str]]) -> None:
        """Move nothing: there are no links."""

    def carry_out(
        self, planned: Planned, entries: Sequence[tuple[Record, Entry]], known: Collection[UUID]
    ) -> NoReturn:
        """Refuse: nothing is ever written here."""
        raise AssertionError(planned, entries, known)


class BlankYear:
    """A connection to such a year."""

    has_whole_numbers = False

    def __init__(self, settings: Year, known: YearKnown) -> None:
        """Take the year's section of the configuration, and what else is known."""
        self.name = settings.name
        self.settings = settings
        self._known = known

    @contextmanager
    def begin(self, epoch: int) -> Iterator[BlankTransaction]:  # noqa: ARG002 - there is no fence
        """Open a transaction."""
        yield BlankTransaction(self._known, self.name)

    def peer(self) -> Peer | None:
        """Return none: it was never paired."""
        return None

    def pair(self, peer: Peer) -> None:
        """Keep nothing."""

    def known_records(self, epoch: int) -> list[RecordId]:  # noqa: ARG002 - it knows none
        """Return none."""
        return []

    def purge_ledger(self, epoch: int, days: int, keep: Collection[UUID]) -> int:  # noqa: ARG002 - the ledger is empty
        """Look at nothing."""
        return 0

    def failure(self, error: BaseException) -> Failure | None:  # noqa: ARG002 - it has no database
        """Tell that no error is this year's."""
        return None

    def unavailable(self, error: BaseException) -> Unavailable:
        """Never be away.

        Raises:
            AssertionError: always.
        """
        raise AssertionError(error)

    def close(self) -> None:
        """Let nothing go."""


def blank_years(settings: Settings, real: Mapping[str, YearLookedAt]) -> YearsLookedAt:
    """Return all configured years, each of them blank; `real`: those that the relay could use."""
    blank: dict[str, Any] = {
        year.name: BlankYear(year, known_of(year, settings, real.get(year.name)))
        for year in settings.sage.year
    }
    return YearsLookedAt(settings.sage.names, blank)
