"""Knows how to ask the outbox: how much is open, since when, and how the years are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Table, and_, exists, func, or_, select
from sqlalchemy.engine import Connection, Engine

from relay.base.codes import ended_by_time
from relay.base.values import OPEN, Entity, Status, year_wait
from relay.cobra import access
from relay.cobra.comparisons import NightComparison, last_finished
from relay.cobra.tables import SourceTables, source_tables
from relay.database import dialect_of, schema, utcnow
from relay.database.connecting import opened


@dataclass(frozen=True, slots=True)
class Depth:
    """How many entries have a status, of how many records, and the oldest open one's age."""

    entries: int
    records: int
    oldest_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Oldest:
    """The oldest entry that is not finished."""

    id: int
    entity: str
    key: str
    status: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """A year that a person paused, or all of them (`*`)."""

    scope: str
    reason: str | None
    created_by: str | None
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class YearState:
    """How a Sage year was when the relay last looked, and what is not done in it."""

    name: str
    state: str
    since: datetime | None
    code: str | None
    text: str | None
    paused: bool
    depth: dict[str, int]


YEAR_STATES = {
    "ready": "year_ready",
    "away": "year_state_away",
    "refused": "year_refused",
    "removed": "year_removed",
}
"""How a year can be, to its text; what is not among them is unknown."""


@dataclass(frozen=True, slots=True)
class Situation:
    """All that an admin asks first."""

    running: bool
    relay: str | None
    """Host and process of the relay that works, or of the last one."""
    lag_seconds: float | None
    """Age of the oldest open entry; None when nothing is open."""
    oldest: Oldest | None
    depth: dict[str, Depth]
    for_person: int
    """Records that wait, and neither time nor another process lets them go on."""
    pauses: list[Pause]
    years: list[YearState]
    compared: NightComparison | None = None
    """The newest nightly comparison that came to its end; None: there was none yet."""


@contextmanager
def asking(engine: Engine) -> Iterator[Connection]:
    """Open a transaction on cobra's database that only reads and needs no lock of the relay.

    Raises:
        Unavailable: the database does not answer, or does not let us read.
        Refused: it lacks the relay's tables.
    """
    with opened(engine, "cobra") as connection, connection.begin():
        dialect_of(connection).read_undecodable(connection)
        schema.require(connection, "source")
        yield connection


def state(
    connection: Connection, years: list[str], counted: Sequence[Status] = tuple(Status)
) -> Situation:
    """Return how things are; `years` are the configured ones.

    Only entries of the statuses `counted` are: there may be millions of finished ones.
    """
    dialect = dialect_of(connection)
    tables = source_tables(dialect.name)
    identity = tables.identity
    now = connection.execute(select(utcnow())).scalar_one()
    oldest = _oldest(connection, tables)
    pauses = _pauses(connection, tables)
    return Situation(
        running=dialect.is_locked(connection),
        relay=connection.execute(select(identity.c.relay).where(identity.c.id == 1)).scalar(),
        lag_seconds=None if oldest is None else _age(now, oldest.created_at),
        oldest=oldest,
        depth=_depth(connection, tables, now, counted),
        for_person=_for_person(connection, tables),
        pauses=pauses,
        years=_years(connection, tables, years, {pause.scope for pause in pauses}),
        compared=last_finished(connection),
    )


def due(connection: Connection) -> int:
    """Return how many records have an entry to be moved; those that wait do not count."""
    o = source_tables(connection.dialect.name).outbox
    return _records(connection, o, o.c.status.in_((Status.PENDING, Status.RETRYING)))


def _records(connection: Connection, o: Table, *only: ColumnElement[bool]) -> int:
    records = access.COUNTED.on(select(o.c.entity, o.c.entity_key), o).where(*only).distinct()
    return connection.execute(select(func.count()).select_from(records.subquery())).scalar_one()


