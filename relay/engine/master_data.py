"""Knows which master data of a Sage year is kept between batches, and when it is read again.

Tax keys, payment terms and currencies are kept. Whatever decides whether a day takes postings, and
every row that is locked for its totals, is read in the transaction that books.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from relay.rules.invoice.invoice import Invoice
from relay.rules.invoice.ledger import Masters
from relay.rules.invoice.objections import names_unknown
from relay.sage.port import TransactionPort, YearPort


@dataclass(frozen=True, slots=True)
class DatedMasters:
    """Master data, and the time on our clock, in seconds, before it was read."""

    masters: Masters
    at: float
    is_kept: bool = False
    """It comes from an earlier transaction."""


class KeptMasters:
    """Keeps what was read of each year for the life of its connection.

    What is given out is forgotten until it is kept anew, which is done after a COMMIT: nothing
    outlives a transaction that failed.
    """

    def __init__(self, seconds: float = 0, clock: Callable[[], float] = time.monotonic) -> None:
        """Take how old it may become; 0 keeps nothing."""
        self._seconds = seconds
        self._clock = clock
        self._kept: WeakKeyDictionary[YearPort, DatedMasters] = WeakKeyDictionary()

    def of(
        self, year: YearPort, here: TransactionPort, invoices: Iterable[Invoice]
    ) -> DatedMasters:
        """Return what is kept, or else read: nothing is, it is old, or an invoice names more."""
        kept = self._kept.pop(year, None)
        if kept is None or self._clock() - kept.at >= self._seconds:
            return self.now(here)
        if any(names_unknown(invoice, kept.masters) for invoice in invoices):
            return self.now(here)
        return replace(kept, is_kept=True)

    def now(self, here: TransactionPort) -> DatedMasters:
        """Read it in an open transaction."""
        at = self._clock()
        return DatedMasters(here.masters(), at)

    def keep(self, year: YearPort, reading: DatedMasters) -> None:
        """Keep what a transaction used that was committed."""
        self._kept[year] = reading
