"""Knows which entries of the outbox have been kept long enough."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.engine import Connection

from relay.base.values import Status
from relay.cobra import access
from relay.cobra.tables import SourceTables
from relay.database import among, chunks, counted, days_ago
from relay.database.rows import check_count

PURGED = 1000
"""Entries that one purge looks at: far below the number at which locks escalate."""


def purge(connection: Connection, tables: SourceTables, status: Sequence[Status], days: int) -> int:
    """Delete entries that ended so more than `days` days ago; returns how many.

    Looks at the oldest entries of each status only, so that no index beyond the poll's is
    needed. Two entries of each year stay, since the handshake asks for them: the one that was
    acknowledged last, and the newest that the year's ledger holds.
    """
    o, d, y = tables.outbox, tables.delivery, tables.year
    acked = select(y.c.acked_uid).where(y.c.acked_uid.is_not(None))
    of_year = and_(d.c.year == y.c.name, d.c.status == Status.APPLIED)
    ledgered = select(select(func.max(d.c.outbox_id)).where(of_year).scalar_subquery()).select_from(
        y
    )
    newest = [entry for entry in connection.execute(ledgered).scalars() if entry is not None]
    deleted = 0
    for one in status:
        oldest = select(o.c.id, o.c.uid, o.c.finished_at).where(o.c.status == one)
        some = access.ENDED.on(oldest, o).order_by(o.c.id).limit(PURGED).subquery()
        old = some.c.finished_at < days_ago(days)
        query = select(some.c.id).where(old, some.c.uid.not_in(acked), some.c.id.not_in(newest))
        ids = connection.execute(query).scalars().all()
        for chunk in chunks(ids):
            connection.execute(d.delete().where(among(d.c.outbox_id, chunk)))
            gone = access.WRITTEN.on(o.delete(), o).where(among(o.c.id, chunk))
            check_count(o, chunk, counted(connection, gone))
        deleted += len(ids)
    return deleted
