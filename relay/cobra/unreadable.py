"""Knows the entries whose key the driver cannot read: they must not keep the others from going."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import structlog
from sqlalchemy import select, update

from relay.base.halving import halved
from relay.base.values import Problem, RecordId, Status
from relay.cobra import access
from relay.cobra.deliveries import Say
from relay.cobra.lock import Lock
from relay.database import among, chunks

log = structlog.get_logger()


class _Due(NamedTuple):
    id: int
    entity: str


def hold_unreadable(lock: Lock, say: Say) -> int:
    """Hold the entries that are due and whose key cannot be read; returns how many.

    Nobody could list them, and no record can be looked up, so each gets a key that can be read.
    """
    o = lock.tables.outbox
    due = o.c.status.in_((str(Status.PENDING), str(Status.RETRYING)))

    def read(some: Sequence[_Due]) -> list[tuple[_Due, Exception]]:
        keys = select(o.c.entity_key).where(among(o.c.id, [entry.id for entry in some]))
        with lock.reading() as connection:
            connection.execute(access.POLLED.on(keys, o)).all()
        return []

    with lock.reading() as connection:
        rows = connection.execute(access.POLLED.on(select(o.c.id, o.c.entity).where(due), o))
        entries = [_Due(*row) for row in rows]
    culprits = [
        each
        for some in chunks(entries)
        for part in halved(some, read, lambda *one: [one], lock.dialect.cannot_decode)
        for each in part
    ]
    for entry, error in culprits:
        _hold(lock, entry, str(getattr(error, "orig", error)), say)
    return len(culprits)


def _hold(lock: Lock, entry: _Due, what: str, say: Say) -> None:
    """Hold an entry under a key that everybody can read."""
    o, record = lock.tables.outbox, RecordId(entry.entity, f"? {entry.id}")
    values = {"key": record.key, "entry": entry.id, "what": what}
    text = say(Problem("key_unreadable", values), record)
    log.error("entry_unreadable", entry=entry.id, text=text)
    held = {"entity_key": record.key, "status": str(Status.HELD), "error": text}
    with lock.writing() as connection:
        one = access.WRITTEN.on(update(o), o).where(o.c.id == entry.id)
        connection.execute(one.values(**held, error_code="key_unreadable"))
