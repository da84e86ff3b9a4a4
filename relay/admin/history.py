"""Knows how to ask the outbox for a record's history: its changes, and what became of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import and_, or_, select
from sqlalchemy.engine import Connection

from relay.base.spelling import spellings_of, ways_to_type
from relay.base.values import Entity, RecordId
from relay.cobra import access
from relay.cobra.tables import SourceTables, source_tables
from relay.database import among, chunks

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
    deliveries = _deliveries(connection, tables, [row.id for row in rows])
    return [_entry_history(row, deliveries[row.id]) for row in rows]


def _entries(connection: Connection, tables: SourceTables, condition: Any) -> list[Any]:
    o = tables.outbox
    query = access.SHOWN.on(select(o), o).where(condition).order_by(o.c.entity, o.c.id)
    return list(connection.execute(query).all())


def _deliveries(
    connection: Connection, tables: SourceTables, ids: list[int]
) -> dict[int, list[DeliveryHistory]]:
    d = tables.delivery
    found: dict[int, list[DeliveryHistory]] = defaultdict(list)
    for some in chunks(ids):
        query = select(d).where(among(d.c.outbox_id, some)).order_by(d.c.outbox_id, d.c.year)
        for row in connection.execute(query):
            found[row.outbox_id].append(_delivery_history(row))
    return found


def _delivery_history(row: Any) -> DeliveryHistory:
    warnings = orjson.loads(row.warnings) if row.warnings else []
    return DeliveryHistory(
        year=row.year,
        status=row.status,
        attempts=row.attempts,
        sage_key=row.sage_key,
        sent=orjson.loads(row.sent) if row.sent else None,
        warnings=[text for _code, text in warnings],
        waiting_on=row.waiting_on,
        code=row.error_code,
        text=row.error,
        updated_at=row.updated_at,
    )


def _entry_history(row: Any, deliveries: list[DeliveryHistory]) -> EntryHistory:
    return EntryHistory(
        id=row.id,
        entity=row.entity,
        key=row.entity_key,
        operation=row.operation,
        changed=row.changed,
        cause=row.cause,
        created_at=row.created_at,
        created_by=row.created_by,
        status=row.status,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        waiting_on=row.waiting_on,
        code=row.error_code,
        text=row.error or row.reason,
        finished_at=row.finished_at,
        applied_by=row.applied_by,
        deliveries=deliveries,
    )
