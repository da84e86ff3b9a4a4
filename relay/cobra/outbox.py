"""Knows the outbox: which open entries a record has, and how they are reopened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    not_,
    or_,
    select,
)

from relay.base.codes import End, not_ended_by
from relay.base.values import OPEN, Delivery, Entity, Entry, Record, RecordId, Status, year_wait
from relay.cobra import access
from relay.cobra.lock import Lock
from relay.cobra.notices import reopen
from relay.cobra.poll import Poll, rests
from relay.cobra.purge import purge
from relay.database import chunks, given, listed
from relay.database.hints import Hint, Locked, Seek, hinted


class Outbox:
    """The outbox of one cobra database, read and written on the lock's connection."""

    def __init__(self, lock: Lock, settle_s: int = 0) -> None:
        """Take the lock whose connection is used, and how long an invoice's notices must rest."""
        self._lock = lock
        self._settle_s = settle_s
        self._outbox = lock.tables.outbox
        self._delivery = lock.tables.delivery
        self._poll = Poll(lock, settle_s)
        self._open = self._of_records(access.LISTED.on(self._all_open(), self._outbox))
        self._again = self._of_records(self._all_again())
        self.has_decisions = True
        """Whether people had decided anything of addresses, when it was listed again."""

    def due(self, limit: int) -> list[RecordId]:
        """Return the records that are due, a fair share of each kind; see `Poll`."""
        return self._poll.due(limit)

    def list_open(self, records: Sequence[RecordId]) -> list[Record]:
        """Return the records with all their open entries, also held and waiting ones."""
        found: dict[RecordId, list[Entry]] = {record: [] for record in records}
        rows = self._rows(self._open, records)
        for _, of_entry in groupby(rows, itemgetter(0)):
            record, entry = _entry(list(of_entry))
            if record in found:
                found[record].append(entry)
        return [Record(record, tuple(entries)) for record, entries in found.items() if entries]

    def _all_open(self) -> Select[Any]:
        o, d = self._outbox, self._delivery
        return (
            select(
                o.c.id, o.c.uid, o.c.entity, o.c.entity_key, o.c.operation, o.c.cause,
                o.c.status, o.c.attempts, d.c.year, d.c.status.label("delivered"),
                d.c.attempts.label("delivery_attempts"),
            )
            .select_from(o.outerjoin(d, d.c.outbox_id == o.c.id))
            .where(o.c.status.in_(OPEN))
        )  # fmt: skip

    def _all_again(self) -> Select[Any]:
        d = self._lock.tables.decision
        decided = select(d.c.topic).where(d.c.entity == Entity.ADDRESS)
        decided = hinted(decided, d, Hint(Locked.AWAITED, Seek("pk_decision", ("entity",))))
        notices = access.LISTED_AGAIN.on(self._notices(OPEN), self._outbox)
        return notices.add_columns(case((decided.exists(), 1), else_=0).label("decided"))

    def without_news(self, records: Sequence[Record]) -> list[Record]:
        """List again, waiting for locked rows: drop each record that has an entry not yet listed.

        Such a record may have been read before the new entry's change, or an entry that was
        passed over may be about to be skipped; it is taken again.
        """
        known = {entry.id for record in records for entry in record.entries}
        rows = self._rows(self._again, [record.id for record in records])
        self.has_decisions = not rows or any(decided for *_, decided in rows)
        news = {RecordId(entity, key) for entry, entity, key, _ in rows if entry not in known}
        return [record for record in records if record.id not in news]

    def settled(self, records: Sequence[Record]) -> list[Record]:
        """Drop each invoice at which somebody may still be typing: its newest notice is too new.

        It stays pending, and is polled again when the time has passed by the server's clock.
        A notice that is not committed yet is passed over here; the second listing waits for it.
        """
        o = self._outbox
        invoices = _invoices(record.id for record in records)
        if not self._settle_s or not invoices:
            return list(records)
        query = self._notices((Status.PENDING,)).where(not_(rests(o, self._settle_s)))
        rows = self._rows(self._of_records(access.LISTED.on(query, o)), invoices)
        restless = {RecordId(row.entity, row.entity_key) for row in rows}
        return [record for record in records if record.id not in restless]

    def _notices(self, statuses: Sequence[Status]) -> Select[Any]:
        o = self._outbox
        return select(o.c.id, o.c.entity, o.c.entity_key).where(o.c.status.in_(statuses))

    def _of_records(self, query: Select[Any]) -> Select[Any]:
        """Let a query ask for entries of some records; to build it for each batch took longer."""
        o = self._outbox
        entity, keys = given("entity", o.c.entity), listed("keys", o.c.entity_key)
        return query.where(o.c.entity == entity, o.c.entity_key.in_(keys)).order_by(o.c.id)

    def _rows(self, query: Select[Any], records: Sequence[RecordId]) -> list[Any]:
        """Execute what `_of_records` has made."""
        rows: list[Any] = []
        with self._lock.reading() as connection:
            for entity, of_entity in groupby(sorted(records, key=_entity), _entity):
                for keys in chunks([record.key for record in of_entity]):
                    rows += connection.execute(query, {"entity": entity, "keys": keys}).all()
        return rows

    def reopen(self, waiting_on: str) -> int:
        """Make every entry pending again that waits on `waiting_on`, itself or in a year."""
        return self._reopen(self._waits(waiting_on))

    def _waits(self, waiting_on: str) -> ColumnElement[bool]:
        o, d = self._outbox, self._delivery
        waits = select(d.c.outbox_id).where(
            d.c.status == Status.WAITING, d.c.waiting_on == waiting_on
        )
        itself = and_(o.c.status == Status.WAITING, o.c.waiting_on == waiting_on)
        return or_(itself, o.c.id.in_(waits))

    def reopen_all(self, waiting_on: Sequence[str], years: Iterable[str], end: End) -> int:
        """Do at once what `reopen` and `recheck` do, and reopen what waits for a removed year."""
        waits = (self._waits(each) for each in waiting_on)
        return self._reopen(or_(*waits, self._removed(years), self._ended(end)))

    def _removed(self, years: Iterable[str]) -> ColumnElement[bool]:
        """Say that an entry waits for a year other than the configured `years`.

        Such a year was taken out of the configuration: nothing is to be delivered to it, and it
        says no more whether an invoice stands there, or which address has a number.
        """
        o, d = self._outbox, self._delivery
        here = list(years)
        waits = exists().where(
            d.c.outbox_id == o.c.id,
            d.c.status.in_(OPEN),
            or_(d.c.year.not_in(here), _another_year(d.c.waiting_on, here)),
        )
        return or_(_another_year(o.c.waiting_on, here), waits)

    def recheck(self, end: End) -> int:
        """Make entries pending again that are held or wait for a reason that `end` can end.

        A record may be held in one year for this and in another one for that: each counts.
        """
        return self._reopen(self._ended(end))

    def _ended(self, end: End) -> ColumnElement[bool]:
        o, d = self._outbox, self._delivery
        lasting = not_ended_by(end)
        stuck = (Status.HELD, Status.WAITING)
        in_a_year = exists().where(
            d.c.outbox_id == o.c.id, d.c.status.in_(stuck), d.c.error_code.not_in(lasting)
        )
        return or_(o.c.error_code.is_(None), o.c.error_code.not_in(lasting), in_a_year)

    def _reopen(self, condition: ColumnElement[bool]) -> int:
        with self._lock.writing() as connection:
            return reopen(connection, self._outbox, condition)

    def paused(self) -> set[str]:
        """Return the names of the paused years; `*` stands for all."""
        with self._lock.reading() as connection:
            return set(connection.execute(select(self._lock.tables.pause.c.scope)).scalars())

    def purge(self, status: Sequence[Status], days: int) -> int:
        """Delete a chunk of entries that ended so more than `days` days ago; see `purge`."""
        with self._lock.writing() as connection:
            return purge(connection, self._lock.tables, status, days)


def _another_year(
    waiting_on: ColumnElement[str | None], years: Iterable[str]
) -> ColumnElement[bool]:
    """Tell whether something is waited for that is a year, but none of these."""
    of_year = waiting_on.like(year_wait("%"))
    return and_(of_year, waiting_on.not_in([year_wait(year) for year in years]))


def _invoices(records: Iterable[RecordId]) -> list[RecordId]:
    return [record for record in records if record.entity == Entity.INVOICE]


def _entity(record: RecordId) -> str:
    return record.entity


def _entry(rows: list[Any]) -> tuple[RecordId, Entry]:
    """Return an entry and its record from rows of `_all_open`: one for each of its deliveries."""
    number, uid, entity, key, operation, cause, status, attempts, *_ = rows[0]
    deliveries = tuple(
        Delivery(year, Status(delivered), tried)
        for *_, year, delivered, tried in rows
        if year is not None
    )
    entry = Entry(number, uid, operation, cause, Status(status), attempts, deliveries)
    return RecordId(entity, key), entry
