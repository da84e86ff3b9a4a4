"""Knows how a month is compared while the page answers others: in a process beside, one at a time.

A month of thousands of invoices takes seconds and a lot of memory; the process gives it back.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, field, replace
from datetime import date
from multiprocessing import get_context
from threading import Lock as Mutex
from time import monotonic

from relay.admin.journal import Journal, read_journal
from relay.admin.read_only import looking
from relay.base.errors import Refused, RelayError, Unavailable
from relay.base.values import Problem
from relay.settings import Settings

SHOWN = 200
"""Differences that are shown; the command's file has all."""
FRESH_S = 60.0
"""How long a month that was read is believed."""
AT_ONCE_S = 0.1
"""How long an answer waits for what may be ready at once."""


@dataclass(frozen=True, slots=True)
class Month:
    """A month, with the first of its differences."""

    journal: Journal
    differences: int
    """How many there are."""
    missed: Mapping[str, Problem]
    """Years that could not be read, and why."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a month could not be read."""

    why: Problem
    is_away: bool

    def error(self) -> RelayError:
        """Return it as it was in its own process."""
        kind = Unavailable if self.is_away else Refused
        return kind(self.why.code, **self.why.values)


MonthOrWhy = Month | Unread


@dataclass(slots=True)
class Months:
    """What is being read, and what was read lately."""

    settings: Settings
    _under_way: tuple[date, Future[MonthOrWhy]] | None = None
    known: dict[date, tuple[float, MonthOrWhy]] = field(default_factory=dict)
    _one_at_a_time: Mutex = field(default_factory=Mutex)

    def of(self, first: date) -> Month | None:
        """Return a month by its first day; None: it is being read, or another one before it.

        Raises:
            RelayError: it could not be read; it is tried again when next asked for.
        """
        with self._one_at_a_time:
            self._collect()
            if first not in self.known and self._under_way is None:
                self._under_way = first, _begin(self.settings, first)
                self._collect()
            if first not in self.known:
                return None
            outcome = self.known[first][1]
            if isinstance(outcome, Unread):
                del self.known[first]
                raise outcome.error()
            return outcome

    def _collect(self) -> None:
        now = monotonic()
        self.known = {of: one for of, one in self.known.items() if now - one[0] < FRESH_S}
        if self._under_way is None:
            return
        first, future = self._under_way
        try:
            outcome = future.result(AT_ONCE_S)
        except NotYet:
            return
        except BaseException:
            self._under_way = None
            raise
        self._under_way = None
        self.known[first] = now, outcome


def _begin(settings: Settings, first: date) -> Future[MonthOrWhy]:
    beside = ProcessPoolExecutor(1, get_context("spawn"))  # no thread's lock is copied along
    future = beside.submit(read_month, settings, first)
    beside.shutdown(wait=False)  # it ends when it has read
    return future


def read_month(settings: Settings, first: date) -> MonthOrWhy:
    """Read and compare a month; runs in a process of its own."""
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    try:
        with looking(settings) as looked:
            found = read_journal(looked, settings, first, last, None)
            missed = {name: _why(error) for name, error in looked.years.missed.items()}
    except RelayError as error:
        return Unread(_why(error), isinstance(error, Unavailable))
    # what is not shown stays here: thousands of invoices would fill the page's memory
    shown = replace(
        found, differences=found.differences[:SHOWN], remarks=found.remarks[:SHOWN], printed=()
    )
    return Month(shown, len(found.differences), missed)


def _why(error: RelayError) -> Problem:
    return Problem(error.code, error.values)
