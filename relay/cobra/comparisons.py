"""Knows what each night's comparison found, and how far one came that was interrupted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import orjson
from sqlalchemy import Select, delete, insert, null, select, update
from sqlalchemy.engine import Connection

from relay.cobra.lock import Lock
from relay.cobra.tables import source_tables
from relay.database import counted, utcnow

KEPT = timedelta(days=400)
"""How long the result of a night is kept."""


@dataclass(frozen=True, slots=True)
class NightComparison:
    """What the comparison of a night found."""

    night: date
    """The local day on which it was due."""
    finished_at: datetime | None = None
    mark: tuple[str, str] | None = None
    """Part and key after which it goes on."""
    records: int = 0
    not_compared: int = 0
    """Records that somebody had open, or whose Sage year was away."""
    differences: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    """What differs, to how often."""
    years_missed: tuple[str, ...] = ()
    """Sage years that did not answer."""


def last_finished(connection: Connection) -> NightComparison | None:
    """Return the newest comparison that came to its end."""
    c = source_tables(connection.dialect.name).comparison
    return _one(connection, select(c).where(c.c.finished_at.is_not(None)))


def last_begun(connection: Connection) -> NightComparison | None:
    """Return the newest comparison, finished or not."""
    return _one(connection, select(source_tables(connection.dialect.name).comparison))


def _one(connection: Connection, query: Select[tuple[object, ...]]) -> NightComparison | None:
    c = source_tables(connection.dialect.name).comparison
    row = connection.execute(query.order_by(c.c.night.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return NightComparison(
        night=date.fromisoformat(row.night),
        finished_at=row.finished_at,
        mark=None if row.mark is None else tuple(orjson.loads(row.mark)),
        records=row.records,
        not_compared=row.not_compared,
        differences=row.differences,
        kinds=orjson.loads(row.kinds or "{}"),
        years_missed=tuple(orjson.loads(row.years_missed or "[]")),
    )


def write(lock: Lock, found: NightComparison, *, finished: bool) -> None:
    """Write how far a comparison is, and what it found so far; old nights go."""
    c = lock.tables.comparison
    night = found.night.isoformat()
    mark = null() if found.mark is None else orjson.dumps(found.mark).decode()
    values = {
        "mark": mark,
        "records": found.records,
        "not_compared": found.not_compared,
        "differences": found.differences,
        "kinds": orjson.dumps(dict(found.kinds)).decode(),
        "years_missed": orjson.dumps(found.years_missed).decode(),
        "finished_at": utcnow() if finished else null(),
    }
    with lock.writing() as connection:
        known = update(c).where(c.c.night == night).values(**values)
        if counted(connection, known) == 0:
            connection.execute(insert(c).values(night=night, **values))
            old = (found.night - KEPT).isoformat()
            connection.execute(delete(c).where(c.c.night < old))
