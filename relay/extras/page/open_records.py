"""Knows what is held or waits: each record once, with how people call it and its amount."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from threading import Lock as Mutex
from time import monotonic

from sqlalchemy import select
from sqlalchemy.engine import Connection

from relay.admin.naming import abouts_of
from relay.base import texts
from relay.base.codes import ended_by_time
from relay.base.values import OPEN, Entity, RecordId, Status
from relay.cobra import access
from relay.cobra.tables import source_tables
from relay.database import among, chunks
from relay.rules.invoice.invoice import ZERO, About
from relay.settings import Settings

STUCK = (Status.HELD, Status.WAITING)
FRESH_S = 60.0
"""How long a name that was read in cobra is believed."""


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """A record that is held or waits, by its newest entry."""

    record: RecordId
    entry: int
    status: str
    code: str
    since: datetime
    """Of its oldest entry that is held or waits."""
    about: About | None = None
    text: str | None = None

    @property
    def name(self) -> str:
        """Customer or firm."""
        return "" if self.about is None else self.about.name

    @property
    def number(self) -> str:
        """What people call it by; its key in cobra if there is nothing else."""
        return self.record.key if self.about is None else self.about.number or self.record.key

    @property
    def amount(self) -> Decimal | None:
        """What it comes to, if it is an invoice whose amount can be read."""
        return None if self.about is None else self.about.amount

    @property
    def currency(self) -> str:
        """Of the amount."""
        return "" if self.about is None else self.about.currency


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


def open_records(connection: Connection) -> list[OpenRecord]:
    """Return all that is held or waits, oldest first; without names and texts."""
    o = source_tables(connection.dialect.name).outbox
    columns = (o.c.id, o.c.entity, o.c.entity_key, o.c.status, o.c.error_code, o.c.created_at)
    query = access.SHOWN.on(select(*columns), o).where(o.c.status.in_(STUCK)).order_by(o.c.id)
    found: dict[RecordId, OpenRecord] = {}
    for row in connection.execute(query):
        record = RecordId(row.entity, row.entity_key)
        first = found.pop(record).since if record in found else row.created_at
        found[record] = OpenRecord(record, row.id, row.status, row.error_code or "", first)
    return sorted(found.values(), key=lambda one: (one.since, one.entry))


def open_status(connection: Connection, records: Sequence[RecordId]) -> dict[RecordId, str]:
    """Return the status of those that have an open entry, by the newest one."""
    o = source_tables(connection.dialect.name).outbox
    found: dict[RecordId, str] = {}
    for kind in Entity:
        for keys in chunks([record.key for record in records if record.entity == kind]):
            query = access.SHOWN.on(select(o.c.entity_key, o.c.status), o).where(
                o.c.entity == str(kind), among(o.c.entity_key, keys), o.c.status.in_(OPEN)
            )
            for row in connection.execute(query.order_by(o.c.id)):
                found[RecordId(kind, row.entity_key)] = row.status
    return found


def with_texts(
    connection: Connection, records: Sequence[OpenRecord], language: str
) -> list[OpenRecord]:
    """Return the records with what is the matter, as the relay wrote it, without their names."""
    o = source_tables(connection.dialect.name).outbox
    found: dict[int, str] = {}
    for some in chunks([one.entry for one in records]):
        query = access.SHOWN.on(select(o.c.id, o.c.error), o).where(among(o.c.id, some))
        found |= {row.id: (row.error or "").partition("\n")[0] for row in connection.execute(query)}
    return [
        replace(one, text=_without_name(one, found.get(one.entry, ""), language)) for one in records
    ]


def _without_name(one: OpenRecord, text: str, language: str) -> str:
    about = None if one.about is None else str(one.about)
    for spoken in (language, *texts.LANGUAGES):
        text = text.removeprefix(f"{texts.record_name(one.record, spoken, about)}: ")
    return text


def grouped(
    records: Iterable[OpenRecord], heads: Mapping[RecordId, About | None]
) -> list[ReasonGroup]:
    """Return the reasons, what needs a person first, then the most frequent. Pure."""
    found: dict[tuple[str, str], list[OpenRecord]] = {}
    for one in records:
        found.setdefault((one.status, one.code), []).append(one)
    by_time = ended_by_time()
    groups = [
        ReasonGroup(
            code,
            status,
            len(some),
            _sums(filter(None, (heads.get(one.record) for one in some))),
            status == Status.HELD or code not in by_time,
        )
        for (status, code), some in found.items()
    ]
    return sorted(groups, key=lambda g: (not g.is_for_person, -g.records, g.code))


def _sums(heads: Iterable[About]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for one in heads:
        if one.amount is not None:
            sums[one.currency] = sums.get(one.currency, ZERO) + one.amount
    return dict(sorted(sums.items()))


def newest_problems(
    connection: Connection, settings: Settings, most: int, language: str
) -> list[OpenRecord]:
    """Return the records that were held last, with names and texts, the newest first."""
    o = source_tables(connection.dialect.name).outbox
    columns = (o.c.id, o.c.entity, o.c.entity_key, o.c.status, o.c.error_code, o.c.created_at)
    query = access.SHOWN.on(select(*columns), o).where(o.c.status == str(Status.HELD))
    found: dict[RecordId, OpenRecord] = {}
    for row in connection.execute(query.order_by(o.c.id.desc()).limit(4 * most)):
        record = RecordId(row.entity, row.entity_key)
        one = OpenRecord(record, row.id, row.status, row.error_code or "", row.created_at)
        found.setdefault(record, one)
    some = list(found.values())[:most]
    names = abouts_of(connection, settings, [one.record for one in some])
    named = [replace(one, about=names.get(one.record)) for one in some]
    return with_texts(connection, named, language)
