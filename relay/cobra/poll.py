"""Knows which entries are due, and that each kind of them gets a share of every batch.

Order holds within a record, never among records, so what came last may go first: an invoice or a
single save does not wait behind a mass change, nor anything behind what is tried again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, literal, or_, select, true, union_all
from sqlalchemy.engine import Connection

from relay.base.values import Entity, RecordId, Status
from relay.cobra import access
from relay.cobra.endings import LONGEST_RETRY_MS
from relay.cobra.lock import Lock
from relay.database import utc_in, utcnow

OLDEST, NEWEST, INVOICES, RETRYING = "oldest", "newest", "invoices", "retrying"
TURNS = (OLDEST, INVOICES, OLDEST, RETRYING, OLDEST, INVOICES, OLDEST, NEWEST)
"""Who is next, entry by entry; one that has nothing left gives its turns to the others."""


class _Found(NamedTuple):
    """An entry that is due, as `_found` selects it."""

    part: str
    id: int
    entity: str
    entity_key: str
    status: str
    next_attempt_at: datetime | str | None


class Poll:
    """The query for what is due, and whose turn it is."""

    def __init__(self, lock: Lock, settle_s: int = 0) -> None:
        """Take the lock whose connection is used, and how long an invoice's notices must rest."""
        self._lock = lock
        self._settle_s = settle_s
        self._queries: dict[int, str] = {}
        self._turn = 0

    def due(self, limit: int) -> list[RecordId]:
        """Return records that are due, in the order of their oldest entry found.

        Looks at `limit` entries. Rows that somebody has locked are passed over: they come later,
        and order does not depend on it, since the record itself is read afterwards.
        """
        with self._lock.reading() as connection:
            if limit not in self._queries:
                self._queries[limit] = self._query(connection, limit)
            found = connection.exec_driver_sql(self._queries[limit]).all()
        rows = [_Found(*row) for row in found]
        taken = rows if len(rows) <= limit else self._shared(rows, limit)
        in_order = sorted(taken, key=lambda row: row.id)
        return list(dict.fromkeys(RecordId(row.entity, row.entity_key) for row in in_order))

    def _shared(self, rows: Sequence[_Found], limit: int) -> Sequence[_Found]:
        parts = {name: deque(some) for name, some in _parts(rows).items()}
        taken: dict[int, _Found] = {}
        while len(taken) < limit and any(parts.values()):
            mine = parts[TURNS[self._turn % len(TURNS)]]
            self._turn += 1
            while mine and mine[0].id in taken:
                mine.popleft()
            if mine:
                row = mine.popleft()
                taken[row.id] = row
        return list(taken.values())

    def _query(self, connection: Connection, limit: int) -> str:
        """Write the query, its values in it: each part is one seek in the index of what is due.

        To build it anew was most of what an idle poll cost, and SQL Server prepares, and forgets, a
        statement with parameters.
        """
        o = self._lock.tables.outbox
        share = max(limit // TURNS.count(OLDEST), 1)
        parts = [
            select(access.POLLED.on(part.limit(some), o).subquery())
            for part, some in self._ordered(o, limit, share)
        ]
        return str(union_all(*parts).compile(connection, compile_kwargs={"literal_binds": True}))

    def _ordered(self, o: Table, limit: int, share: int) -> Iterator[tuple[Select[Any], int]]:
        rested = rests(o, self._settle_s)
        ahead = utc_in(LONGEST_RETRY_MS)  # the clock was set back: no wait is that long
        for entity in Entity:
            found = _found(o, entity).where(o.c.entity == str(entity))
            pending = found.where(o.c.status == str(Status.PENDING))
            pending = pending.where(rested) if entity is Entity.INVOICE else pending
            yield pending.order_by(o.c.next_attempt_at, o.c.id), limit
            retrying = found.where(o.c.status == str(Status.RETRYING))
            for due in (o.c.next_attempt_at <= utcnow(), o.c.next_attempt_at > ahead):
                yield retrying.where(due).order_by(o.c.next_attempt_at, o.c.id), limit
        newest = _found(o, NEWEST).where(o.c.status == str(Status.PENDING))
        settled = or_(o.c.entity != str(Entity.INVOICE), rested)
        yield newest.where(settled).order_by(o.c.id.desc()), share


def rests(outbox: Table, settle_s: int) -> ColumnElement[bool]:
    """Tell whether nobody is typing any more: a notice is old enough, by the server's clock.

    One that lies in the future was written before that clock was set back.
    """
    if not settle_s:
        return true()
    at = outbox.c.created_at
    return or_(at <= utc_in(-1000 * settle_s), at > utc_in(1000 * settle_s))


def _found(o: Table, part: str) -> Select[Any]:
    columns = (o.c.id, o.c.entity, o.c.entity_key, o.c.status, o.c.next_attempt_at)
    return select(literal(str(part)).label("part"), *columns)


def _parts(rows: Sequence[_Found]) -> Mapping[str, Sequence[_Found]]:
    pending = [r for r in rows if r.status == Status.PENDING and r.part != NEWEST]
    retrying = [r for r in rows if r.status == Status.RETRYING]
    return {
        OLDEST: sorted(pending, key=lambda row: row.id),
        INVOICES: sorted((r for r in pending if r.part == Entity.INVOICE), key=lambda r: r.id),
        RETRYING: sorted(retrying, key=lambda row: (row.next_attempt_at, row.id)),
        NEWEST: sorted((r for r in rows if r.part == NEWEST), key=lambda row: -row.id),
    }
