"""Knows how things were: a row a minute, an hour's in one once it is a day old, none for ever.

A chore of the running relay writes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import delete, func, insert, select
from sqlalchemy.engine import Connection

from relay.base.values import OPEN, RecordId, Status
from relay.cobra import access
from relay.cobra.deliveries import Result
from relay.cobra.lock import Lock
from relay.cobra.tables import source_tables
from relay.database import dialect_of, utcnow
from relay.engine.chores import Duty
from relay.engine.service import Parts
from relay.engine.years import Years
from relay.extras.page.tables import page_tables

FINE = timedelta(hours=25)
"""How long each minute is kept: the picture of a day needs them."""
KEPT = timedelta(days=400)
HOUR = 60


@dataclass(frozen=True, slots=True)
class Measure:
    """How things were at a time, or at worst within the minutes from it on."""

    at: datetime
    minutes: int
    lag_seconds: int
    """Age of the oldest entry that was due."""
    open_entries: int
    held: int
    moved: int
    """Records that Sage took since the row before."""


def measured(connection: Connection, moved: int) -> Measure:
    """Return how things are now."""
    o = source_tables(connection.dialect.name).outbox
    query = select(o.c.status, func.count(), func.min(o.c.created_at)).where(o.c.status.in_(OPEN))
    rows = connection.execute(access.COUNTED.on(query, o).group_by(o.c.status)).all()
    now = connection.execute(select(utcnow())).scalar_one()
    due = [since for status, _, since in rows if status in {Status.PENDING, Status.RETRYING}]
    lag = max((now - min(due)).total_seconds(), 0) if due else 0
    held = sum(number for status, number, _ in rows if status == Status.HELD)
    return Measure(now, 1, int(lag), sum(number for _, number, _ in rows), held, moved)


def keep(connection: Connection, measure: Measure) -> None:
    """Write a row."""
    m = page_tables(connection.dialect.name).measure
    connection.execute(insert(m).values(_values(measure)))


def thin(connection: Connection, now: datetime) -> None:
    """Put the minutes of hours that are a day old together, and delete what is too old."""
    m = page_tables(connection.dialect.name).measure
    connection.execute(delete(m).where(m.c.at < now - KEPT))
    whole = _hour(now - FINE)
    fine = select(m).where(m.c.at < whole, m.c.minutes < HOUR).order_by(m.c.at)
    old = [Measure(*row) for row in connection.execute(fine)]
    if not old:
        return
    hours = list(in_hours(old))
    first, last = hours[0].at, old[-1].at
    connection.execute(delete(m).where(m.c.at >= first, m.c.at <= last))
    dialect_of(connection).insert_rows(connection, m, [_values(hour) for hour in hours])


def in_hours(measures: Iterable[Measure]) -> Iterator[Measure]:
    """Put measures together by hours: the worst of each, and all that moved. Pure."""
    for hour, some in groupby(measures, key=lambda one: _hour(one.at)):
        of_hour = list(some)
        yield Measure(
            hour,
            HOUR,
            max(one.lag_seconds for one in of_hour),
            max(one.open_entries for one in of_hour),
            max(one.held for one in of_hour),
            sum(one.moved for one in of_hour),
        )


def since(connection: Connection, begin: datetime) -> Sequence[Measure]:
    """Return the rows from a time on, oldest first."""
    m = page_tables(connection.dialect.name).measure
    query = select(m).where(m.c.at >= begin).order_by(m.c.at)
    return [Measure(*row) for row in connection.execute(query)]


def _hour(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0)


def _values(measure: Measure) -> dict[str, object]:
    return {name: getattr(measure, name) for name in Measure.__dataclass_fields__}


MINUTE_S = 60
THIN_EVERY = 60
"""Rows between two looks for what is old enough to be put together."""


class Measuring:
    """What moved since the last row; a crash forgets a minute of it, which only a picture shows."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._batch: set[RecordId] = set()
        self._moved = 0
        self._rows = 0

    def joined(self, parts: Parts) -> Parts:
        """Return what takes part in the relay together with this."""
        return parts.joined_by(self.record, self.duty, self.passed)

    def record(self, _connection: Connection, results: Sequence[Result]) -> None:
        """Note a batch that is about to be acknowledged; it counts once it is."""
        self._batch = {
            result.record.id
            for result in results
            if any(outcome.status is Status.APPLIED for outcome in result.outcomes.values())
        }

    def passed(self, name: str) -> None:
        """Hear of a boundary within a step."""
        if name == "acknowledged":
            self._moved += len(self._batch)
            self._batch = set()

    def duty(self, lock: Lock, _years: Years) -> Duty:
        """Return the chore."""
        return Duty("measure", MINUTE_S, lambda: self.measure(lock))

    def measure(self, lock: Lock) -> bool:
        """Write a row; returns False: nothing of this chore is left to do."""
        with lock.writing() as connection:
            now = measured(connection, self._moved)
            keep(connection, now)
            if self._rows % THIN_EVERY == 0:
                thin(connection, now.at)
        self._moved -= now.moved
        self._rows += 1
        return False
