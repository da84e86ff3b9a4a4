"""Knows how the relay itself queues a notice, and lets go on what waited for a record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, Update, null, select, update
from sqlalchemy.engine import Connection

from relay.base.values import Cause, Operation, RecordId, Status
from relay.cobra import access
from relay.cobra.tables import SourceTables
from relay.database import among, chunks, counted, dialect_of


@dataclass(frozen=True, slots=True)
class Origin:
    """Why a notice is written, and at whose wish."""

    cause: Cause
    operation: Operation = Operation.SNAPSHOT
    by: str | None = None
    """The person; without one the server names the relay's own login."""


def write_notices(
    connection: Connection, tables: SourceTables, records: Iterable[RecordId], origin: Origin
) -> None:
    """Write a notice for each record, once, as a trigger would."""
    shared = {"operation": str(origin.operation), "cause": str(origin.cause)}
    if origin.by is not None:
        shared["created_by"] = origin.by
    rows = [{"entity": r.entity, "entity_key": r.key} | shared for r in dict.fromkeys(records)]
    dialect_of(connection).insert_rows(connection, tables.outbox, rows)


def let_go_on(connection: Connection, tables: SourceTables, records: Iterable[RecordId]) -> None:
    """Let what waits for one of the records, or is held with one, be looked at again."""
    o = tables.outbox
    for some in chunks(sorted({record.awaited for record in records})):
        reopen(connection, o, among(o.c.waiting_on, some))


def reopen(connection: Connection, outbox: Table, which: ColumnElement[bool]) -> int:
    """Make held and waiting entries of which a condition is true pending; returns how many."""
    again = {"status": str(Status.PENDING), "next_attempt_at": null()}
    return counted(connection, change_stuck(outbox, which).values(again))


def change_stuck(outbox: Table, which: ColumnElement[bool]) -> Update:
    """Return an UPDATE of the held and waiting entries of which a condition is true.

    One statement finds and changes them, so that nobody comes between; and on SQLite the
    transaction has the write lock before it reads.
    """
    stuck = outbox.c.status.in_((str(Status.HELD), str(Status.WAITING)))
    found = access.STUCK.on(select(outbox.c.id).where(stuck, which), outbox).correlate(None)
    return access.WRITTEN.on(update(outbox), outbox).where(outbox.c.id.in_(found))
