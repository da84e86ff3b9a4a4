"""Knows how Sage years are asked: those that are ready, in a fenced transaction each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from relay.base.errors import LockLost, RelayError, Unavailable
from relay.base.values import Outcome, held, later, waiting, year_wait
from relay.database import PAUSING, Failure
from relay.rules.address.plan import PreviousNumber
from relay.rules.invoice.paid import Debt, Elsewhere, InItem, is_paid_in
from relay.sage.port import TransactionPort, YearPort
from relay.settings import Year

T = TypeVar("T")


class ReadyYears(Protocol):
    """The configured Sage years, and which of them can be used now."""

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of all configured years."""

    def ready(self, name: str) -> YearPort | None:
        """Return a year that may be used now, or None."""

    def doubtful(self) -> str | None:
        """Return a year that may hold what it should not, or lack what it held."""

    def lose(self, name: str, error: RelayError) -> None:
        """Note that a year's database has trouble."""


def ask(year: YearPort, epoch: int, question: Callable[[TransactionPort], T]) -> T | Outcome:
    """Answer a question in a fenced transaction; "later" where somebody has a row open.

    Raises:
        Unavailable: the year has trouble of its own; whoever asked has lost it.
        FenceLost: another relay has taken over.
    """
    try:
        with year.begin(epoch) as here:
            return question(here)
    except RelayError:
        raise
    except Exception as error:
        failure = year.failure(error)
        if failure is Failure.LOCKED:
            return later("sage_locked", year=year.name)
        if failure not in PAUSING:
            raise
        raise year.unavailable(error) from error


def ask_ready(
    years: ReadyYears, name: str, epoch: int, question: Callable[[TransactionPort], T]
) -> T | Outcome | None:
    """Ask a year as `ask` does; None: it is not ready, or has failed just now and is left.

    Raises:
        LockLost: another relay has taken over.
    """
    year = years.ready(name)
    try:
        return None if year is None else ask(year, epoch, question)
    except LockLost:
        raise
    except Unavailable as error:
        years.lose(name, error)
        return None


def previous_number(before: Year | None, year: YearPort | None, epoch: int) -> PreviousNumber:
    """Return how the preceding year is asked for its link; it may be away or not exist.

    Asking raises `Unavailable`, which names that year, when its database has just failed.
    """

    def number(key: str) -> str | Outcome | None:
        if before is None:
            return None
        if year is None:
            return waiting("previous_year_away", year_wait(before.name), year=before.name)
        # To wait for a year that fails now is not enough: only one that was lost is found again.
        return ask(year, epoch, lambda here: here.numbers([key]).get(key))

    return number


def paid_elsewhere(
    here: Year, others: Sequence[tuple[Year, YearPort | None]], epoch: int
) -> Elsewhere:
    """Return how the mandant's other years are asked whether what one booked is paid there.

    None stands for one that is away. It has not said "unpaid": what it may know is waited for.
    Asking raises `Unavailable`, which names that year, when its database has just failed.
    """

    def paid(debts: Sequence[Debt]) -> Mapping[str, Outcome]:
        found: dict[str, Outcome] = {}
        unknown: dict[str, Outcome] = {}
        numbers = [debt.number for debt in debts]
        for other, year in others:
            items = None if year is None else ask(year, epoch, lambda there: there.items(numbers))
            is_later = other.first_day > here.last_day
            for debt in debts:
                where = {"number": debt.number, "year": other.name}
                if items is None:
                    unknown[debt.key] = waiting("payment_unknown", year_wait(other.name), **where)
                elif isinstance(items, Outcome):
                    unknown[debt.key] = items
                elif is_paid_in(debt, items.get(debt.number) or InItem(), is_later=is_later):
                    found[debt.key] = held("item_paid", **where)
        return unknown | found

    return paid
