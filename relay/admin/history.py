"""Knows how to ask the outbox for a record's history: its changes, and what became of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.engine import Connection

from relay.base.spelling import spellings_of, ways_to_type
from relay.base.values import Entity, RecordId
from relay.cobra import access
from relay.cobra.tables import SourceTables, source_tables
from relay.database import among, rows_among

_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class DeliveryHistory:
    """What became of an entry in one Sage year."""

    year: str
    status: str
    attempts: int
    sage_key: str | None
    sent: Any
    warnings: list[str]
    waiting_on: str | None
    code: str | None
    text: str | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class EntryHistory:
    """One change of a record, and what became of it."""

    id: int
    entity: str
    key: str
    operation: str
    changed: str | None
    cause: str
    created_at: datetime
    created_by: str | None
    status: str
    attempts: int
    next_attempt_at: datetime | None
    waiting_on: str | None
    code: str | None
    text: str | None
    finished_at: datetime | None
    applied_by: int | None
    deliveries: list[DeliveryHistory] = field(default_factory=list)

    @property
    def carrier(self) -> int | None:
        """The later entry that carried this one out, if it was another."""
        return None if self.applied_by == self.id else self.applied_by


def history(
    connection: Connection, asked: str, numbered: Sequence[RecordId] = ()
) -> list[EntryHistory]:
    """Return records' entries, oldest first.

    `asked` is a number that the records `numbered` bear, a key, the id of one entry, or a number
    under which something was sent to Sage: the first of these that is known.
    """
    tables = source_tables(connection.dialect.name)
    o = tables.outbox
    bears = [and_(o.c.entity == r.entity, o.c.entity_key == r.key) for r in numbered]
    rows = _entries(connection, tables, or_(*bears)) if bears else []
    keys = among(o.c.entity_key, spellings_of(asked))
    of_any_kind = and_(o.c.entity.in_([*map(str, Entity)]), keys)  # the index
    rows = rows or _entries(connection, tables, of_any_kind)
    if not rows and asked.isascii() and asked.isdigit() and int(asked) <= _LARGEST_ID:
        one = o.alias("one")
        same = and_(one.c.entity == o.c.entity, one.c.entity_key == o.c.entity_key)
        named = access.CHOSEN.on(select(one.c.id), one).where(one.c.id == int(asked), same)
        rows = _entries(connection, tables, named.exists())
    if not rows:  # cobra does not hold it any more: by the number under which it was sent
        d = tables.delivery
        query = select(o.c.entity, o.c.entity_key).join_from(o, d, d.c.outbox_id == o.c.id)
        query = query.where(among(d.c.sage_key, ways_to_type(asked))).distinct()
        sent = connection.execute(access.SHOWN.on(query, o))
        bears = [and_(o.c.entity == row.entity, o.c.entity_key == row.entity_key) for row in sent]
        rows = _entries(connection, tables, or_(*bears)) if bears else []
    of_entry = {row.id: row.deliveries for row in rows}
    for number, delivery in _deliveries(connection, tables, list(of_entry)):
        of_entry[number].append(delivery)
    return rows


def _entries(
    connection: Connection, tables: SourceTables, condition: ColumnElement[bool]
) -> list[EntryHistory]:
    """Return entries, what they say of themselves in the order of `EntryHistory`."""
    o = tables.outbox
    query = select(
        o.c.id, o.c.entity, o.c.entity_key, o.c.operation, o.c.changed, o.c.cause,
        o.c.created_at, o.c.created_by, o.c.status, o.c.attempts, o.c.next_attempt_at,
        o.c.waiting_on, o.c.error_code, func.coalesce(o.c.error, o.c.reason), o.c.finished_at,
        o.c.applied_by,
    )  # fmt: skip
    query = access.SHOWN.on(query, o).where(condition).order_by(o.c.entity, o.c.id)
    rows: Any = connection.execute(query)
    return [EntryHistory(*row) for row in rows]


def _deliveries(
    connection: Connection, tables: SourceTables, ids: Sequence[int]
) -> Iterator[tuple[int, DeliveryHistory]]:
    """Yield deliveries with the number of the entry that each belongs to."""
    d = tables.delivery
    query = select(d).order_by(d.c.outbox_id, d.c.year)
    for row in rows_among(connection, query, d.c.outbox_id, ids):
        sent = orjson.loads(row.sent) if row.sent else None
        warnings = [text for _code, text in orjson.loads(row.warnings or "[]")]
        yield row.outbox_id, DeliveryHistory(
            row.year, row.status, row.attempts, row.sage_key, sent, warnings,
            row.waiting_on, row.error_code, row.error, row.updated_at,
        )  # fmt: skip
