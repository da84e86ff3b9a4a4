"""Knows how fresh the answers are: when each year was last looked at, and since when it is away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, Table, select

from relay.cobra.lock import Lock
from relay.database import utcnow
from relay.engine.asking import ReadyYears
from relay.extras.answers.asking import Asking
from relay.extras.answers.tables import answer_tables
from relay.settings import Settings

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
            self._note(connection, "stale_since", stale)
            gone = [{"year": name, "stale_since": None} for name in back]
            self._lock.dialect.update_rows(connection, y, gone, by=("year",))
            for year in new:
                row = {"year": year.name, "mandant": year.mandant, "first_day": year.first_day}
                now = () if year.name in ready else ("stale_since",)
                self._lock.dialect.insert_rows(connection, y, [row], now=now)

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

    def _note(self, connection: Connection, column: str, names: Sequence[str]) -> None:
        """Note for these years that something is so by now."""
        rows = [{"year": name} for name in names]
        by, now = ("year",), (column,)
        self._lock.dialect.update_rows(connection, self._year, rows, by=by, now=now)

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
