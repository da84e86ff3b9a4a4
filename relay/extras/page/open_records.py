"""Knows what the page makes of records that are held or wait: reasons, names that it believes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from threading import Lock as Mutex
from time import monotonic

from sqlalchemy import select
from sqlalchemy.engine import Connection

from relay.admin.naming import abouts_of
from relay.admin.stuck import StuckRecord, stuck_records, sums_of, with_texts
from relay.base.codes import ended_by_time
from relay.base.values import OPEN, Entity, RecordId, Status
from relay.cobra import access
from relay.cobra.tables import source_tables
from relay.database import rows_among
from relay.rules.invoice.invoice import About
from relay.settings import Settings

FRESH_S = 60.0
"""How long a name that was read in cobra is believed."""


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """All that is held or waits for one reason."""

    code: str
    status: str
    records: int
    sums: Mapping[str, Decimal]
    """Currency to what its invoices come to."""
    is_for_person: bool
    """Whether somebody has to do something."""


Reading = Callable[[Connection, Settings, Sequence[RecordId]], Mapping[RecordId, About]]


@dataclass(slots=True)
class Believed:
    """What was read in cobra of records, by key, and is believed for a minute."""

    settings: Settings
    read: Reading
    _known: dict[RecordId, tuple[float, About | None]] = field(default_factory=dict)
    _one_at_a_time: Mutex = field(default_factory=Mutex)

    def of(
        self, connection: Connection, records: Sequence[RecordId]
    ) -> dict[RecordId, About | None]:
        """Return how each is called, None if nobody can tell; what is too old is forgotten."""
        with self._one_at_a_time:
            now = monotonic()
            kept = {of: one for of, one in self._known.items() if now - one[0] < FRESH_S}
            missing = [record for record in records if record not in kept]
            read = self.read(connection, self.settings, missing) if missing else {}
            self._known = kept | {record: (now, read.get(record)) for record in missing}
            return {record: self._known[record][1] for record in records}


def open_status(connection: Connection, records: Sequence[RecordId]) -> dict[RecordId, str]:
    """Return the status of those that have an open entry, by the newest one."""
    o = source_tables(connection.dialect.name).outbox
    found: dict[RecordId, str] = {}
    for kind in Entity:
        keys = [record.key for record in records if record.entity == kind]
        query = access.SHOWN.on(select(o.c.entity_key, o.c.status), o).order_by(o.c.id)
        query = query.where(o.c.entity == str(kind), o.c.status.in_(OPEN))
        for row in rows_among(connection, query, o.c.entity_key, keys):
            found[RecordId(kind, row.entity_key)] = row.status
    return found


def grouped(
    records: Iterable[StuckRecord], heads: Mapping[RecordId, About | None]
) -> list[ReasonGroup]:
    """Return the reasons, what needs a person first, then the most frequent. Pure."""
    found: dict[tuple[str, str], list[StuckRecord]] = {}
    for one in records:
        found.setdefault((one.status, one.code), []).append(one)
    by_time = ended_by_time()
    groups = [
        ReasonGroup(
            code,
            status,
            len(some),
            dict(sorted(sums_of(filter(None, (heads.get(one.record) for one in some))).items())),
            status == Status.HELD or code not in by_time,
        )
        for (status, code), some in found.items()
    ]
    return sorted(groups, key=lambda g: (not g.is_for_person, -g.records, g.code))


def newest_problems(connection: Connection, settings: Settings, most: int) -> list[StuckRecord]:
    """Return the records that were held last, with names and texts, the newest first."""
    o = source_tables(connection.dialect.name).outbox
    held = stuck_records(connection, o.c.status == str(Status.HELD), newest=4 * most)
    some = sorted(held, key=lambda one: -one.entry)[:most]
    names = abouts_of(connection, settings, [one.record for one in some])
    return with_texts(connection, [replace(one, about=names.get(one.record)) for one in some])
