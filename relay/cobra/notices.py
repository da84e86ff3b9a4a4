"""Knows how the relay itself queues a notice, and lets go on what waited for a record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import insert, null, update
from sqlalchemy.engine import Connection

from relay.base.values import Cause, Operation, RecordId, Status
from relay.database import among, chunks, counted
from relay.database.rows import check_count
from relay.database.tables import SourceTables

NOTICES = 400
"""Notices in one INSERT: five values each stay below SQL Server's 2,100 parameters."""


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
    told = {"operation": str(origin.operation), "cause": str(origin.cause)}
    if origin.by is not None:
        told["created_by"] = origin.by
    rows = [{"entity": r.entity, "entity_key": r.key} | told for r in dict.fromkeys(records)]
    for at in range(0, len(rows), NOTICES):
        some = rows[at : at + NOTICES]
        check_count(tables.outbox, some, counted(connection, insert(tables.outbox).values(some)))


def let_go_on(connection: Connection, tables: SourceTables, records: Iterable[RecordId]) -> None:
    """Let what waits for one of the records, or is held with one, be looked at again."""
    o = tables.outbox
    stuck = o.c.status.in_((Status.WAITING, Status.HELD))
    for some in chunks(sorted({record.awaited for record in records})):
        connection.execute(
            update(o)
            .where(stuck, among(o.c.waiting_on, some))
            .values(status=str(Status.PENDING), next_attempt_at=null())
        )
