"""Knows a Sage year that holds nothing: what the relay would write is planned against it.

So a plan depends on no schema, and does not find the invoice that a bookkeeper has just entered.
Master data is that of the real year where the relay could use it already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from relay.admin.learning.deduced import masters_for
from relay.admin.read_only import YearLookedAt, YearsLookedAt
from relay.database import Failure
from relay.rules.address.facts import Facts
from relay.rules.invoice.books import Booking, Books
from relay.rules.invoice.ledger import Client, Masters
from relay.rules.invoice.paid import InItem
from relay.rules.invoice.task import Book, Task
from relay.rules.policy import Rules
from relay.sage.port import Wanted
from relay.sage.reference import REFERENCE
from relay.settings import Settings, Year


class BlankYear:
    """A year that holds nothing, and a transaction in it: what planning asks of both, and no more.

    `real` is the year, where the relay could use it.
    """

    has_whole_numbers = False

    def __init__(self, year: Year, settings: Settings, real: YearLookedAt | None) -> None:
        """Ask the real year for its master data; else the configuration says what it can."""
        self.name = year.name
        self.settings = year
        lead = next(iter(settings.sage.collective_account), "CHF")
        assumed = "CHF" if "CHF" in settings.sage.collective_account else lead
        self._client = Client(year.first_day, year.last_day, None, None, assumed)
        self._masters = Masters()
        if real is not None:
            with real.begin(0) as here:
                self._client, self._masters = here.client() or self._client, here.masters()

    @contextmanager
    def begin(self, epoch: int) -> Iterator[BlankYear]:  # noqa: ARG002 - there is no fence
        """Open a transaction."""
        yield self

    def failure(self, error: BaseException) -> Failure | None:  # noqa: ARG002 - it has no database
        """Tell that no error is this year's."""
        return None

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
        return self._client

    def masters(self) -> Masters:
        """Return what is known of them."""
        return self._masters

    def facts(self, wanted: Wanted) -> Facts:  # noqa: ARG002 - there is no address
        """Return that there is no address, and that each column takes any text."""
        return Facts(lengths=dict.fromkeys(REFERENCE["Adr"]))

    def books(self, tasks: Sequence[Task], masters: Masters, rules: Rules) -> Books:
        """Return empty books that lack nothing of what the invoices name."""
        first, last = map(int, rules.document_numbers.split("-"))
        invoices = [task.invoice for task in tasks if isinstance(task, Book)]
        whole = masters_for(invoices, masters, self._client, rules)
        lengths = {f"{name}.{tag}": None for name in ("OPd", "Bk") for tag in REFERENCE[name]}
        return Books(whole, first, last, lengths=lengths)

    def items(self, numbers: Sequence[str]) -> Mapping[str, InItem]:  # noqa: ARG002 - there are none
        """Return none."""
        return {}


def blank_years(settings: Settings, real: Mapping[str, YearLookedAt]) -> YearsLookedAt:
    """Return all configured years, each of them blank; `real`: those that the relay could use."""
    blank: dict[str, Any] = {
        year.name: BlankYear(year, settings, real.get(year.name)) for year in settings.sage.year
    }
    return YearsLookedAt(settings.sage.names, blank)