def _oldest(connection: Connection, tables: SourceTables) -> Oldest | None:
    o = tables.outbox
    query = (
        select(o.c.id, o.c.entity, o.c.entity_key, o.c.status, o.c.created_at)
        .where(o.c.status.in_(OPEN))
        .order_by(o.c.created_at, o.c.id)
        .limit(1)
    )
    row = connection.execute(access.COUNTED.on(query, o)).one_or_none()
    return None if row is None else Oldest(*row)


def _depth(
    connection: Connection, tables: SourceTables, now: datetime, counted: Sequence[Status]
) -> dict[str, Depth]:
    o = tables.outbox
    query = select(o.c.status, func.min(o.c.created_at)).where(o.c.status.in_(OPEN))
    query = access.COUNTED.on(query, o).group_by(o.c.status)
    oldest: dict[str, datetime] = dict(connection.execute(query).all())
    return {
        name: Depth(*counts, _age(now, oldest[name]) if name in oldest else None)
        for name, counts in _counts(connection, tables, counted).items()
    }


def _counts(
    connection: Connection, tables: SourceTables, counted: Sequence[Status]
) -> dict[str, tuple[int, int]]:
    """Return how many entries have each status, and of how many records they are."""
    o = tables.outbox
    each = access.COUNTED.on(select(o.c.status, func.count().label("entries")), o)
    if len(counted) < len(Status):
        each = each.where(o.c.status.in_(counted))
    each_record = each.group_by(o.c.status, o.c.entity, o.c.entity_key).subquery()
    sums = (func.sum(each_record.c.entries), func.count())
    query = select(each_record.c.status, *sums).group_by(each_record.c.status)
    found = {row[0]: (int(row[1]), int(row[2])) for row in connection.execute(query)}
    return {str(status): found[status] for status in Status if status in found}


def _for_person(connection: Connection, tables: SourceTables) -> int:
    """Count the records that wait for a person; the view `v_lag` counts their entries likewise."""
    o = tables.outbox
    waits = (o.c.status == Status.WAITING, o.c.error_code.not_in(ended_by_time()))
    return _records(connection, o, *waits)


def _pauses(connection: Connection, tables: SourceTables) -> list[Pause]:
    p = tables.pause
    query = select(p.c.scope, p.c.reason, p.c.created_by, p.c.created_at).order_by(p.c.scope)
    return [Pause(*row) for row in connection.execute(query)]


def _years(
    connection: Connection, tables: SourceTables, names: list[str], paused: set[str]
) -> list[YearState]:
    y = tables.year
    rows = {row.name: row for row in connection.execute(select(y))}
    return [
        YearState(
            name=name,
            state=rows[name].state if name in rows else "unknown",
            since=rows[name].state_since if name in rows else None,
            code=rows[name].error_code if name in rows else None,
            text=rows[name].error if name in rows else None,
            paused=bool({name, "*"} & paused),
            depth=_depth_in(connection, tables, name),
        )
        for name in names
    ]


def _depth_in(connection: Connection, tables: SourceTables, year: str) -> dict[str, int]:
    """Count the records of open entries that this year has not finished, by how far they are.

    An invoice concerns the year that it was routed to, or waits for.
    """
    o, d, r = tables.outbox, tables.delivery, tables.route
    routed = exists().where(r.c.entity_key == o.c.entity_key, r.c.year == year)
    waits = o.c.waiting_on == year_wait(year)
    concerns = or_(d.c.status.is_not(None), o.c.entity != Entity.INVOICE, routed, waits)
    here = func.coalesce(d.c.status, o.c.status).label("here")
    open_here = (
        access.COUNTED.on(select(here, o.c.entity, o.c.entity_key), o)
        .distinct()
        .select_from(o.outerjoin(d, and_(d.c.outbox_id == o.c.id, d.c.year == year)))
        .where(o.c.status.in_(OPEN), or_(d.c.status.is_(None), d.c.status.in_(OPEN)), concerns)
        .subquery()
    )
    query = select(open_here.c.here, func.count()).group_by(open_here.c.here)
    counted: dict[str, int] = dict(connection.execute(query).all())
    return {str(status): counted[status] for status in OPEN if status in counted}


def _age(now: datetime, then: datetime) -> float:
    return max((now - then).total_seconds(), 0.0)
