"""Knows which entries are open, in the order and the words in which people are shown them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from relay.admin.selection import EntrySelection
from relay.base.values import OPEN
from relay.cobra import access
from relay.cobra.tables import source_tables


@dataclass(frozen=True, slots=True)
class OpenEntry:
    """An entry that is not finished, and what a person should know of it."""

    id: int
    entity: str
    key: str
    status: str
    created_at: datetime
    created_by: str | None
    waiting_on: str | None
    code: str | None
    text: str | None


def open_entries(
    connection: Connection, selection: EntrySelection, status: str | None, limit: int | None
) -> list[OpenEntry]:
    """Return open entries, oldest first; no limit: all."""
    tables = source_tables(connection.dialect.name)
    o = tables.outbox
    wanted = OPEN if status is None else (status,)
    query = access.SHOWN.on(select(o), o).where(o.c.status.in_(wanted)).order_by(o.c.id)
    rows = {
        row.id: row
        for portion in selection.portions()
        for row in connection.execute(query.where(portion.condition(tables)).limit(limit))
    }
    return [
        OpenEntry(
            id=row.id,
            entity=row.entity,
            key=row.entity_key,
            status=row.status,
            created_at=row.created_at,
            created_by=row.created_by,
            waiting_on=row.waiting_on,
            code=row.error_code,
            text=(row.error or "").partition("\n")[0] or None,
        )
        for _, row in sorted(rows.items())[:limit]
    ]
