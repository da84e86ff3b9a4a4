"""Knows how years are asked, by the port, in a fenced transaction, and how fresh their answers are.

None is lost by it: a year that is away, paused or busy is left aside until the next look.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

import structlog
from sqlalchemy import Table, select

from relay.base.errors import Refused
from relay.base.values import Outcome
from relay.cobra.lock import Lock
from relay.database import utcnow
from relay.engine.asking import ReadyYears, ask_ready
from relay.extras.answers.following import ItemsOfYear, Place
from relay.extras.answers.tables import answer_tables
from relay.sage.port import TransactionPort
from relay.settings import Settings

log = structlog.get_logger()
T = TypeVar("T")


class Asking:
    """Asks the years for one look, and notes which did not answer all of it."""

    def __init__(
        self, years: ReadyYears, epoch: Callable[[], int], began: datetime, today: date
    ) -> None:
        """Take the years, our epoch, and when and on which day the look began.

        The epoch is asked for each time: between two pages a year may come back with a newer one.
        """
        self._years = years
        self._epoch = epoch
        self._leads: dict[str, str | None] = {}
        self.began = began
        self.today = today
        self.missed: set[str] = set()
        self.left_out: set[Place] = set()
        """Items of which was told that they cannot be kept."""

    def ask(self, name: str, question: Callable[[TransactionPort], T]) -> T | None:
        """Return a year's answer; None: it cannot be had now, nor is it asked again for this look.

        Raises:
            LockLost: another relay has taken over.
        """
        if name in self.missed:
            return None
        try:
            answer = ask_ready(self._years, name, self._epoch(), question)
        except Refused as error:  # what only this part needs: the relay itself goes on
            log.warning("answers_refused", year=name, code=error.code, **error.values)
        except Exception as error:
            # A driver that cannot decode a text of Sage's raises for the whole page.
            year = self._years.ready(name)
            if year is None or not (year.failure(error) or isinstance(error, UnicodeError)):
                raise
            log.warning("answers_unread", year=name, text=str(error))
        else:
            if answer is not None and not isinstance(answer, Outcome):
                return answer
        self.missed.add(name)
        return None

    def items(self, wanted: Mapping[str, Iterable[str]]) -> dict[str, ItemsOfYear]:
        """Return what the years say of items, by their numbers."""
        found = {}
        for name, numbers in wanted.items():
            said = self.ask(name, self._items(name, sorted(set(numbers))))
            if said is not None:
                found[name] = said
        return found

    def _items(self, name: str, numbers: list[str]) -> Callable[[TransactionPort], ItemsOfYear]:
        def said(here: TransactionPort) -> ItemsOfYear:
            rows = {str(row["OpId"]): row for row in here.answers().owed(numbers)}
            if name not in self._leads:  # a year's currency is asked for once a look
                client = here.client()
                self._leads[name] = None if client is None else client.currency
            return ItemsOfYear(rows, self._leads[name])

        return said


NIGHT = range(1, 5)
"""Hours of the local clock in which settled items are looked at again."""
A_DAY, TOO_LONG = timedelta(hours=20), timedelta(hours=44)
"""Since the last such look: the least, and what is made up for at any hour.

A night has several such hours, so it has one also where the clock skips or repeats one.
"""


@dataclass(frozen=True, slots=True)
class KnownYear:
    """A year that is, or was, configured."""

    name: str
    mandant: str
    first_day: date


class Freshness:
    """What is noted of each year."""

    def __init__(self, settings: Settings, lock: Lock, years: ReadyYears) -> None:
        """Take cobra's lock, and which years can be asked."""
        self._settings = settings
        self._lock = lock
        self._years = years
        self._year: Table = answer_tables(lock.dialect.name).year

    def note_years(self) -> None:
        """Note which years are away, and since when; those that came back are so no more."""
        y = self._year
        with self._lock.reading() as connection:
            known = {row["year"]: row for row in connection.execute(select(y)).mappings()}
        ready = {name for name in self._years if self._years.ready(name) is not None}
        stale = [n for n, row in known.items() if n not in ready and row["stale_since"] is None]
        back = [n for n in ready if n in known and known[n]["stale_since"] is not None]
        new = [year for year in self._settings.sage.year if year.name not in known]
        if not (stale or back or new):
            return
        with self._lock.writing() as connection:
            away, now = [{"year": name} for name in stale], ("stale_since",)
            self._lock.dialect.update_rows(connection, y, away, by=("year",), now=now)
            there = [{"year": name, "stale_since": None} for name in back]
            self._lock.dialect.update_rows(connection, y, there, by=("year",))
            for year in new:
                row = {"year": year.name, "mandant": year.mandant, "first_day": year.first_day}
                self._lock.dialect.insert_rows(
                    connection, y, [row], now=() if year.name in ready else now
                )

    def removed(self) -> list[KnownYear]:
        """Return the years that are configured no more."""
        y = self._year
        query = select(y.c.year, y.c.mandant, y.c.first_day).order_by(y.c.first_day, y.c.year)
        with self._lock.reading() as connection:
            known = [KnownYear(*row) for row in connection.execute(query)]
        return [year for year in known if year.name not in set(self._years)]

    def note_end(self, column: str, asking: Asking) -> None:
        """Note that the years were looked at as a whole, but for those that did not answer all.

        What was read first is as old as the look, which may have waited for batches: so it is noted
        when it began.
        """
        names = [name for name in self._years if name not in asking.missed]
        ready = [name for name in names if self._years.ready(name) is not None]
        with self._lock.writing() as connection:
            rows = [{"year": name, column: asking.began} for name in ready]
            self._lock.dialect.update_rows(connection, self._year, rows, by=("year",))

    def is_night(self) -> bool:
        """Tell whether settled items are due."""
        y = self._year
        with self._lock.reading() as connection:
            query = select(y.c.settled_at, utcnow()).where(y.c.stale_since.is_(None))
            rows = connection.execute(query).all()
            hour = self._lock.dialect.local_time(connection).hour
        ages = [None if at is None else now - at for at, now in rows]
        return any(is_due(age, hour) for age in ages)


def is_due(age: timedelta | None, hour: int) -> bool:
    """Tell whether settled items are to be looked at, so long after the last time; None: never."""
    return age is None or age >= TOO_LONG or (age >= A_DAY and hour in NIGHT)
